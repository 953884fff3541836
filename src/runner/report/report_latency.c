/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of latencies, of traffic at a rate. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/format.h"
#include "runner/report/place.h"
#include "runner/report/report.h"

static const struct document_column columns[] = {
	{"configuration", false},
	{"mean", true},
	{"p50", true},
	{"p95", true},
	{"p99", true},
	{"p999", true},
	{"max", true},
	{"frames", true},
	{" p50 to reference", false},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* What a row takes from the pairs, and then from the trials' distributions; behind its prefix. */
static const char *const shown[] = {
	METRIC_LATENCY "mean_ns", METRIC_LATENCY "p50_ns",         METRIC_LATENCY "p95_ns",
	METRIC_LATENCY "p99_ns",  METRIC_LATENCY_POOLED "p999_ns", METRIC_LATENCY_POOLED "max_ns",
};

#define N_SHOWN (sizeof(shown) / sizeof(shown[0]))

static const struct summary_row *
find(const struct report *report, const struct run_cell *cell, const char *prefix,
     const char *metric)
{
	char name[80];

	snprintf(name, sizeof(name), "%s%s", prefix, metric);
	return summary_find(&report->summary, cell, name);
}

static double
value_of(const struct summary_row *row)
{
	return row ? row->value.value : NAN;
}

/* What only some restarts have enough frames for would speak of those alone. */
static double
value_in_all(const struct report *report, const struct run_cell *cell, const char *prefix,
	     const char *metric)
{
	const struct summary_row *row = find(report, cell, prefix, metric);
	const struct summary_row *frames = find(report, cell, prefix, METRIC_LATENCY_FRAMES);
	size_t wanted = metric_is_of_pairs(metric) || !frames ? 1 : frames->series->n;

	return row && row->series->n >= wanted ? row->value.value : NAN;
}

/* Over all restarts. */
static double
count_frames(const struct report *report, const struct run_cell *cell, const char *prefix)
{
	const struct summary_row *row = find(report, cell, prefix, METRIC_LATENCY_FRAMES);
	double sum = 0;

	for (size_t i = 0; row && i < row->series->n; i++)
		sum += row->series->points[i].value;
	return sum;
}

static void
add_row(const struct report *report, struct document *document, const struct run_cell *cell,
	const char *name, const char *prefix)
{
	const struct summary_row *median = find(report, cell, prefix, METRIC_LATENCY "p50_ns");
	struct document_row row = {0};

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", name);
	for (size_t i = 0; i < N_SHOWN; i++)
		format_ns(value_in_all(report, cell, prefix, shown[i]), row.cells[1 + i],
			  sizeof(row.cells[1 + i]));
	snprintf(row.cells[1 + N_SHOWN], sizeof(row.cells[0]), "%.0f",
		 count_frames(report, cell, prefix));
	if (*prefix)
		snprintf(row.cells[2 + N_SHOWN], sizeof(row.cells[0]), "reference");
	else if (median)
		format_ratio_estimate(&median->ratio, row.cells[2 + N_SHOWN], sizeof(row.cells[0]));
	document_row(document, &row);
}

static bool
is_measured(const struct report *report, const struct run_cell *cell)
{
	return cell->role == CELL_LISTED &&
	       summary_find(&report->summary, cell, METRIC_LATENCY_FRAMES) != NULL;
}

static bool
is_first(const struct report *report, const struct run_cell *cell)
{
	for (uint32_t i = 0; i < cell->id; i++)
		if (cell_same_place(&report->run.cells[i], cell) &&
		    is_measured(report, &report->run.cells[i]))
			return false;
	return true;
}

/* The host's part that can be told apart from the rest. */
static void
add_delays(const struct report *report, struct document *document, const struct run_cell *cell)
{
	char mean[32], p99[32];

	document_text(
		document,
		"The host itself was late in sending by %s on average and %s at p99 "
		"(%s): that is part of the latencies.",
		format_ns(value_of(find(report, cell, "reference_", METRIC_SEND_DELAY "mean_ns")),
			  mean, sizeof(mean)),
		format_ns(value_of(find(report, cell, "reference_", METRIC_SEND_DELAY "p99_ns")),
			  p99, sizeof(p99)),
		cell->reference);
}

/* The reference as the first of the cells has it: it took turns with each. */
static void
add_place(const struct report *report, struct document *document, const struct run_cell *first)
{
	report_place_heading(document, first);
	document_table(document, columns, N_COLUMNS);
	add_row(report, document, first, first->reference, "reference_");
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell_same_place(cell, first) && is_measured(report, cell))
			add_row(report, document, cell, cell->configuration, "");
	}
	add_delays(report, document, first);
}

void
report_latency(const struct report *report, struct document *document)
{
	const struct manifest *m = &report->run.manifest;
	bool any = false;

	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (!is_measured(report, cell) || !is_first(report, cell))
			continue;
		if (!any)
			document_heading(document, 2, "Latency, as the host has it");
		any = true;
		add_place(report, document, cell);
	}
	if (any)
		document_text(
			document,
			"From the time when a frame was meant to be sent, whether or not the "
			"host could, to the time when the host had it back, of frames that came "
			"back; the others are in the loss above. mean to p99 are medians over "
			"pairs, p999 and max of all slices of a restart together; n/a: fewer "
			"than 10 frames lay beyond.");
	if (m->placement[0] && strstr(m->rate, "max"))
		document_text(
			document,
			"There is no latency for traffic that is sent as fast as possible: no "
			"frame has a time when it should have gone, and how long it waits "
			"says how deep the rings are. Set a rate below the throughput.");
}
