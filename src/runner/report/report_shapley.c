/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of Shapley values and of two-way interactions. */
#include <string.h>

#include "base/fidelity.h"
#include "runner/report/format.h"
#include "runner/report/report.h"

static const struct document_column value_columns[] = {
	{"source", false}, {" value  95% interval", false},
	{"share", true},   {" alone  95% interval", false},
	{"host", true},    {"fidelity", false},
};

/* The client stands behind the host: what it sees is both sides' together. */
static const struct document_column client_columns[] = {
	{"source", false},   {" value  95% interval, ns", false},
	{"share", true},     {" alone  95% interval, ns", false},
	{"fidelity", false},
};

static const struct document_column interaction_columns[] = {
	{"two-way interaction", false},
	{"beyond each alone, 95%", false},
	{"share", true},
	{"host", true},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void
report_shapley_meaning(struct document *document, bool is_fraction)
{
	if (is_fraction)
		document_text(document,
			      "More sources than have a run for every set of them: a fraction was "
			      "measured, each source alone and all but each. value: the mean of "
			      "both ends, which is the source's Shapley value where no three "
			      "sources act together. rest: what the values leave of the total, "
			      "what three sources or more make together. alone: what it adds to "
			      "the ideal; host: its value on the host's side (n.d.: not "
			      "distinguishable).");
	else
		document_text(document,
			      "value: the source's Shapley value on the guest's side, what it adds "
			      "on average "
			      "over all orders in which the sources could be turned on; values add "
			      "up to the "
			      "total, and share is of it. alone: what it adds to the ideal; host: "
			      "its value on "
			      "the host's side (n.d.: not distinguishable). total: all of them "
			      "less the ideal. "
			      "A two-way interaction is what two sources cost together beyond what "
			      "each costs "
			      "alone; only those are listed that can be told from none. rest: what "
			      "the total "
			      "has beyond all sources alone and all two-way interactions.");
}

/* The same figure on another side or by another method, or NULL. */
static const struct attribution_row *
counterpart(const struct attribution *a, const struct attribution_row *row, enum side side,
	    enum attribution_method method)
{
	for (size_t i = 0; i < a->n_rows; i++) {
		const struct attribution_row *other = &a->rows[i];

		if (other->place == row->place && other->side == side && other->method == method &&
		    !strcmp(other->source, row->source) &&
		    (row->with ? other->with && !strcmp(other->with, row->with) : !other->with))
			return other;
	}
	return NULL;
}

static void
fill_host(const struct attribution *a, const struct attribution_row *row, char *cell)
{
	const struct attribution_row *host = counterpart(a, row, SIDE_HOST, row->method);

	if (host && host->distinguishable)
		format_cycles(host->cost.value, cell, DOCUMENT_CELL_BYTES);
	else
		snprintf(cell, DOCUMENT_CELL_BYTES, "n.d.");
}

static void
add_value(const struct attribution *a, struct document *document, const struct attribution_row *row)
{
	struct document_row out = {0};
	int cell = 4;

	snprintf(out.cells[0], sizeof(out.cells[0]), "%s", row->source);
	report_fill_cost(row, out.cells[1]);
	if (row->distinguishable)
		format_share(row->share.value, out.cells[2], sizeof(out.cells[2]));
	report_fill_cost(counterpart(a, row, row->side, METHOD_ALONE), out.cells[3]);
	if (row->side == SIDE_GUEST)
		fill_host(a, row, out.cells[cell++]);
	fidelity_format(row->fidelity, out.cells[cell], sizeof(out.cells[cell]));
	document_row(document, &out);
}

static void
add_interaction(const struct attribution *a, struct document *document,
		const struct attribution_row *row)
{
	struct document_row out = {0};

	snprintf(out.cells[0], sizeof(out.cells[0]), "%s%s%s", row->source, row->with ? " + " : "",
		 row->with ? row->with : "");
	report_fill_cost(row, out.cells[1]);
	if (row->distinguishable)
		format_share(row->share.value, out.cells[2], sizeof(out.cells[2]));
	fill_host(a, row, out.cells[3]);
	document_row(document, &out);
}

/* Can either side tell it from none? */
static bool
is_listed(const struct attribution *a, const struct attribution_row *row)
{
	const struct attribution_row *host = counterpart(a, row, SIDE_HOST, row->method);

	return !row->with || row->distinguishable || (host && host->distinguishable);
}

static void
add_values(const struct attribution *a, struct document *document, const struct run_cell *place,
	   enum side side)
{
	const enum attribution_method methods[] = {METHOD_SHAPLEY, METHOD_ALL};

	for (size_t m = 0; m < COUNT(methods); m++)
		for (size_t i = 0; i < a->n_rows; i++)
			if (a->rows[i].place == place && a->rows[i].side == side &&
			    a->rows[i].method == methods[m])
				add_value(a, document, &a->rows[i]);
}

/* Of a fraction of the sets there is nothing but values. */
static bool
has_interactions(const struct attribution *a, const struct run_cell *place)
{
	for (size_t i = 0; i < a->n_rows; i++)
		if (a->rows[i].place == place && a->rows[i].method == METHOD_TWO_WAY)
			return true;
	return false;
}

static void
add_interactions(const struct attribution *a, struct document *document,
		 const struct run_cell *place)
{
	document_table(document, interaction_columns, COUNT(interaction_columns));
	for (size_t i = 0; i < a->n_rows; i++)
		if (a->rows[i].place == place && a->rows[i].side == SIDE_GUEST &&
		    a->rows[i].method == METHOD_TWO_WAY && is_listed(a, &a->rows[i]))
			add_interaction(a, document, &a->rows[i]);
}

void
report_shapley_place(const struct report *report, struct document *document,
		     const struct run_cell *place)
{
	const struct attribution *a = &report->attribution;

	report_place_heading(document, place);
	document_table(document, value_columns, COUNT(value_columns));
	add_values(a, document, place, SIDE_GUEST);
	if (has_interactions(a, place))
		add_interactions(a, document, place);
	if (!report_has_client(report, place))
		return;
	document_text(document, "The same values of the mean latency that the client sees:");
	document_table(document, client_columns, COUNT(client_columns));
	add_values(a, document, place, SIDE_CLIENT);
}
