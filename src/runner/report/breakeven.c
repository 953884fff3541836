/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/breakeven.h"

#include <string.h>

#include "base/fidelity.h"

#define EXITS "exits."

/*
 * What a source costs besides its exits is a difference: of a median, and of a
 * mean that interruptions stretch. Below this share of the exits it is nothing, and
 * so it is where they were charged more than the whole was measured at.
 */
#define OTHER_SHARE_MIN 0.05

/*
 * The counters of the exit engine: one per reason, which count exits, and two
 * that say something of those same exits.
 */
static bool
counts_exits(const struct summary_row *row)
{
	const char *name = row->series->metric;

	return !strncmp(name, EXITS, strlen(EXITS)) && !strcmp(row->series->unit, "exits/packet") &&
	       strcmp(name, EXITS "overruns_per_packet") != 0;
}

bool
breakeven_of(const struct summary *summary, const struct run_cell *cell, struct breakeven *out)
{
	const struct summary_row *ideal =
		summary_find(summary, cell, side_metrics[SIDE_GUEST].reference_cost);
	const struct summary_row *guest =
		summary_find(summary, cell, side_metrics[SIDE_GUEST].cost);
	const struct summary_row *cycles = summary_find(summary, cell, EXITS "cycles_per_packet");
	double events = 0, other;

	if (cell->role != CELL_ALONE || !(cell->source_fidelity & FIDELITY_MODELLED) || !ideal ||
	    !guest || !cycles)
		return false;
	for (size_t i = 0; i < summary->n_rows; i++)
		if (summary->rows[i].cell == cell && counts_exits(&summary->rows[i]))
			events += summary->rows[i].value.value;
	if (events <= 0)
		return false;
	other = guest->value.value - ideal->value.value - cycles->value.value;
	if (other < OTHER_SHARE_MIN * cycles->value.value)
		other = 0;
	*out = (struct breakeven){
		.events_per_packet = events,
		.charged_cycles = cycles->value.value / events,
		.at_1_percent_cycles = (0.01 * ideal->value.value - other) / events,
		.at_6_percent_cycles = (0.06 * ideal->value.value - other) / events,
	};
	return true;
}
