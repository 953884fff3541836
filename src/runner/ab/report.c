/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

#define CELL(row, i, ...) snprintf((row).cells[i], sizeof((row).cells[i]), __VA_ARGS__)

static void
add_build(struct document *document, char name, const struct ab_build *build)
{
	char set[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < build->n_set && used < sizeof(set); i++)
		used += (size_t)snprintf(set + used, sizeof(set) - used, " --set %s=%s",
					 build->set[i].key, build->set[i].value);
	if (build->n_binaries > 1)
		document_text(document, "%c  %s and %u other layouts%s", name, build->binaries[0],
			      build->n_binaries - 1, set);
	else
		document_text(document, "%c  %s%s", name, build->binaries[0], set);
}

static double
median_cycles(const struct ab_finding *subject, int side)
{
	double values[AB_RESTARTS_MAX];

	memcpy(values, subject->cycles[side], subject->n * sizeof(values[0]));
	return ab_median(values, subject->n);
}

static void
add_row(struct document *document, const struct ab_finding *subject)
{
	const struct ab_judgement *judgement = &subject->judgement;
	struct document_row row;

	CELL(row, 0, "%s", subject->name);
	for (int side = 0; side < 2; side++)
		CELL(row, 1 + side, "%.1f", median_cycles(subject, side));
	CELL(row, 3, "%+.2f%%", 100 * judgement->change);
	if (isfinite(judgement->low) && isfinite(judgement->high))
		CELL(row, 4, "%+.2f%% .. %+.2f%%", 100 * judgement->low, 100 * judgement->high);
	else
		CELL(row, 4, "too few");
	CELL(row, 5, "%u", subject->n);
	CELL(row, 6, "%s", ab_verdict_name(judgement->verdict));
	document_row(document, &row);
}

static void
add_notes(struct document *document, const struct ab_match *match, const struct ab_options *options)
{
	char tolerance[32];

	document_text(document, "%s", "");
	document_text(
		document,
		"%u restarts of both in %.0f s; tolerance %s. Guest cycles per packet in "
		"lock-step, medians over restarts; b / a - 1 by Hodges and Lehmann, with an "
		"interval that allows for %u comparisons and for looking repeatedly: the chance "
		"of a false alarm is at most %.0f%% in all.",
		match->restarts, match->seconds,
		quantity_format(DIMENSION_SHARE, options->tolerance, tolerance, sizeof(tolerance)),
		match->n_subjects, 100 * AB_ALPHA);
	document_text(document,
		      "Meanwhile other processes took %.0f%% of CPU time, and %.1f%% was stolen.",
		      100 * match->others_share, 100 * match->steal_share);
	if (ab_match_verdict(match) == AB_REGRESSED)
		document_text(document, "It ends with the first regression: what is still "
					"inconclusive then was given no more time.");
	document_text(document, "Verdict: %s.", ab_verdict_name(ab_match_verdict(match)));
}

struct document *
ab_report(const struct ab_match *match, const struct ab_options *options)
{
	static const struct document_column columns[] = {
		{"what", false},     {"a", true},        {"b", true},        {"b / a - 1", true},
		{"interval", false}, {"restarts", true}, {"verdict", false},
	};
	struct document *document = document_new();

	if (!document)
		return NULL;
	document_heading(document, 1, "folio ab: build B against build A");
	add_build(document, 'A', &options->builds[0]);
	add_build(document, 'B', &options->builds[1]);
	document_text(document, "%s", "");
	document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
	for (uint32_t i = 0; i < match->n_subjects; i++)
		add_row(document, &match->subjects[i]);
	add_notes(document, match, options);
	return document;
}
