/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of what each source costs. */
#include <string.h>

#include "base/fidelity.h"
#include "runner/config/presets.h"
#include "runner/report/format.h"
#include "runner/report/place.h"
#include "runner/report/report.h"

static const struct document_column breakdown_columns[] = {
	{"source", false}, {" alone  95% interval", false},
	{"share", true},   {"removed 95% interval", false},
	{"host", true},    {"fidelity", false},
};

/* The client stands behind the host: what it sees is both sides' together. */
static const struct document_column client_columns[] = {
	{"source", false},   {" alone  95% interval, ns", false},
	{"share", true},     {"removed 95% interval, ns", false},
	{"fidelity", false},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void
report_fill_cost(const struct attribution_row *row, char *cell)
{
	if (row && row->distinguishable)
		format_cycles_estimate(&row->cost, cell, DOCUMENT_CELL_BYTES);
	else if (row)
		snprintf(cell, DOCUMENT_CELL_BYTES, "not distinguishable");
}

/* One source, or the whole: then both columns show it, for each adds up to it. */
static void
add_source(const struct report *report, struct document *document,
	   const struct attribution_row *first)
{
	const struct attribution *a = &report->attribution;
	bool whole = first->method == METHOD_ALL;
	const struct attribution_row *host =
		attribution_find(a, first->place, first->source, SIDE_HOST, first->method);
	struct document_row row = {0};
	int cell = 4;

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", first->source);
	report_fill_cost(first, row.cells[1]);
	if (first->distinguishable)
		format_share(first->share.value, row.cells[2], sizeof(row.cells[2]));
	report_fill_cost(whole ? first :
				 attribution_find(a, first->place, first->source, first->side,
						  METHOD_REMOVED),
			 row.cells[3]);
	if (first->side == SIDE_GUEST) {
		snprintf(row.cells[cell], sizeof(row.cells[cell]), "n.d.");
		if (host && host->distinguishable)
			format_cycles(host->cost.value, row.cells[cell], sizeof(row.cells[cell]));
		cell++;
	}
	fidelity_format(first->fidelity, row.cells[cell], sizeof(row.cells[cell]));
	document_row(document, &row);
}

void
report_place_heading(struct document *document, const struct run_cell *place)
{
	char name[DOCUMENT_CELL_BYTES];

	document_heading(document, 3, "%s%s%s", report_traffic_name(place, name, sizeof(name)),
			 place->variant[0] ? ", " : "", place->variant);
}

static void
add_sources(const struct report *report, struct document *document, const struct run_cell *place,
	    enum side side)
{
	const struct attribution *a = &report->attribution;
	const struct attribution_row *total =
		attribution_find(a, place, SOURCE_TOTAL, side, METHOD_ALL);

	for (size_t i = 0; i < a->n_rows; i++)
		if (a->rows[i].place == place && a->rows[i].side == side &&
		    a->rows[i].method == METHOD_ALONE)
			add_source(report, document, &a->rows[i]);
	if (total)
		add_source(report, document, total);
}

bool
report_has_client(const struct report *report, const struct run_cell *place)
{
	return attribution_find(&report->attribution, place, SOURCE_TOTAL, SIDE_CLIENT, METHOD_ALL);
}

static void
add_place(const struct report *report, struct document *document, const struct run_cell *place)
{
	report_place_heading(document, place);
	document_table(document, breakdown_columns, COUNT(breakdown_columns));
	add_sources(report, document, place, SIDE_GUEST);
	if (!report_has_client(report, place))
		return;
	document_text(document, "The same of the mean latency that the client sees:");
	document_table(document, client_columns, COUNT(client_columns));
	add_sources(report, document, place, SIDE_CLIENT);
}

/*
 * What the sources were set to decides their cost as much as which they are. Fewer than naive has
 * make a configuration that the user's file does not name.
 */
static void
add_options(const struct report *report, struct document *document, const struct run_cell *place)
{
	const struct run_cell *all = place_find_all(&report->run, place);

	if (all && !strcmp(all->configuration, PRESET_NAIVE))
		document_text(document, "Set to: %s.", all->options);
	else if (all)
		document_text(document,
			      "Set to: %s. The ideal with all of them on is called %s in plan.csv "
			      "and summary.csv.",
			      all->options, all->configuration);
}

static void
add_meaning(struct document *document)
{
	document_text(
		document,
		"alone: what the source adds to the ideal, on the guest's side; host: the same on "
		"the host's (n.d.: not distinguishable). removed: what its removal takes from "
		"the configuration with all of them; where sources hang together (slots spread "
		"packets over more pages, each of which is converted and forgotten) that is part "
		"of the others' cost too. interaction: what the sources leave unexplained. total: "
		"all of them less the ideal; share is of it.");
}

static bool
has_shapley(const struct attribution *a, const struct run_cell *place)
{
	for (size_t i = 0; i < a->n_rows; i++)
		if (a->rows[i].method == METHOD_SHAPLEY && (!place || a->rows[i].place == place))
			return true;
	return false;
}

/* Is a source's interval so wide that it may as well be half of the whole? */
static bool
is_vague(const struct attribution *a, const struct run_cell *place)
{
	const struct attribution_row *total =
		attribution_find(a, place, SOURCE_TOTAL, SIDE_GUEST, METHOD_ALL);

	for (size_t i = 0; total && i < a->n_rows; i++)
		if (a->rows[i].place == place && a->rows[i].side == SIDE_GUEST &&
		    estimate_is_vague(&a->rows[i].cost, total->cost.value))
			return true;
	return false;
}

void
report_breakdown(struct report *report, struct document *document)
{
	const struct attribution *a = &report->attribution;

	if (a->n_rows == 0)
		return;
	document_heading(document, 2, "What each source costs, in cycles per packet");
	if (has_shapley(a, NULL))
		report_shapley_meaning(document,
				       attribution_is_fraction(&report->run, a->rows[0].place));
	else
		add_meaning(document);
	add_options(report, document, a->rows[0].place);
	for (size_t i = 0; i < a->n_rows; i++) {
		if (i > 0 && a->rows[i].place == a->rows[i - 1].place)
			continue;
		if (has_shapley(a, a->rows[i].place))
			report_shapley_place(report, document, a->rows[i].place);
		else
			add_place(report, document, a->rows[i].place);
		if (is_vague(a, a->rows[i].place))
			report_vague(document);
	}
}
