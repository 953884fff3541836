/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line of the table comes from a row of expected.csv or of claims.csv; the rest, printing it
 * and naming causes, is the same for both.
 */
#include "runner/report/report_verdicts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/paper/verdict.h"
#include "runner/report/format.h"

/* The verdict first: it is in view on a phone, too. */
static const struct document_column columns[] = {
	{"figure", false},
	{"verdict", false},
	{" here", false},
	{"paper", true},
	{"here, to its proxy", false},
};

struct line {
	char what[PAPER_NAME_BYTES + PAPER_TEXT_BYTES];
	const char *note;
	char paper[80];
	bool is_ratio;
	struct estimate here, proxy;
	enum verdict verdict;
	char lacks[PAPER_NAME_BYTES]; /* a source that would have to be on, or "" */
	const char *missing;          /* why there is no figure of a metric, or NULL */
};

/* Why a metric that can be measured was not. What nobody tried has no verdict, and no row. */
static const char no_run[] = "not tried: no run was held against its table, or none measured what "
			     "it is of";
static const char no_figure[] =
	"the run has no such figure: fewer than ten frames of a restart lay "
	"beyond the quantile, or the search found no bounds";

struct lines {
	struct line *at;
	size_t n;
};

static const struct report *
find_report(const struct report *const *reports, size_t n, const char *table)
{
	for (size_t i = 0; i < n; i++)
		if (reports[i] && !strcmp(reports[i]->run.manifest.paper, table))
			return reports[i];
	return NULL;
}

/* A measured cell that the row speaks of; NULL as expected: any. */
static const struct run_cell *
find_place(const struct report *report, const struct expected *expected)
{
	for (uint32_t i = 0; report && i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell->role == CELL_LISTED && cell->n_series &&
		    (!expected || verdict_is_at(expected, cell)))
			return cell;
	}
	return NULL;
}

/* Why one restart gives no verdict on a ratio that it measured. */
static void
note_one_restart(const struct report *report, const struct run_cell *place, struct line *line)
{
	if (line->is_ratio && line->verdict != VERDICT_NOT_MEASURABLE &&
	    verdict_is_of_one_restart(&report->summary, place))
		line->missing = verdict_one_restart;
}

/* A ratio, or so many bytes: three digits of their unit are all that a table needs. */
static const char *
format_bytes(double bytes, char *buf, size_t size)
{
	if (bytes < 10e3)
		snprintf(buf, size, "%.0f B", bytes);
	else if (bytes < 1024 * 1024)
		snprintf(buf, size, "%.3g KiB", bytes / 1024);
	else
		snprintf(buf, size, "%.3g MiB", bytes / 1024 / 1024);
	return buf;
}

static void
format_expected(const struct expected *expected, char *buf, size_t size)
{
	char value[32];

	if (*expected->relative_to)
		snprintf(value, sizeof(value), "%.5gx", expected->value);
	else
		format_bytes(expected->value, value, sizeof(value));
	snprintf(buf, size, "%s %s", expected_relations[expected->relation], value);
}

static void
fill_expected(const struct report *report, const struct expected *expected, struct line *line)
{
	const struct run_cell *place = find_place(report, expected);

	*line = (struct line){
		.note = expected->note,
		.is_ratio = *expected->relative_to != '\0',
		.here = estimate_none(),
		.proxy = estimate_none(),
	};
	snprintf(line->what, sizeof(line->what), "%s", expected->what);
	format_expected(expected, line->paper, sizeof(line->paper));
	if (place)
		line->here =
			verdict_found(&report->summary, place, expected, expected->relative_to);
	if (place && *expected->proxy)
		line->proxy = verdict_found(&report->summary, place, expected, expected->proxy);
	line->verdict = verdict_of_expected(expected, &line->here);
	if (place && line->is_ratio)
		line->verdict = verdict_on_ratio(line->verdict, &report->summary, place);
	if (*expected->metric && line->verdict == VERDICT_NOT_MEASURABLE)
		line->missing = place ? no_figure : no_run;
	note_one_restart(report, place, line);
}

static void
fill_claim(const struct report *report, const struct claim *claim, struct line *line)
{
	const struct run_cell *place = find_place(report, NULL);
	char needs[PAPER_TEXT_BYTES];
	const char *lacks = place ? verdict_lacks(&report->summary, place, claim, needs) : NULL;

	*line = (struct line){
		.note = claim->cause,
		.is_ratio = true,
		.here = estimate_none(),
		.proxy = estimate_none(),
	};
	snprintf(line->what, sizeof(line->what), "%s %s", claim->table, claim->text);
	snprintf(line->paper, sizeof(line->paper), "%s", claim->paper);
	snprintf(line->lacks, sizeof(line->lacks), "%s", lacks ? lacks : "");
	line->verdict = VERDICT_NOT_MEASURABLE;
	if (place)
		line->verdict =
			verdict_of_claim(&report->summary, place, claim, lacks, &line->here);
	else
		line->missing = no_run;
	note_one_restart(report, place, line);
}

