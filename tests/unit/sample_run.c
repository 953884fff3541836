/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample_run.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "datapath/sources/source.h"
#include "probes/exit_table.h"
#include "runner/results/results.h"

#define BURST_PACKETS 32
#define TRIAL_PACKETS 64000

static double
frame_bytes(const struct cell *cell)
{
	double bytes = strtod(cell->traffic_label, NULL);

	return bytes > 0 ? bytes : 353; /* a mix's mean */
}

double
sample_source_cycles(const char *source, const struct cell *cell)
{
	double bytes = frame_bytes(cell);

	if (!strcmp(source, "bounce_alloc"))
		return 38;
	if (!strcmp(source, "bounce_copy"))
		return 14 + 0.12 * bytes;
	if (!strcmp(source, "psc"))
		return 2 * 9400;
	if (!strcmp(source, "vc"))
		return 9600.0 / BURST_PACKETS;
	if (!strcmp(source, "rmp_check"))
		return 25;
	return 0; /* iotlb is the host's */
}

const char *const sample_factors[] = {"bounce_alloc", "bounce_copy", "psc", "iotlb", "vc", NULL};

_Static_assert(sizeof(sample_factors) / sizeof(sample_factors[0]) == SAMPLE_FACTORS + 1,
	       "all of them");

const char *const sample_many_factors[] = {
	"bounce_alloc", "bounce_copy",  "psc",       "iotlb",     "vc",
	"rmp_check",    "vmexit_check", "tlb_check", "interrupt", NULL,
};

static const char *const *
factors_of(const struct sample *s)
{
	return s->many ? sample_many_factors : sample_factors;
}

static unsigned int
all_factors(const struct sample *s)
{
	const char *const *factors = factors_of(s);
	unsigned int all = 0;

	for (int i = 0; factors[i]; i++)
		all |= 1u << source_find(factors[i]);
	return all;
}

static unsigned int
count_on(const struct datapath_config *config)
{
	unsigned int n = 0;

	for (unsigned int i = 0; sources[i]; i++)
		n += config->sources[i].on;
	return n;
}

double
sample_guest_cycles(const struct datapath_config *config, const struct cell *cell)
{
	double cycles = 92 + 0.012 * frame_bytes(cell);

	for (unsigned int i = 0; sources[i]; i++)
		if (config->sources[i].on)
			cycles += sample_source_cycles(sources[i]->name, cell);
	if (config->sources[source_find("vc")].on && config->sources[source_find("rmp_check")].on)
		cycles += SAMPLE_PAIR_CYCLES;
	return cycles + (count_on(config) == SAMPLE_FACTORS ? SAMPLE_INTERACTION_CYCLES : 0);
}

double
sample_host_cycles(const struct datapath_config *config, const struct cell *cell)
{
	bool iotlb = config->sources[source_find("iotlb")].on;

	return 170 + 0.21 * frame_bytes(cell) + (iotlb ? 140 : 0);
}

static struct cell *
add_cell(struct sample *s, enum cell_role role, const char *configuration, const char *label,
	 unsigned int sources_on)
{
	struct experiment *e = &s->experiment;
	struct cell *cell = &e->cells[e->n_cells];

	*cell = (struct cell){.id = e->n_cells++, .role = role};
	snprintf(cell->configuration, sizeof(cell->configuration), "%s", configuration);
	snprintf(cell->reference, sizeof(cell->reference), "ideal");
	snprintf(cell->workload, sizeof(cell->workload), "macswap");
	snprintf(cell->traffic, sizeof(cell->traffic), "%s", label);
	snprintf(cell->traffic_label, sizeof(cell->traffic_label), "%s", label);
	datapath_config_init(&cell->config);
	datapath_config_init(&cell->reference_config);
	for (unsigned int i = 0; sources[i]; i++)
		cell->config.sources[i].on = sources_on >> i & 1;
	return cell;
}

static void
add_factor_cells(struct sample *s, const char *label)
{
	unsigned int all = all_factors(s);
	const char *const *factors = factors_of(s);
	char name[NAME_BYTES];

	for (int f = 0; factors[f]; f++) {
		unsigned int i = (unsigned int)source_find(factors[f]);

		snprintf(name, sizeof(name), "ideal+%s", factors[f]);
		add_cell(s, CELL_ALONE, name, label, 1u << i)->factors = 1u << i;
	}
	for (int f = 0; !s->shapley && factors[f]; f++) {
		unsigned int i = (unsigned int)source_find(factors[f]);
		struct cell *cell;

		snprintf(name, sizeof(name), "naive-%s", factors[f]);
		cell = add_cell(s, CELL_REMOVED, name, label, all & ~(1u << i));
		cell->factors = 1u << i;
		snprintf(cell->reference, sizeof(cell->reference), "naive");
		for (unsigned int j = 0; sources[j]; j++)
			cell->reference_config.sources[j].on = all >> j & 1;
	}
	for (unsigned int set = 1; s->shapley && set < all; set++) {
		snprintf(name, sizeof(name), "set-%u", set);
		if (__builtin_popcount(set) > 1 && !(set & ~all))
			add_cell(s, CELL_SUBSET, name, label, set)->factors = set;
	}
	add_cell(s, CELL_ALL, "naive", label, all);
}

