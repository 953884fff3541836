/* SPDX-License-Identifier: BSD-3-Clause */
/* The paper's figures beside the run's, and what becomes of its claims. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fidelity.h"
#include "runner/paper/verdict.h"
#include "runner/report/format.h"
#include "runner/report/place.h"
#include "runner/report/report.h"
#include "runner/report/report_verdicts.h"

static const struct document_column figure_columns[] = {
	{"configuration", false}, {"mean", true},      {"p50", true}, {"p95", true}, {"p99", true},
	{"guest cycles", true},   {"fidelity", false},
};

static const char *const figures_shown[] = {
	METRIC_LATENCY "mean_ns", METRIC_LATENCY "p50_ns",   METRIC_LATENCY "p95_ns",
	METRIC_LATENCY "p99_ns",  "guest_cycles_per_packet",
};

#define N_SHOWN (sizeof(figures_shown) / sizeof(figures_shown[0]))

static const struct document_column claim_columns[] = {
	{"claim", false}, {"paper", true}, {" here", false}, {"verdict", false}};

/* Of CPU time, that others may take before it is worth a word. */
#define BUSY_SHARE 0.1

static bool
is_listed(const struct run_cell *cell)
{
	return cell->role == CELL_LISTED && cell->n_series;
}

static bool
is_first(const struct run *run, const struct run_cell *cell)
{
	for (uint32_t i = 0; i < cell->id; i++)
		if (is_listed(&run->cells[i]) && cell_same_place(&run->cells[i], cell))
			return false;
	return true;
}

static const char *
format_value(const char *metric, double value, char *buf, size_t size)
{
	return strncmp(metric, METRIC_LATENCY, strlen(METRIC_LATENCY)) ?
		       format_cycles(value, buf, size) :
		       format_ns(value, buf, size);
}

static double
value_of(const struct report *report, const struct run_cell *cell, const char *prefix,
	 const char *metric)
{
	const struct summary_row *row;
	char name[96];

	snprintf(name, sizeof(name), "%s%s", prefix, metric);
	row = summary_find(&report->summary, cell, name);
	return row ? row->value.value : NAN;
}

/* Pairs have too few frames for high quantiles: those are of all slices of a restart together. */
static const char *
pooled(const char *metric, char *buf, size_t size)
{
	size_t length = strlen(METRIC_LATENCY);

	if (strncmp(metric, METRIC_LATENCY, length))
		return metric;
	snprintf(buf, size, METRIC_LATENCY_POOLED "%s", metric + length);
	return buf;
}

static double
figure_of(const struct report *report, const struct run_cell *cell, const char *prefix,
	  const char *metric)
{
	double value = value_of(report, cell, prefix, metric);
	char name[80];

	return isnan(value) ? value_of(report, cell, prefix, pooled(metric, name, sizeof(name))) :
			      value;
}

static double
ratio_of(const struct report *report, const struct run_cell *cell, const char *metric)
{
	const struct summary_row *row = summary_find(&report->summary, cell, metric);

	return row && row->ratio.n ? row->ratio.value :
				     figure_of(report, cell, "", metric) /
					     figure_of(report, cell, "reference_", metric);
}

static const char *
format_times(double ratio, char *buf, size_t size)
{
	char text[32];

	snprintf(buf, size, isnan(ratio) ? "%s" : "%sx", format_ratio(ratio, text, sizeof(text)));
	return buf;
}

/* " (1.20x)", or nothing where the paper has no figure that compares. */
static const char *
format_expected(const struct expected *expected, const char *relative_to, char *buf, size_t size)
{
	char value[64];

	buf[0] = '\0';
	if (!expected || strcmp(expected->relative_to, relative_to))
		return buf;
	if (*relative_to)
		snprintf(value, sizeof(value), "%.5gx", expected->value);
	else
		format_value(expected->metric, expected->value, value, sizeof(value));
	snprintf(buf, size, " (%s%s%s)",
		 expected->relation == EXPECTED_IS ? "" : expected_relations[expected->relation],
		 expected->relation == EXPECTED_IS ? "" : " ", value);
	return buf;
}

/* "1.17x (1.20x)": here, and the paper's; of the reference in the metric's own unit. */
static void
fill_figure(const struct report *report, const struct paper *paper, const struct run_cell *cell,
	    bool is_reference, const char *metric, char *text)
{
	const char *name = is_reference ? cell->reference : cell->configuration;
	const struct expected *expected =
		verdict_find(paper, report->run.manifest.paper, cell, name, metric);
	char here[64], theirs[80];

	if (is_reference)
		format_value(metric, figure_of(report, cell, "reference_", metric), here,
			     sizeof(here));
	else
		format_times(ratio_of(report, cell, metric), here, sizeof(here));
	snprintf(text, DOCUMENT_CELL_BYTES, "%s%s", here,
		 format_expected(expected, is_reference ? "" : cell->reference, theirs,
				 sizeof(theirs)));
}

static void
add_figures(const struct report *report, const struct paper *paper, struct document *document,
	    const struct run_cell *cell, bool is_reference)
{
	struct document_row row = {0};

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s",
		 is_reference ? cell->reference : cell->configuration);
	for (size_t i = 0; i < N_SHOWN; i++)
		fill_figure(report, paper, cell, is_reference, figures_shown[i], row.cells[1 + i]);
	fidelity_format(is_reference ? cell->reference_fidelity : cell->fidelity,
			row.cells[1 + N_SHOWN], sizeof(row.cells[0]));
	document_row(document, &row);
}

