/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/compare/compare_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/report.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct document_column columns[] = {
	{"cell", false},  {"figure", false},       {"base", true}, {"new", true},
	{"change", true}, {"95% interval", false}, {"p", true},    {"verdict", false},
};

static void
format_figure(double value, char *buf, size_t size)
{
	snprintf(buf, size, "%.5g", value);
}

static void
format_change(const struct judgement *j, struct document_row *row)
{
	if (isinf(j->change.value))
		snprintf(row->cells[4], sizeof(row->cells[4]), "from none");
	else
		snprintf(row->cells[4], sizeof(row->cells[4]), "%+.2f%%", 100 * j->change.value);
	if (j->exact)
		snprintf(row->cells[5], sizeof(row->cells[5]), "exact");
	else if (j->single)
		snprintf(row->cells[5], sizeof(row->cells[5]), "one restart");
	else
		snprintf(row->cells[5], sizeof(row->cells[5]), "%+.2f..%+.2f%%",
			 100 * j->change.ci_low, 100 * j->change.ci_high);
}

/* The smaller of both sides' p, as corrected. */
static void
format_p(const struct judgement *j, char *buf, size_t size)
{
	double p = fmin(j->p_above, j->p_below);

	if (!judge_is_test(j))
		snprintf(buf, size, "-");
	else if (p < 0.0001)
		snprintf(buf, size, "<0.0001");
	else
		snprintf(buf, size, "%.4f", p);
}

static void
add_figure(const struct comparison *c, struct document *document, size_t i)
{
	const struct compared_figure *f = &c->figures[i];
	const struct judgement *j = &c->judgements[i];
	struct document_row row = {0};
	char traffic[DOCUMENT_CELL_BYTES];

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s, %.80s%s%s", f->cell->configuration,
		 report_traffic_name(f->cell, traffic, sizeof(traffic)),
		 f->cell->variant[0] ? ", " : "", f->cell->variant);
	snprintf(row.cells[1], sizeof(row.cells[1]), "%s", f->series->metric);
	format_figure(j->base, row.cells[2], sizeof(row.cells[2]));
	format_figure(j->new, row.cells[3], sizeof(row.cells[3]));
	format_change(j, &row);
	format_p(j, row.cells[6], sizeof(row.cells[6]));
	snprintf(row.cells[7], sizeof(row.cells[7]), "%s", verdict_name(j->verdict));
	document_row(document, &row);
}

/* Counters that stayed as they were are many, and say nothing. */
static bool
is_listed(const struct comparison *c, size_t i, enum verdict verdict)
{
	return c->judgements[i].verdict == verdict &&
	       (verdict != VERDICT_UNCHANGED || c->figures[i].judged != JUDGED_COUNTERS);
}

static void
add_figures(const struct comparison *c, struct document *document)
{
	static const enum verdict gravest_first[] = {VERDICT_REGRESSED, VERDICT_INCONCLUSIVE,
						     VERDICT_IMPROVED, VERDICT_UNCHANGED};

	document_heading(document, 2, "Figures");
	document_table(document, columns, COUNT(columns));
	for (size_t v = 0; v < COUNT(gravest_first); v++)
		for (size_t i = 0; i < c->n; i++)
			if (is_listed(c, i, gravest_first[v]))
				add_figure(c, document, i);
}

static void
add_verdict(const struct comparison *c, struct document *document)
{
	static const char *const in_all[] = {
		[VERDICT_UNCHANGED] = "UNCHANGED",
		[VERDICT_IMPROVED] = "IMPROVED",
		[VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
		[VERDICT_REGRESSED] = "REGRESSED",
	};

	document_heading(document, 1, "folio compare: %s", in_all[c->verdict]);
	document_text(document,
		      "Of %zu figures %zu regressed, %zu improved, %zu are unchanged and %zu "
		      "inconclusive.",
		      c->n, comparison_count(c, VERDICT_REGRESSED),
		      comparison_count(c, VERDICT_IMPROVED), comparison_count(c, VERDICT_UNCHANGED),
		      comparison_count(c, VERDICT_INCONCLUSIVE));
	if (c->only_in_base || c->lost_figures)
		document_text(
			document,
			"Not compared, and so inconclusive: %u cells of BASE that NEW did not "
			"measure, and %u figures that it lacks.",
			c->only_in_base, c->lost_figures);
	if (c->only_in_new)
		document_text(document, "%u cells of NEW have no counterpart in BASE.",
			      c->only_in_new);
}

static void
add_run(const char *name, const struct compared_run *r, struct document *document)
{
	const struct manifest *m = &r->run.manifest;

	document_text(document, "%s: %s, %s, commit %s, %s, %u restarts (%s).", name, r->path,
		      m->started, m->git_commit, m->machine.cpu_model, m->measure.restarts,
		      m->status);
}

static const char *
format_detectable(const struct sensitivity *s, char *buf, size_t size)
{
	if (isinf(s->detectable))
		snprintf(buf, size, "only where it more than doubles: run more restarts");
	else
		snprintf(buf, size, "from %.2g%% on", 100 * s->detectable);
	return buf;
}

static void
add_sensitivity(const struct comparison *c, const struct sensitivity *s, struct document *document)
{
	const struct thresholds *t = c->thresholds;
	char detectable[64];

	if (s->n_controls == 0) {
		document_text(document, "No A/A control has two restarts in both runs: what this "
					"machine can tell apart is not known.");
		return;
	}
	document_text(
		document,
		"A/A controls: %zu of %zu would have raised an alarm; their restarts scatter "
		"by %.2f%%. With that a comparison like this raises a false alarm in about %.2g%% "
		"of cases (%.2g%% allowed), and finds a change of the guest's ratio in 9 of "
		"10 cases %s (%.2g%% is tolerated).",
		s->n_alarms, s->n_controls, 100 * s->spread, 100 * s->false_alarms,
		100 * t->false_alarms, format_detectable(s, detectable, sizeof(detectable)),
		100 * t->tolerance[JUDGED_GUEST_RATIO]);
}

static bool
any_permutation(const struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->judgements[i].by_permutation)
			return true;
	return false;
}

static void
add_method(const struct comparison *c, struct document *document)
{
	document_text(
		document,
		"A figure's units are the medians of its restarts; base and new are the means "
		"that each run's report has. regressed, improved: "
		"beyond its tolerance by %s test, p corrected after Holm for all figures; "
		"unchanged: within it at %.2g%%; inconclusive: more restarts would tell. "
		"exact: no restart differs from another, and no change is tolerated of counters. "
		"Raw cycles %s.",
		any_permutation(c) ? "Welch's t and a permutation" : "Welch's t",
		100 * c->thresholds->unchanged_error,
		c->same_machine ? "may be compared: both runs are of one kind of machine" :
				  "are not compared: the machines differ");
	document_text(document,
		      "Restarts do not show what lasted as long as a run, such as other load on "
		      "the machine: on a shared one, confirm an alarm with runs in turns.");
}

void
compare_report(const struct comparison *comparison, const struct sensitivity *sensitivity,
	       struct document *document)
{
	add_verdict(comparison, document);
	add_run("BASE", comparison->base, document);
	add_run("NEW", comparison->new, document);
	add_figures(comparison, document);
	document_heading(document, 2, "What the verdicts rest on");
	add_sensitivity(comparison, sensitivity, document);
	add_method(comparison, document);
}
