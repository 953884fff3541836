/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fidelity.h"
#include "datapath/sources/source.h"
#include "probes/exit_table.h"
#include "runner/results/csv_file.h"
#include "runner/results/pair_metrics.h"

static const char *const role_names[] = {
	[CELL_LISTED] = "listed",
	[CELL_ALONE] = "alone",
	[CELL_REMOVED] = "removed",
	[CELL_ALL] = "all",
	[CELL_SUBSET] = "subset",
	[CELL_CONTROL] = "control",
	[CELL_CONTROL_DEVICES] = "control-devices",
};

#define N_ROLES (sizeof(role_names) / sizeof(role_names[0]))

const char *
cell_role_name(enum cell_role role)
{
	return role_names[role];
}

int
cell_role_find(const char *name)
{
	for (size_t i = 0; i < N_ROLES; i++)
		if (!strcmp(role_names[i], name))
			return (int)i;
	return -ENOENT;
}

/* "psc", "psc+vc", or nothing; returns what they rest on together. */
static unsigned int
format_factors(const struct cell *cell, char *buf, size_t size)
{
	unsigned int fidelity = 0;
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; sources[i]; i++) {
		if (!(cell->factors & 1u << i) || used >= size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "+" : "",
					 sources[i]->name);
		fidelity |= datapath_config_source_fidelity(&cell->config, (unsigned int)i);
	}
	return fidelity;
}

static void
write_plan_row(struct csv_writer *csv, const struct cell *cell)
{
	char fidelity[FIDELITY_TEXT_BYTES], options[CONFIG_TEXT_BYTES], names[CELL_NAME_BYTES];
	unsigned int of_factors = format_factors(cell, names, sizeof(names));

	csv_count(csv, cell->id);
	csv_text(csv, cell_role_name(cell->role));
	csv_text(csv, cell->configuration);
	csv_text(csv, cell->reference);
	csv_text(csv, cell->variant);
	csv_text(csv, cell->workload);
	csv_text(csv, cell->traffic_label);
	csv_text(csv, cell->traffic);
	csv_text(csv, names);
	csv_text(csv, fidelity_format(datapath_config_fidelity(&cell->config), fidelity,
				      sizeof(fidelity)));
	csv_text(csv, fidelity_format(datapath_config_fidelity(&cell->reference_config), fidelity,
				      sizeof(fidelity)));
	csv_text(csv, names[0] ? fidelity_format(of_factors, fidelity, sizeof(fidelity)) : "");
	csv_text(csv, datapath_config_describe(&cell->config, options, sizeof(options)));
	csv_end(csv);
}

/* Ends the memory file that open_memstream() began. */
static int
close_text(FILE *file)
{
	int bad = ferror(file);

	return fclose(file) != 0 || bad ? -ENOMEM : 0;
}

int
plan_to_csv(const struct experiment *experiment, char **text, size_t *size)
{
	struct csv_writer csv = {.file = open_memstream(text, size)};

	if (!csv.file) {
		*text = NULL;
		return -ENOMEM;
	}
	fputs(PLAN_COLUMNS "\n", csv.file);
	for (uint32_t i = 0; i < experiment->n_cells; i++)
		write_plan_row(&csv, &experiment->cells[i]);
	return close_text(csv.file);
}

/* What the rows of one trial have in common. */
struct trial_rows {
	struct csv_writer csv;
	const struct cell *cell;
	unsigned int fidelity[3]; /* by enum metric_of */
};

/* A value that is no number, such as a ratio of two zeros, was not measured and gets no row. */
static void
write_row(struct trial_rows *rows, uint32_t repeat, const char *metric, const char *unit,
	  double value, enum metric_of of)
{
	char fidelity[FIDELITY_TEXT_BYTES];

	if (!isfinite(value))
		return;
	csv_count(&rows->csv, rows->cell->id);
	csv_text(&rows->csv, rows->cell->configuration);
	csv_text(&rows->csv, rows->cell->workload);
	csv_text(&rows->csv, rows->cell->traffic_label);
	csv_count(&rows->csv, repeat);
	csv_text(&rows->csv, metric);
	csv_text(&rows->csv, unit);
	csv_number(&rows->csv, value);
	csv_text(&rows->csv, fidelity_format(rows->fidelity[of], fidelity, sizeof(fidelity)));
	csv_end(&rows->csv);
}