static const char *
describe_cause(const struct claim *claim, const char *lacks, char *buf, size_t size)
{
	if (lacks)
		snprintf(buf, size, "%s. %s and %s are without %s here. %s", claim->text,
			 claim->left, claim->right, lacks, claim->cause);
	else
		snprintf(buf, size, "%s. %s", claim->text, claim->cause);
	return buf;
}

static void
add_claim(const struct report *report, struct document *document, const struct run_cell *place,
	  const struct claim *claim)
{
	char needs[PAPER_TEXT_BYTES];
	const char *lacks = verdict_lacks(&report->summary, place, claim, needs);
	struct document_row row = {0};
	struct estimate ratio;
	enum verdict verdict = verdict_of_claim(&report->summary, place, claim, lacks, &ratio);

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", claim->text);
	snprintf(row.cells[1], sizeof(row.cells[1]), "%s", claim->paper);
	if (ratio.n)
		format_ratio_estimate(&ratio, row.cells[2], sizeof(row.cells[2]));
	snprintf(row.cells[3], sizeof(row.cells[3]), "%s", verdict_texts[verdict]);
	document_row(document, &row);
}

/* Likely causes, of all but those that hold. */
static void
add_cause(const struct report *report, struct document *document, const struct run_cell *place,
	  const struct claim *claim)
{
	char needs[PAPER_TEXT_BYTES], text[3 * PAPER_TEXT_BYTES];
	const char *lacks = verdict_lacks(&report->summary, place, claim, needs);
	struct estimate ratio;

	if (verdict_of_claim(&report->summary, place, claim, lacks, &ratio) != VERDICT_HOLDS)
		document_text(document, "%s", describe_cause(claim, lacks, text, sizeof(text)));
}

static void
each_claim(const struct report *report, const struct paper *paper, struct document *document,
	   const struct run_cell *place,
	   void (*add)(const struct report *report, struct document *document,
		       const struct run_cell *place, const struct claim *claim))
{
	for (size_t i = 0; i < paper->n_claims; i++)
		if (!strcmp(paper->claims[i].table, report->run.manifest.paper))
			add(report, document, place, &paper->claims[i]);
}

/* A process that polls loses its core then; one that sleeps gets it when it wakes. */
static void
add_busy(const struct manifest *manifest, struct document *document)
{
	if (manifest->others_share > BUSY_SHARE)
		document_text(document,
			      "Other programs took %.0f%% of this machine's CPU time meanwhile: "
			      "latencies are theirs too, the more so where a guest polls. Run it "
			      "again on an idle machine before you rely on a verdict.",
			      100 * manifest->others_share);
}

static bool
has_claims(const struct paper *paper, const char *table)
{
	for (size_t i = 0; i < paper->n_claims; i++)
		if (!strcmp(paper->claims[i].table, table))
			return true;
	return false;
}

static void
add_place(const struct report *report, const struct paper *paper, struct document *document,
	  const struct run_cell *first)
{
	report_place_heading(document, first);
	document_table(document, figure_columns,
		       sizeof(figure_columns) / sizeof(figure_columns[0]));
	add_figures(report, paper, document, first, true);
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (is_listed(cell) && cell_same_place(cell, first))
			add_figures(report, paper, document, cell, false);
	}
	document_text(document, "The paper's claims, in its order, one mean latency over another:");
	document_table(document, claim_columns, sizeof(claim_columns) / sizeof(claim_columns[0]));
	each_claim(report, paper, document, first, add_claim);
	if (verdict_is_of_one_restart(&report->summary, first))
		document_text(document, "No verdict but where nothing was measured: %s.",
			      verdict_one_restart);
	document_text(document, "What may be the cause where one does not show:");
	each_claim(report, paper, document, first, add_cause);
}

/* A table of the paper's has its figures beside the run's, place by place. */
static void
add_table(const struct report *report, const struct paper *paper, struct document *document)
{
	const struct run *run = &report->run;

	document_text(document,
		      "Here, and in brackets the paper's: latencies and guest cycles per packet "
		      "as ratios to %s, and that in its own units; p99 of all slices of a "
		      "restart together. A claim holds where the whole 95%% interval lies within "
		      "what it says, and does not where none of it does.",
		      run->manifest.reference);
	for (uint32_t i = 0; i < run->n_cells; i++)
		if (is_listed(&run->cells[i]) && is_first(run, &run->cells[i]))
			add_place(report, paper, document, &run->cells[i]);
}

void
report_paper(const struct report *report, struct document *document)
{
	const struct manifest *manifest = &report->run.manifest;

	if (!*manifest->paper)
		return;
	document_heading(document, 2, "Beside the paper: %s", manifest->paper);
	if (report->paper_error) {
		document_text(document, PAPER_UNREAD);
		return;
	}
	add_busy(manifest, document);
	if (has_claims(&report->paper, manifest->paper))
		add_table(report, &report->paper, document);
	report_verdicts(&report, 1, &report->paper, manifest->paper, document);
}
