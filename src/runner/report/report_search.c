/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of searches for throughput. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/format.h"
#include "runner/report/place.h"
#include "runner/report/report.h"

static const struct document_column columns[] = {
	{"configuration", false},  {"throughput", true}, {"bounds", true},
	{"  to reference", false}, {"trials", true},     {"failed", true},
	{"bounded by", false},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const struct {
	const char *name, *title;
} goals[] = {{"ndr", "no loss"}, {"pdr", "some loss"}};

#define N_GOALS (sizeof(goals) / sizeof(goals[0]))

/* One side of a cell, and one goal of its search. */
struct searched {
	const struct report *report;
	const struct run_cell *cell;
	const char *prefix; /* "" for the configuration, "reference_" for its reference */
	const char *goal;
};

/* The row of throughput_<goal><ending>. */
static const struct summary_row *
find(const struct searched *s, const char *ending)
{
	char name[80];

	snprintf(name, sizeof(name), "%s" METRIC_THROUGHPUT "%s%s", s->prefix, s->goal, ending);
	return summary_find(&s->report->summary, s->cell, name);
}

static double
value_of(const struct searched *s, const char *ending)
{
	const struct summary_row *row = find(s, ending);

	return row ? row->value.value : NAN;
}

/* What most of the loss at the upper bound was. */
static const char *
bounded_by(const struct searched *s)
{
	double host = value_of(s, "_lost_host_late"), room = value_of(s, "_lost_no_room");
	double guest = value_of(s, "_lost_in_guest");

	if (isnan(value_of(s, "_upper_pps")))
		return "nothing";
	if (value_of(s, "_host_away") >= 0.5)
		return "host away";
	if (host >= room && host >= guest)
		return "host late";
	return room >= guest ? "ring full" : "guest";
}

/* "10.8..10.9 kpps", or with either unit where they differ. */
static void
format_bounds(const struct searched *s, char *buf, size_t size)
{
	char low[32], high[32], *unit;

	format_pps(value_of(s, "_pps"), low, sizeof(low));
	format_pps(value_of(s, "_upper_pps"), high, sizeof(high));
	unit = strchr(low, ' ');
	if (unit && strchr(high, ' ') && !strcmp(unit, strchr(high, ' ')))
		*unit = '\0';
	snprintf(buf, size, "%s..%s", low, high);
}

static void
add_goal(const struct searched *s, struct document *document, const char *name, const char *title)
{
	const struct searched all = {s->report, s->cell, s->prefix, ""};
	const struct summary_row *rate = find(s, "_conditional_pps");
	struct document_row row = {0};

	if (!find(s, "_inconsistent"))
		return;
	snprintf(row.cells[0], sizeof(row.cells[0]), "%s, %s", name, title);
	format_pps(value_of(s, "_conditional_pps"), row.cells[1], sizeof(row.cells[1]));
	format_bounds(s, row.cells[2], sizeof(row.cells[2]));
	if (*s->prefix)
		snprintf(row.cells[3], sizeof(row.cells[3]), "reference");
	else if (rate)
		format_ratio_estimate(&rate->ratio, row.cells[3], sizeof(row.cells[3]));
	snprintf(row.cells[4], sizeof(row.cells[4]), "%.0f", value_of(&all, "trials"));
	snprintf(row.cells[5], sizeof(row.cells[5]), "%.0f", value_of(s, "_inconsistent"));
	snprintf(row.cells[6], sizeof(row.cells[6]), "%s", bounded_by(s));
	document_row(document, &row);
}

static void
add_goals(const struct report *report, struct document *document, const struct run_cell *cell,
	  const char *name, const char *prefix)
{
	for (size_t i = 0; i < N_GOALS; i++) {
		const struct searched s = {report, cell, prefix, goals[i].name};

		add_goal(&s, document, name, goals[i].title);
	}
}

static bool
is_searched(const struct report *report, const struct run_cell *cell)
{
	return cell->role == CELL_LISTED &&
	       summary_find(&report->summary, cell, METRIC_SEARCH_TRIALS) != NULL;
}

static bool
is_first(const struct report *report, const struct run_cell *cell)
{
	for (uint32_t i = 0; i < cell->id; i++)
		if (cell_same_place(&report->run.cells[i], cell) &&
		    is_searched(report, &report->run.cells[i]))
			return false;
	return true;
}

static void
add_place(const struct report *report, struct document *document, const struct run_cell *first)
{
	report_place_heading(document, first);
	document_table(document, columns, N_COLUMNS);
	add_goals(report, document, first, first->reference, "reference_");
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell_same_place(cell, first) && is_searched(report, cell))
			add_goals(report, document, cell, cell->configuration, "");
	}
}

/* Did a search run out of time? */
static bool
any_incomplete(const struct report *report)
{
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct summary_row *row = summary_find(
			&report->summary, &report->run.cells[i], METRIC_SEARCH_COMPLETE);

		if (row && row->value.value < 1)
			return true;
	}
	return false;
}

static const char meaning[] =
	"Searched as in RFC 9971 (MLRsearch). bounds: the rate at which the loss is within the "
	"goal "
	"(none, or search.pdr of config.yaml) for as much of the trials' time as search.exceed "
	"leaves, and a rate at which it is not; n/a: there was none. throughput: what comes back "
	"at "
	"the lower one (conditional throughput). trials: of the search for both. failed: trials at "
	"a rate below one that passed in another trial; on a quiet machine there are few. bounded "
	"by, what lost most at the upper bound: host away: the host's core was taken away for "
	"longer "
	"than the rings last; host late: it could not send in time; ring full: the device had no "
	"room, since the guest is too slow or its core was taken away; guest: it took frames and "
	"gave none back. Where many failed, what takes the cores away bounds the rates, the one "
	"without loss first, and they say little of the datapath.";

void
report_search(const struct report *report, struct document *document)
{
	bool any = false;

	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (!is_searched(report, cell) || !is_first(report, cell))
			continue;
		if (!any)
			document_heading(document, 2, "Throughput without loss, and with some");
		any = true;
		add_place(report, document, cell);
	}
	if (any)
		document_text(document, "%s", meaning);
	if (any_incomplete(report))
		document_text(document, "A search ran out of its time (search.budget): what it has "
					"not decided is n/a.");
}