static void
open_sample(struct sample *s, const char *const *frame_sizes, double noise, bool shapley, bool many)
{
	struct experiment *e = &s->experiment;
	unsigned int copy = 1u << source_find("bounce_copy"), vc = 1u << source_find("vc");
	unsigned int alloc = 1u << source_find("bounce_alloc");
	static const char *const names[] = {"ideal", "folio", "swiotlb", "naive"};
	unsigned int on[] = {0, copy, alloc | copy | vc, 0};
	static char resolved[] = SAMPLE_RESOLVED;

	*s = (struct sample){.shapley = shapley, .many = many, .noise = noise};
	on[3] = all_factors(s);
	e->resolved = resolved;
	snprintf(e->name, sizeof(e->name), "sample");
	snprintf(e->path, sizeof(e->path), "configs/sample.yaml");
	snprintf(e->topology, sizeof(e->topology), "lockstep");
	snprintf(e->workload, sizeof(e->workload), "macswap");
	snprintf(e->reference, sizeof(e->reference), "ideal");
	e->measure = (struct measure){.slice_ns = 200000,
				      .pairs = 16,
				      .restarts = 3,
				      .max_restarts = 3,
				      .precision = 0.005,
				      .budget_ns = 60000000000,
				      .seed = 1};
	e->cells = calloc(512, sizeof(*e->cells));
	e->configurations = calloc(4, sizeof(*e->configurations));
	assert_non_null(e->cells);
	assert_non_null(e->configurations);
	for (; frame_sizes[0]; frame_sizes++) {
		add_cell(s, CELL_CONTROL, "A/A", frame_sizes[0], 0);
		add_cell(s, CELL_CONTROL_DEVICES, "A/A devices", frame_sizes[0], 0);
		for (int i = 1; i < 4; i++)
			add_cell(s, CELL_LISTED, names[i], frame_sizes[0], on[i]);
		add_factor_cells(s, frame_sizes[0]);
	}
	for (; e->n_configurations < 4; e->n_configurations++) {
		struct configuration *c = &e->configurations[e->n_configurations];

		snprintf(c->name, sizeof(c->name), "%s", names[e->n_configurations]);
		datapath_config_init(&c->config);
		for (unsigned int i = 0; sources[i]; i++)
			c->config.sources[i].on = on[e->n_configurations] >> i & 1;
	}
}

void
sample_open(struct sample *s, const char *const *frame_sizes, double noise)
{
	open_sample(s, frame_sizes, noise, false, false);
}

void
sample_open_shapley(struct sample *s, const char *const *frame_sizes, double noise)
{
	open_sample(s, frame_sizes, noise, true, false);
}

void
sample_open_many(struct sample *s, const char *const *frame_sizes, double noise)
{
	open_sample(s, frame_sizes, noise, false, true);
}

void
sample_close(struct sample *sample)
{
	free(sample->experiment.cells);
	free(sample->experiment.configurations);
}

const struct cell *
sample_cell(const struct sample *sample, const char *configuration, const char *label)
{
	const struct experiment *e = &sample->experiment;

	for (uint32_t i = 0; i < e->n_cells; i++)
		if (!strcmp(e->cells[i].configuration, configuration) &&
		    !strcmp(e->cells[i].traffic_label, label))
			return &e->cells[i];
	fail_msg("no cell %s, %s", configuration, label);
	return NULL;
}

/* 1 give or take the noise: a sum of four uniforms, and one slice in 32 far off. */
static double
jitter(const struct sample *s, struct random_state *random)
{
	double sum = -2;

	for (int i = 0; i < 4; i++)
		sum += (double)random_below(random, 1000000) / 1e6;
	return 1 + s->noise * sum * (random_below(random, 32) ? 1 : 20);
}

static void
add_counter(struct trial *trial, const char *name, const char *unit, double per_packet)
{
	struct tally_count *c = &trial->counters[trial->n_counters++];

	snprintf(c->name, sizeof(c->name), "%s", name);
	c->unit = unit;
	c->count = (uint64_t)llround(per_packet * (double)trial->packets);
}

