/* SPDX-License-Identifier: BSD-3-Clause */
/* What only two processes have: packets per second, loss, the guest's busy share. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/format.h"
#include "runner/report/report.h"

static const struct document_column columns[] = {
	{"configuration", false}, {"packets/s", true},  {"95% interval", false},
	{"loss", true},           {"guest busy", true}, {"round trip cycles", true},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static struct estimate
value_of(const struct report *report, const struct run_cell *cell, const char *prefix,
	 const char *metric)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", prefix, metric);
	const struct summary_row *row = summary_find(&report->summary, cell, name);

	return row ? row->value : estimate_none();
}

/* prefix: "" for the cell's configuration, "reference_" for its reference. */
static void
add_row(const struct report *report, struct document *document, const struct run_cell *cell,
	const char *name, const char *prefix)
{
	struct estimate rate = value_of(report, cell, prefix, METRIC_PACKETS_PER_SECOND);
	struct estimate loss = value_of(report, cell, prefix, METRIC_LOSS_SHARE);
	struct estimate busy = value_of(report, cell, prefix, METRIC_BUSY_SHARE);
	struct estimate trip = value_of(report, cell, prefix, METRIC_ROUND_TRIP);
	struct document_row row = {0};
	char low[32], high[32];

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s%s%s", name, cell->variant[0] ? ", " : "",
		 cell->variant);
	format_pps(rate.value, row.cells[1], sizeof(row.cells[1]));
	snprintf(row.cells[2], sizeof(row.cells[2]), "%s..%s",
		 format_pps(fmax(rate.ci_low, 0), low, sizeof(low)),
		 format_pps(rate.ci_high, high, sizeof(high)));
	snprintf(row.cells[3], sizeof(row.cells[3]), "%.3f%%", 100 * loss.value);
	format_share(busy.value, row.cells[4], sizeof(row.cells[4]));
	format_cycles(trip.value, row.cells[5], sizeof(row.cells[5]));
	document_row(document, &row);
}

static bool
is_measured(const struct report *report, const struct run_cell *cell)
{
	return summary_find(&report->summary, cell, METRIC_PACKETS_PER_SECOND) != NULL;
}

/* Is it the first listed cell of its traffic that was measured? */
static bool
is_first(const struct report *report, const struct run_cell *cell)
{
	for (uint32_t i = 0; i < cell->id; i++) {
		const struct run_cell *other = &report->run.cells[i];

		if (other->role == CELL_LISTED && !strcmp(other->frame_size, cell->frame_size) &&
		    is_measured(report, other))
			return false;
	}
	return true;
}

/* Each cell beside its reference, which took turns with it. */
static void
add_traffic(const struct report *report, struct document *document, const struct run_cell *first)
{
	char name[DOCUMENT_CELL_BYTES];

	document_heading(document, 3, "%s", report_traffic_name(first, name, sizeof(name)));
	document_table(document, columns, N_COLUMNS);
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell->role != CELL_LISTED || strcmp(cell->frame_size, first->frame_size) ||
		    !is_measured(report, cell))
			continue;
		add_row(report, document, cell, cell->reference, "reference_");
		add_row(report, document, cell, cell->configuration, "");
	}
}

void
report_throughput(const struct report *report, struct document *document)
{
	bool any = false;

	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell->role != CELL_LISTED || !is_measured(report, cell) ||
		    !is_first(report, cell))
			continue;
		if (!any)
			document_heading(document, 2, "Throughput: means of restarts' medians");
		any = true;
		add_traffic(report, document, cell);
	}
	if (any)
		document_text(
			document,
			"Above each configuration stands the reference as it was in turns with it. "
			"Loss is the share of offered packets that did not come back; round "
			"trip is of a cache line between the two cores, in cycles, right "
			"before the slices.");
}
