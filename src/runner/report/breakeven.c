/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/breakeven.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fidelity.h"
#include "datapath/sources/source.h"

#define EXITS "exits."

/*
 * What a source costs besides its exits is a difference: of a median, and of a
 * mean that interruptions stretch. Below this share of the exits it is nothing, and
 * so it is where they were metered at more than the whole, by medians: then the whole
 * is what they were charged.
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
	double events = 0, whole, charged, other;

	if (cell->role != CELL_ALONE || !(cell->source_fidelity & FIDELITY_MODELLED) || !ideal ||
	    !guest || !cycles)
		return false;
	for (size_t i = 0; i < summary->n_rows; i++)
		if (summary->rows[i].cell == cell && counts_exits(&summary->rows[i]))
			events += summary->rows[i].value.value;
	if (events <= 0)
		return false;
	whole = guest->value.value - ideal->value.value;
	charged = cycles->value.value;
	if (whole > 0 && charged > whole)
		charged = whole;
	other = whole - charged;
	if (other < OTHER_SHARE_MIN * charged)
		other = 0;
	*out = (struct breakeven){
		.events_per_packet = events,
		.charged_cycles = charged / events,
		.at_1_percent_cycles = (0.01 * ideal->value.value - other) / events,
		.at_6_percent_cycles = (0.06 * ideal->value.value - other) / events,
	};
	return true;
}

/* Together per packet; a run of an earlier version need not have counted all of them. */
static double
sum_of_events(const struct summary *summary, const struct run_cell *cell, const char *const *events)
{
	double sum = 0;

	for (; *events; events++) {
		const struct summary_row *row;
		char metric[96];

		snprintf(metric, sizeof(metric), "%s_per_packet", *events);
		row = summary_find(summary, cell, metric);
		sum += row ? row->value.value : 0;
	}
	return sum;
}

/* What stands behind OPTION= in "SOURCE(..., OPTION=4000 cycles, ...)" of the cell's options; NAN: nothing. */
static double
option_cycles(const struct run_cell *cell, const char *source, const char *option)
{
	char wanted[64];
	const char *at = cell->options, *end;

	snprintf(wanted, sizeof(wanted), "%s(", source);
	while ((at = strstr(at, wanted)) && at != cell->options && at[-1] != ' ')
		at++;
	end = at ? strchr(at, ')') : NULL;
	snprintf(wanted, sizeof(wanted), "%s=", option);
	while (end && (at = strstr(at, wanted)) && at < end) {
		if (at[-1] == '(' || at[-1] == ' ')
			return strtod(at + strlen(wanted), NULL);
		at++;
	}
	return NAN;
}

bool
breakeven_of_option(const struct summary *summary, const struct run_cell *cell, int source,
		    const struct option_spec *option, struct breakeven *out)
{
	enum side side = sources[source]->link_cross ? SIDE_HOST : SIDE_GUEST;
	const struct summary_row *reference =
		summary_find(summary, cell, side_metrics[side].reference_cost);
	double events, charged;

	if (cell->role != CELL_LISTED || !reference || !option->events)
		return false;
	charged = option_cycles(cell, sources[source]->name, option->name);
	events = isnan(charged) ? 0 : sum_of_events(summary, cell, option->events);
	if (events <= 0)
		return false;
	*out = (struct breakeven){
		.events_per_packet = events,
		.charged_cycles = charged,
		.at_1_percent_cycles = 0.01 * reference->value.value / events,
		.at_6_percent_cycles = 0.06 * reference->value.value / events,
	};
	return true;
}
