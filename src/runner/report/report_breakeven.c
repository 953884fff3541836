/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables of break-even costs: of sources that were measured alone, and of the options
 * of others, in the configurations that they are on in.
 */
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/report/breakeven.h"
#include "runner/report/format.h"
#include "runner/report/report.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct document_column alone_columns[] = {
	{"traffic", false}, {"source", false},     {"events/packet", true},
	{"charged", true},  {"1% of ideal", true}, {"6% of ideal", true},
};

static const struct document_column option_columns[] = {
	{"configuration", false}, {"cost", false}, {"events/packet", true},
	{"charged", true},        {"1%", true},    {"6%", true},
};

static void
fill_limit(double cycles, char *cell)
{
	if (cycles < 0)
		snprintf(cell, DOCUMENT_CELL_BYTES, "exceeded");
	else
		format_cycles(cycles, cell, DOCUMENT_CELL_BYTES);
}

/* The columns behind the first two. */
static void
fill_breakeven(const struct breakeven *breakeven, struct document_row *row)
{
	snprintf(row->cells[2], sizeof(row->cells[2]), "%.4g", breakeven->events_per_packet);
	format_cycles(breakeven->charged_cycles, row->cells[3], sizeof(row->cells[3]));
	fill_limit(breakeven->at_1_percent_cycles, row->cells[4]);
	fill_limit(breakeven->at_6_percent_cycles, row->cells[5]);
}

static void
add_alone(struct document *document, const struct run_cell *cell, const struct breakeven *breakeven)
{
	struct document_row row = {0};
	char name[NAME_BYTES + 8];

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s%s%s",
		 report_traffic_name(cell, name, sizeof(name)), cell->variant[0] ? ", " : "",
		 cell->variant);
	snprintf(row.cells[1], sizeof(row.cells[1]), "%s", cell->source);
	fill_breakeven(breakeven, &row);
	document_row(document, &row);
}

static void
report_alone(const struct report *report, struct document *document)
{
	struct breakeven breakeven;
	bool begun = false;

	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (!breakeven_of(&report->summary, cell, &breakeven))
			continue;
		if (!begun) {
			document_heading(document, 2, "Break-even costs of modelled exits");
			document_text(
				document,
				"An exit's cost is modelled. charged: cycles per event in this "
				"run, as metered, and no more than the source takes. The other "
				"columns: the cost of an event at which "
				"the source would take 1%% (just seen) or 6%% (the paper's bound) "
				"of the ideal's guest cycles; exceeded: what the source does "
				"besides its events takes more than that by itself.");
			document_table(document, alone_columns, COUNT(alone_columns));
			begun = true;
		}
		add_alone(document, cell, &breakeven);
	}
}

/* Exits of a source that was measured alone: its row of the first table says more. */
static bool
is_known_alone(const struct report *report, const char *source, const struct option_spec *option)
{
	struct breakeven breakeven;

	if (!option->events || strncmp(option->events[0], "exits.", 6) != 0)
		return false;
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (!strcmp(cell->source, source) &&
		    breakeven_of(&report->summary, cell, &breakeven))
			return true;
	}
	return false;
}

static void
add_option(struct document *document, const struct run_cell *cell, const char *source,
	   const char *option, const struct breakeven *breakeven)
{
	struct document_row row = {0};
	char traffic[NAME_BYTES + 8];

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s, %s%s%s", cell->configuration,
		 report_traffic_name(cell, traffic, sizeof(traffic)), cell->variant[0] ? ", " : "",
		 cell->variant);
	snprintf(row.cells[1], sizeof(row.cells[1]), "%s.%s", source, option);
	fill_breakeven(breakeven, &row);
	document_row(document, &row);
}

static void
begin_options(struct document *document)
{
	document_heading(document, 2, "Break-even costs in the configurations");
	document_text(document,
		      "charged: what an event was set to cost, in cycles. 1%%, 6%%: the cost of an "
		      "event at "
		      "which it would take that share of the reference's guest cycles by itself "
		      "(of its host cycles, where the device is charged). "
		      "Where nobody has measured what an event costs, these say what it may cost.");
	document_table(document, option_columns, COUNT(option_columns));
}

static void
report_options(const struct report *report, struct document *document, int source, bool *begun)
{
	const struct option_spec *option = sources[source]->options;
	struct breakeven breakeven;

	for (; option && option->name; option++) {
		if (is_known_alone(report, sources[source]->name, option))
			continue;
		for (uint32_t i = 0; i < report->run.n_cells; i++) {
			const struct run_cell *cell = &report->run.cells[i];

			if (!breakeven_of_option(&report->summary, cell, source, option,
						 &breakeven))
				continue;
			if (!*begun)
				begin_options(document);
			*begun = true;
			add_option(document, cell, sources[source]->name, option->name, &breakeven);
		}
	}
}

void
report_breakeven(struct report *report, struct document *document)
{
	bool begun = false;

	report_alone(report, document);
	for (int i = 0; sources[i]; i++)
		report_options(report, document, i, &begun);
}
