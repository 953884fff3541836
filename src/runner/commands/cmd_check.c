/* SPDX-License-Identifier: BSD-3-Clause */
/* folio check CONFIG: what would run, and for how long. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "runner/commands/commands.h"
#include "runner/commands/letter_args.h"
#include "runner/commands/trial_cost.h"
#include "runner/config/assign.h"
#include "runner/config/captures.h"
#include "runner/config/experiment.h"
#include "runner/config/presets.h"
#include "runner/config/suite.h"
#include "runner/exit_status.h"
#include "runner/measure/bench.h"
#include "runner/measure/throughput.h"
#include "runner/report/document.h"
#include "runner/results/record.h"

static const char usage[] =
	"usage: folio check CONFIG [--set KEY=VALUE]...\n"
	"\n"
	"Checks CONFIG and prints what `folio run` would do: cells, trials and an estimate of\n"
	"the time. Nothing is executed.\n"
	"\n"
	"  --set KEY=VALUE  overrides a key of CONFIG, such as measure.pairs=8 or traffic=imix\n"
	"\n"
	"Exit status: 0 CONFIG is good, 2 it is not.\n";

/* Where nothing disturbs it, a search decides on six rates and tries some more. */
#define SEARCH_SUMS 8

/* Of all restarts. */
static uint32_t
count_searches(const struct experiment *experiment)
{
	uint32_t n = 0;

	if (experiment->search.wanted && throughput_count(experiment, &n))
		log_error("out of memory");
	return n * experiment->measure.restarts;
}

static void
add_cells(struct document *document, const struct experiment *experiment)
{
	static const struct document_column columns[] = {
		{"cell", true},     {"configuration", false}, {"reference", false},
		{"traffic", false}, {"role", false},          {"swept", false},
	};
	struct document_row row;

	document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];

		snprintf(row.cells[0], sizeof(row.cells[0]), "%u", cell->id);
		snprintf(row.cells[1], sizeof(row.cells[1]), "%s", cell->configuration);
		snprintf(row.cells[2], sizeof(row.cells[2]), "%s", cell->reference);
		snprintf(row.cells[3], sizeof(row.cells[3]), "%s", cell->traffic_label);
		snprintf(row.cells[4], sizeof(row.cells[4]), "%s", cell_role_name(cell->role));
		snprintf(row.cells[5], sizeof(row.cells[5]), "%s", cell->variant);
		document_row(document, &row);
	}
}

/* A name that is neither the file's nor a preset's. */
static void
add_meaning(struct document *document, const struct experiment *experiment)
{
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];

		if (cell->role != CELL_ALL || !strcmp(cell->configuration, PRESET_NAIVE))
			continue;
		document_text(document, "%s: the %s with all sources of attribution.factors on.",
			      cell->configuration, cell->reference);
		return;
	}
}

static void
add_totals(struct document *document, const struct experiment *experiment)
{
	const struct measure *measure = &experiment->measure;
	char slice[32];

	document_text(document, "%s", "");
	document_text(
		document, "%u cells, %u trials (%u restarts of up to %u pairs each), slices of %s.",
		experiment->n_cells, experiment->n_cells * measure->restarts, measure->restarts,
		measure->pairs,
		quantity_format(DIMENSION_TIME, (double)measure->slice_ns, slice, sizeof(slice)));
	if (measure->max_restarts > measure->restarts)
		document_text(document,
			      "Cells whose guest ratio is then not within +-%.3g%% are measured "
			      "again while budget is left, in up to %u restarts.",
			      100 * measure->precision, measure->max_restarts);
}

/* In seconds, whole ones. */
struct duration {
	double least_s, most_s;
};

/* The time that a file can take lies between what its restarts cost and its budget. */
static struct duration
measuring_time(const struct experiment *experiment, const struct trial_cost *cost)
{
	const struct measure *measure = &experiment->measure;
	double budget_ns = (double)measure->budget_ns;
	double start_s = bench_find(experiment->topology)->restart_s * measure->restarts;

	return (struct duration){
		ceil(fmin(cost->restart_ns * measure->restarts, budget_ns) / 1e9 + start_s),
		ceil(budget_ns / 1e9 + start_s),
	};
}

/* In time of their own. */
static struct duration
searching_time(const struct experiment *experiment)
{
	double sums_s = SEARCH_SUMS * (double)experiment->search.sum_ns / 1e9;
	double budget_s = (double)experiment->search.budget_ns / 1e9;
	uint32_t n = count_searches(experiment);

	return (struct duration){ceil(n * fmin(sums_s, budget_s)), ceil(n * budget_s)};
}