static void
write_pair(struct trial_rows *rows, uint32_t repeat, const struct pair *pair)
{
	for (const struct pair_metric *m = pair_metrics; m->name; m++) {
		double value;

		memcpy(&value, (const char *)pair + m->offset, sizeof(value));
		write_row(rows, repeat, m->name, m->unit, value, m->of);
	}
}

static void
write_counters(struct trial_rows *rows, const struct trial *trial)
{
	char metric[sizeof(trial->counters[0].name) + sizeof("_per_packet")], unit[64];

	for (uint32_t i = 0; i < trial->n_counters && trial->packets; i++) {
		const struct tally_count *c = &trial->counters[i];

		snprintf(metric, sizeof(metric), "%s_per_packet", c->name);
		snprintf(unit, sizeof(unit), "%s/packet", c->unit);
		write_row(rows, trial->restart, metric, unit,
			  (double)c->count / (double)trial->packets, METRIC_OF_CONFIGURATION);
	}
}

static void
write_shadow(struct trial_rows *rows, const struct trial *trial)
{
	const struct pool_memory *shadow = &trial->shadow;

	if (!shadow->mbufs)
		return;
	write_row(rows, trial->restart, METRIC_SHADOW_BYTES, "bytes", (double)shadow->bytes,
		  METRIC_OF_CONFIGURATION);
	write_row(rows, trial->restart, METRIC_SHADOW_BYTES_PER_MBUF, "bytes/mbuf",
		  (double)shadow->bytes / (double)shadow->mbufs, METRIC_OF_CONFIGURATION);
}

/* prefix: "" for the configuration's, "reference_" for the reference's. */
static void
write_distribution(struct trial_rows *rows, uint32_t restart, const char *prefix,
		   const struct latency_distribution *latency, enum metric_of of)
{
	char metric[64];

	if (!latency->frames)
		return;
	snprintf(metric, sizeof(metric), "%s" METRIC_LATENCY_FRAMES, prefix);
	write_row(rows, restart, metric, "frames", (double)latency->frames, of);
	for (int i = 0; i < LATENCY_QUANTILES; i++) {
		snprintf(metric, sizeof(metric), "%s" METRIC_LATENCY_POOLED "%s_ns", prefix,
			 latency_quantiles[i].name);
		write_row(rows, restart, metric, "ns", latency->quantiles_ns[i], of);
	}
	snprintf(metric, sizeof(metric), "%s" METRIC_LATENCY_POOLED "max_ns", prefix);
	write_row(rows, restart, metric, "ns", latency->max_ns, of);
}

static void
write_goal(struct trial_rows *rows, uint32_t restart, const char *prefix, const char *goal,
	   const struct search_result *result, enum metric_of of)
{
	for (const struct goal_metric *m = goal_metrics; m->ending; m++) {
		char metric[64];
		double value;

		snprintf(metric, sizeof(metric), "%s" METRIC_THROUGHPUT "%s%s", prefix, goal,
			 m->ending);
		memcpy(&value, (const char *)result + m->offset, sizeof(value));
		write_row(rows, restart, metric, m->unit, value, of);
	}
}

static void
write_throughput(struct trial_rows *rows, const struct search_spec *spec, uint32_t restart,
		 const char *prefix, const struct throughput *throughput, enum metric_of of)
{
	const struct {
		const char *metric, *unit;
		double value;
	} whole[] = {
		{METRIC_SEARCH_TRIALS, "trials", throughput->trials},
		{METRIC_SEARCH_COMPLETE, "flag", throughput->complete},
		{METRIC_SEARCH_DURATION, "s", throughput->duration_s},
		{METRIC_THROUGHPUT_MAX, "packets/s", throughput->max_pps},
	};
	double loss_shares[SEARCH_GOALS_MAX];
	const char *names[SEARCH_GOALS_MAX];
	uint32_t n = throughput_goals(spec, loss_shares, names);
	char metric[64];

	if (!throughput->trials)
		return;
	for (uint32_t i = 0; i < n; i++)
		write_goal(rows, restart, prefix, names[i], &throughput->goals[i], of);
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		snprintf(metric, sizeof(metric), "%s%s", prefix, whole[i].metric);
		write_row(rows, restart, metric, whole[i].unit, whole[i].value, of);
	}
}

