/* SPDX-License-Identifier: BSD-3-Clause */
/* folio check CONFIG: what would run, and for how long. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "base/units.h"
#include "runner/commands/commands.h"
#include "runner/config/assign.h"
#include "runner/config/captures.h"
#include "runner/config/experiment.h"
#include "runner/exit_status.h"
#include "runner/measure/bench.h"
#include "runner/report/document.h"
#include "runner/results/record.h"

/*
 * The estimate, from below: where few packets take as long as a slice the time is up
 * to the budget's.
 */
#define SLICES_OF_PAIR 4

static const char usage[] =
	"usage: folio check CONFIG [--set KEY=VALUE]...\n"
	"\n"
	"Checks CONFIG and prints what `folio run` would do: cells, trials and an estimate of\n"
	"the time. Nothing is executed.\n"
	"\n"
	"  --set KEY=VALUE  overrides a key of CONFIG, such as measure.pairs=8 or traffic=imix\n"
	"\n"
	"Exit status: 0 CONFIG is good, 2 it is not.\n";

static double
restarts_s(const struct experiment *experiment)
{
	return bench_find(experiment->topology)->restart_s * experiment->measure.restarts;
}

static double
estimate_s(const struct experiment *experiment)
{
	const struct measure *measure = &experiment->measure;
	double pair_ns = SLICES_OF_PAIR * bench_find(experiment->topology)->slice_overhead *
			 (double)measure->slice_ns;
	double measuring_ns = pair_ns * measure->pairs * measure->restarts * experiment->n_cells;

	return fmin(measuring_ns, (double)measure->budget_ns) / 1e9 + restarts_s(experiment);
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

static void
add_totals(struct document *document, const struct experiment *experiment)
{
	const struct measure *measure = &experiment->measure;
	char slice[32], budget[32];

	document_text(document, "%s", "");
	document_text(
		document, "%u cells, %u trials (%u restarts of up to %u pairs each), slices of %s.",
		experiment->n_cells, experiment->n_cells * measure->restarts, measure->restarts,
		measure->pairs,
		quantity_format(DIMENSION_TIME, (double)measure->slice_ns, slice, sizeof(slice)));
	document_text(document,
		      "%.0f to %.0f s: configurations that cost many times the ideal take longer, "
		      "and get fewer pairs, within the measuring budget of %s.",
		      ceil(estimate_s(experiment)),
		      ceil((double)measure->budget_ns / 1e9 + restarts_s(experiment)),
		      quantity_format(DIMENSION_TIME, (double)measure->budget_ns, budget,
				      sizeof(budget)));
}

static enum exit_status
print_plan(const struct experiment *experiment)
{
	struct document *document = document_new();
	int error;

	if (!document) {
		log_error("out of memory");
		return EXIT_MACHINE_LACKS;
	}
	add_cells(document, experiment);
	add_totals(document, experiment);
	error = document_print(document, DOCUMENT_TEXT, stdout);
	document_free(document);
	return error ? EXIT_MACHINE_LACKS : EXIT_DONE;
}

/* Returns 0; 1 when help was printed; -1 on bad usage. */
static int
parse_arguments(int argc, char **argv, struct assignments *set)
{
	static const struct option options[] = {
		{"set", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {0}};
	int letter;

	set->n = 0;
	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (letter == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (letter != 's')
			break;
		if (assignments_add(set, optarg))
			return -1;
	}
	if (letter == -1 && optind + 1 == argc)
		return 0;
	fputs(usage, stderr);
	return -1;
}

int
cmd_check(int argc, char **argv)
{
	struct assignments set;
	struct experiment *experiment;
	enum exit_status status;
	int parsed = parse_arguments(argc, argv, &set);

	if (parsed)
		return parsed > 0 ? EXIT_DONE : EXIT_BAD_USAGE;
	if (experiment_open(argv[optind], costs_dir(), set.set, set.n, &experiment))
		return EXIT_BAD_USAGE;
	status = captures_check(experiment) ? EXIT_BAD_USAGE : print_plan(experiment);
	experiment_close(experiment);
	return status;
}