static void
add_counters(struct trial *trial, const struct datapath_config *config, double more_exits)
{
	bool psc = config->sources[source_find("psc")].on,
	     vc = config->sources[source_find("vc")].on;

	add_counter(trial, "exits.doorbell", "exits", vc ? 1.0 / BURST_PACKETS + more_exits : 0);
	add_counter(trial, "exits.psc", "exits", psc ? 2 : 0);
	add_counter(trial, "exits.cycles", "cycles",
		    (psc ? 2 * 8000 : 0) + (vc ? 9600.0 / BURST_PACKETS : 0));
	add_counter(trial, "exits.overruns", "exits", 0);
}

#define WIRE_NS 3000

/* Of frames that wait for nothing but both sides: in ns what they take in cycles. */
static struct latency_figures
latency_of(const struct side_figures *side, double later_ns)
{
	double ns =
		WIRE_NS + later_ns + side->guest_cycles_per_packet + side->host_cycles_per_packet;

	return (struct latency_figures){ns, ns, ns, ns, ns, ns};
}

static void
add_latencies(struct pair *pair, double later_ns)
{
	pair->configuration.latency = latency_of(&pair->configuration, later_ns);
	pair->reference.latency = latency_of(&pair->reference, 0);
	pair->latency_ratio = pair->configuration.latency;
	latency_figures_divide(&pair->latency_ratio, &pair->reference.latency);
}

void
sample_trial(const struct sample *s, const struct cell *cell, uint32_t restart, struct trial *trial)
{
	struct random_state random = {s->other_run << 48 | (uint64_t)cell->id << 32 | restart};
	bool is_folio = !strcmp(cell->configuration, "folio");
	double slower = 1 + (is_folio ? s->slower : 0);
	bool same = cell->role != CELL_CONTROL_DEVICES &&
		    !memcmp(&cell->config.sources[source_find("iotlb")],
			    &cell->reference_config.sources[source_find("iotlb")],
			    sizeof(struct source_setting));
	double restart_effect = jitter(s, &random);
	const struct side_figures in_lockstep = {.packets_per_second = NAN,
						 .loss_share = NAN,
						 .guest_busy_share = NAN,
						 .round_trip_cycles = NAN,
						 .latency = latency_figures_none(),
						 .send_delay = latency_figures_none()};

	*trial = (struct trial){
		.cell = cell->id,
		.restart = restart,
		.n_pairs = s->experiment.measure.pairs,
		.same_device = same,
		.duration_ns = 12000000,
		.packets = TRIAL_PACKETS,
		.packets_in = TRIAL_PACKETS,
		.packets_out = TRIAL_PACKETS,
		.kvm_exits_per_packet = NAN,
		.n_exits = 2,
		.exits = {{"doorbell", EXIT_ORIGIN_EMULATED, 1250, 900, 1000, 2000, 1e6},
			  {"kvm:kvm_pio", EXIT_ORIGIN_KVM, 1250, NAN, NAN, NAN, NAN}}};
	for (uint32_t i = 0; i < trial->n_pairs; i++) {
		struct pair *p = &trial->pairs[i];

		p->configuration = p->reference = in_lockstep;
		p->latency_ratio = latency_figures_none();
		p->configuration.guest_cycles_per_packet =
			slower * sample_guest_cycles(&cell->config, cell) * jitter(s, &random) *
			restart_effect;
		p->configuration.host_cycles_per_packet =
			sample_host_cycles(&cell->config, cell) * jitter(s, &random);
		p->reference.guest_cycles_per_packet =
			sample_guest_cycles(&cell->reference_config, cell) * jitter(s, &random);
		p->reference.host_cycles_per_packet =
			sample_host_cycles(&cell->reference_config, cell) * jitter(s, &random);
		p->guest_ratio = p->configuration.guest_cycles_per_packet /
				 p->reference.guest_cycles_per_packet;
		p->host_ratio = p->configuration.host_cycles_per_packet /
				p->reference.host_cycles_per_packet;
		if (s->at_rate)
			add_latencies(p, is_folio ? s->later_ns : 0);
	}
	add_counters(trial, &cell->config,
		     strcmp(cell->configuration, "swiotlb") ? 0 : s->more_exits);
}

void
sample_folder(char *path, size_t size)
{
	snprintf(path, size, "/tmp/folio-test-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void
sample_remove(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
sample_write(const struct sample *sample, const char *path)
{
	const struct results_platform platform = {"DPDK 22.11.11", "2 MiB huge pages", "", "none",
						  0};
	const struct experiment *e = &sample->experiment;
	struct results *results;
	struct trial *trial = calloc(1, sizeof(*trial));

	assert_non_null(trial);
	assert_int_equal(results_create(path, e, &platform, &results), 0);
	for (uint32_t restart = 0; restart < e->measure.restarts; restart++) {
		for (uint32_t i = 0; i < e->n_cells; i++) {
			sample_trial(sample, &e->cells[i], restart, trial);
			assert_int_equal(results_add(results, trial), 0);
		}
	}
	assert_int_equal(results_finish(results, "done"), 0);
	results_close(results);
	free(trial);
}