static void
fill_lines(const struct report *const *reports, size_t n, const struct paper *paper,
	   const char *table, struct lines *lines)
{
	for (size_t i = 0; !table && i < paper->n_claims; i++)
		fill_claim(find_report(reports, n, paper->claims[i].table), &paper->claims[i],
			   &lines->at[lines->n++]);
	for (size_t i = 0; i < paper->n_expected; i++) {
		const struct expected *e = &paper->expected[i];

		if (expected_is_judged(e) && (!table || !strcmp(e->table, table)))
			fill_expected(find_report(reports, n, e->table), e, &lines->at[lines->n++]);
	}
}

static void
format_found(const struct line *line, const struct estimate *found, char *cell)
{
	if (!found->n)
		return;
	if (line->is_ratio)
		format_ratio_estimate(found, cell, DOCUMENT_CELL_BYTES);
	else
		format_bytes(found->value, cell, DOCUMENT_CELL_BYTES);
}

static void
add_line(const struct line *line, struct document *document)
{
	struct document_row row = {0};

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", line->what);
	snprintf(row.cells[1], sizeof(row.cells[1]), "%s", verdict_texts[line->verdict]);
	format_found(line, &line->here, row.cells[2]);
	snprintf(row.cells[3], sizeof(row.cells[3]), "%s", line->paper);
	format_found(line, &line->proxy, row.cells[4]);
	document_row(document, &row);
}

/* Rows of one figure share their note, which stands once. */
static void
add_note(const struct lines *lines, size_t which, struct document *document)
{
	const struct line *line = &lines->at[which];

	for (size_t i = 0; i < which; i++)
		if (!strcmp(lines->at[i].note, line->note) && lines->at[i].verdict != VERDICT_HOLDS)
			return;
	if (line->lacks[0])
		document_text(document, "%s. Without %s here. %s", line->what, line->lacks,
			      line->note);
	else
		document_text(document, "%s", line->note);
}

/* All that one reason keeps from being measured, in one paragraph. */
static void
add_missing(const struct lines *lines, const char *why, struct document *document)
{
	char text[4096] = "";
	FILE *file = fmemopen(text, sizeof(text), "w");
	const char *separator = "";

	if (!file)
		return;
	for (size_t i = 0; i < lines->n; i++) {
		if (lines->at[i].missing != why)
			continue;
		fprintf(file, "%s%s", separator, lines->at[i].what);
		separator = "; ";
	}
	fclose(file);
	text[sizeof(text) - 1] = '\0';
	if (*text)
		document_text(document, "%s: %s.", text, why);
}

static void
print_judged(const struct lines *lines, size_t n_judged, struct document *document)
{
	size_t n_verdicts[VERDICT_NOT_MEASURABLE + 1] = {0};

	for (size_t i = 0; i < lines->n; i++)
		n_verdicts[lines->at[i].verdict] += lines->at[i].missing != no_run;
	document_text(
		document,
		"Of %zu rows %zu hold, %zu do not, %zu are not distinguishable and %zu not "
		"measurable here. A row holds where the whole 95%% interval lies within what "
		"the paper found, and does not where none of it does. Each has an interval of "
		"its own: of 20 that are told apart, one may be so by chance.",
		n_judged, n_verdicts[VERDICT_HOLDS], n_verdicts[VERDICT_DOES_NOT_HOLD],
		n_verdicts[VERDICT_NOT_DISTINGUISHABLE], n_verdicts[VERDICT_NOT_MEASURABLE]);
	document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < lines->n; i++)
		if (lines->at[i].missing != no_run)
			add_line(&lines->at[i], document);
	document_text(document, "What may be the cause where one does not show:");
	for (size_t i = 0; i < lines->n; i++)
		if (lines->at[i].verdict != VERDICT_HOLDS && !lines->at[i].missing)
			add_note(lines, i, document);
	add_missing(lines, no_figure, document);
	add_missing(lines, verdict_one_restart, document);
}

static void
print_lines(const struct lines *lines, struct document *document)
{
	size_t n_judged = 0;

	for (size_t i = 0; i < lines->n; i++)
		n_judged += lines->at[i].missing != no_run;
	if (n_judged)
		print_judged(lines, n_judged, document);
	add_missing(lines, no_run, document);
}

void
report_verdicts(const struct report *const *reports, size_t n, const struct paper *paper,
		const char *table, struct document *document)
{
	struct lines lines = {
		.at = calloc(paper->n_expected + paper->n_claims + 1, sizeof(*lines.at))};

	if (!lines.at)
		return;
	fill_lines(reports, n, paper, table, &lines);
	if (lines.n)
		print_lines(&lines, document);
	free(lines.at);
}