static struct duration
add_time(struct document *document, const struct experiment *experiment)
{
	const struct bench_ops *bench = bench_find(experiment->topology);
	struct duration duration;
	struct trial_cost cost;
	char budget[32];

	trial_cost_estimate(experiment, &cost);
	duration = measuring_time(experiment, &cost);
	quantity_format(DIMENSION_TIME, (double)experiment->measure.budget_ns, budget,
			sizeof(budget));
	document_text(document,
		      "%.0f to %.0f s: the latter with the measuring budget of %s spent; %g s of "
		      "it start each restart.",
		      duration.least_s, duration.most_s, budget, bench->restart_s);
	if (cost.measured_in[0])
		document_text(document, "The former is by what trials took in %s.",
			      cost.measured_in);
	else
		document_text(
			document,
			"No finished run of this machine in results: the former assumes that a "
			"slice takes %.3g times what is metered of it.",
			bench->slice_overhead);
	return duration;
}

static struct duration
add_searches(struct document *document, const struct experiment *experiment)
{
	struct duration duration = searching_time(experiment);

	if (experiment->search.wanted)
		document_text(
			document,
			"Beside that %u searches for throughput, %.0f to %.0f s: one for each "
			"configuration (the reference twice, for the noise floor), traffic and "
			"restart.",
			count_searches(experiment), duration.least_s, duration.most_s);
	return duration;
}

static void
add_duration(struct duration *sum, struct duration duration)
{
	sum->least_s += duration.least_s;
	sum->most_s += duration.most_s;
}

static enum exit_status
print_plan(const struct experiment *experiment, struct duration *sum)
{
	struct document *document = document_new();
	int error;

	if (!document) {
		log_error("out of memory");
		return EXIT_MACHINE_LACKS;
	}
	add_cells(document, experiment);
	add_meaning(document, experiment);
	add_totals(document, experiment);
	add_duration(sum, add_time(document, experiment));
	add_duration(sum, add_searches(document, experiment));
	error = document_print(document, DOCUMENT_TEXT, stdout);
	document_free(document);
	return error ? EXIT_MACHINE_LACKS : EXIT_DONE;
}

/* There is only --set. */
static int
take_option(int letter, void *set)
{
	(void)letter;
	return assignments_add(set, optarg);
}

/* Returns 0; 1 when help was printed; -1 on bad usage. */
static int
parse_arguments(int argc, char **argv, struct assignments *set)
{
	static const struct option options[] = {
		{"set", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {0}};
	int parsed;

	set->n = 0;
	parsed = letter_args_parse(argc, argv, options, usage, take_option, set);
	if (parsed || optind + 1 == argc)
		return parsed;
	fputs(usage, stderr);
	return -1;
}

static enum exit_status
check_one(const char *config, const struct assignments *set, struct duration *sum)
{
	struct experiment *experiment;
	enum exit_status status;
	int error = experiment_open(config, costs_dir(), set->set, set->n, &experiment);

	if (error)
		return exit_status_refused(error);
	status = captures_check(experiment) ? EXIT_BAD_USAGE : print_plan(experiment, sum);
	experiment_close(experiment);
	return status;
}

static enum exit_status
check_suite(const char *config, const struct assignments *set)
{
	enum exit_status status = EXIT_DONE;
	struct duration sum = {0};
	struct suite suite;

	if (suite_open(config, set, &suite))
		return EXIT_BAD_USAGE;
	for (size_t i = 0; status == EXIT_DONE && i < suite.n_runs; i++) {
		printf("%s%s: %s\n", i ? "\n" : "", suite.runs[i].name, suite.runs[i].config);
		status = check_one(suite.runs[i].config, &suite.set, &sum);
	}
	if (status == EXIT_DONE)
		printf("\nAll of it: %.0f to %.0f s.\n", sum.least_s, sum.most_s);
	suite_close(&suite);
	return status;
}

int
cmd_check(int argc, char **argv)
{
	struct duration duration = {0};
	struct assignments set;
	int parsed = parse_arguments(argc, argv, &set);

	if (parsed)
		return parsed > 0 ? EXIT_DONE : EXIT_BAD_USAGE;
	return suite_is(argv[optind]) ? check_suite(argv[optind], &set) :
					check_one(argv[optind], &set, &duration);
}