static void
write_trial(struct trial_rows *rows, const struct trial *trial, const struct experiment *experiment)
{
	const struct search_spec *spec = &experiment->search;
	uint32_t pairs_max = experiment->measure.pairs;

	for (uint32_t i = 0; i < trial->n_pairs; i++)
		write_pair(rows, trial->restart * pairs_max + i, &trial->pairs[i]);
	write_row(rows, trial->restart, METRIC_SAME_DEVICE, "flag", trial->same_device != 0,
		  METRIC_OF_CONFIGURATION);
	write_row(rows, trial->restart, "packets_in", "packets", (double)trial->packets_in,
		  METRIC_OF_CONFIGURATION);
	write_row(rows, trial->restart, "packets_out", "packets", (double)trial->packets_out,
		  METRIC_OF_CONFIGURATION);
	write_row(rows, trial->restart, "packets_kept", "packets", (double)trial->packets_kept,
		  METRIC_OF_CONFIGURATION);
	write_row(rows, trial->restart, "packets_dropped", "packets",
		  (double)trial->packets_dropped, METRIC_OF_CONFIGURATION);
	write_counters(rows, trial);
	write_shadow(rows, trial);
	write_row(rows, trial->restart, METRIC_KVM_EXITS, "exits/packet",
		  trial->kvm_exits_per_packet, METRIC_OF_CONFIGURATION);
	write_row(rows, trial->restart, METRIC_TRACING_SHARE, "share", trial->tracing_share,
		  METRIC_OF_BOTH);
	write_distribution(rows, trial->restart, "", &trial->latency, METRIC_OF_CONFIGURATION);
	write_distribution(rows, trial->restart, "reference_", &trial->reference_latency,
			   METRIC_OF_REFERENCE);
	write_throughput(rows, spec, trial->restart, "", &trial->throughput,
			 METRIC_OF_CONFIGURATION);
	write_throughput(rows, spec, trial->restart, "reference_", &trial->reference_throughput,
			 METRIC_OF_REFERENCE);
	/* The last one: behind it a trial is whole (done_trials.c). */
	write_row(rows, trial->restart, METRIC_DURATION, "ns", (double)trial->duration_ns,
		  METRIC_OF_BOTH);
}

int
trial_to_csv(const struct experiment *experiment, const struct trial *trial, char **text,
	     size_t *size)
{
	struct trial_rows rows = {0};

	*text = NULL;
	if (trial->cell >= experiment->n_cells || trial->n_pairs > experiment->measure.pairs ||
	    trial->n_counters > TALLY_COUNTS_MAX)
		return -EINVAL;
	rows.cell = &experiment->cells[trial->cell];
	rows.fidelity[METRIC_OF_CONFIGURATION] = datapath_config_fidelity(&rows.cell->config);
	rows.fidelity[METRIC_OF_REFERENCE] = datapath_config_fidelity(&rows.cell->reference_config);
	rows.fidelity[METRIC_OF_BOTH] = rows.fidelity[METRIC_OF_CONFIGURATION] |
					rows.fidelity[METRIC_OF_REFERENCE];
	rows.csv.file = open_memstream(text, size);
	if (!rows.csv.file)
		return -ENOMEM;
	write_trial(&rows, trial, experiment);
	return close_text(rows.csv.file);
}

/* What was not timed leaves its fields empty. */
static void
write_ns(struct csv_writer *csv, double ns)
{
	if (isfinite(ns))
		csv_number(csv, round(ns));
	else
		csv_text(csv, "");
}

static void
write_exit(struct csv_writer *csv, const struct cell *cell, uint32_t repeat,
	   const struct trial_exit *row)
{
	csv_count(csv, cell->id);
	csv_text(csv, cell->configuration);
	csv_text(csv, cell->workload);
	csv_text(csv, cell->traffic_label);
	csv_count(csv, repeat);
	csv_text(csv, row->reason);
	csv_text(csv, exit_origin_names[row->origin]);
	csv_count(csv, row->count);
	write_ns(csv, row->min_ns);
	write_ns(csv, row->p50_ns);
	write_ns(csv, row->p99_ns);
	write_ns(csv, row->max_ns);
	csv_end(csv);
}

int
exits_to_csv(const struct experiment *experiment, const struct trial *trial, char **text,
	     size_t *size)
{
	struct csv_writer csv = {.file = open_memstream(text, size)};

	if (!csv.file) {
		*text = NULL;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < trial->n_exits; i++)
		write_exit(&csv, &experiment->cells[trial->cell], trial->restart, &trial->exits[i]);
	return close_text(csv.file);
}
