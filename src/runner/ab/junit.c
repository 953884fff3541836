/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "runner/ab/report.h"
#include "runner/report/xml_text.h"

static void
put_outcome(FILE *file, const struct ab_judgement *judgement)
{
	const char *element = judgement->verdict == AB_REGRESSED ? "failure" : "skipped";

	fprintf(file, "><%s message=\"%s: %+.2f%%", element, ab_verdict_name(judgement->verdict),
		100 * judgement->change);
	if (isfinite(judgement->low) && isfinite(judgement->high))
		fprintf(file, " (%+.2f%% to %+.2f%%)", 100 * judgement->low, 100 * judgement->high);
	fputs("\"/></testcase>\n", file);
}

static void
put_case(FILE *file, const struct ab_finding *subject)
{
	enum ab_verdict verdict = subject->judgement.verdict;

	fputs("    <testcase classname=\"folio ab\" name=\"", file);
	xml_put_text(file, subject->name);
	putc('"', file);
	if (verdict == AB_REGRESSED || verdict == AB_INCONCLUSIVE)
		put_outcome(file, &subject->judgement);
	else
		fputs("/>\n", file);
}

static uint32_t
count(const struct ab_match *match, enum ab_verdict verdict)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < match->n_subjects; i++)
		n += match->subjects[i].judgement.verdict == verdict;
	return n;
}

int
ab_write_junit(const struct ab_match *match, FILE *file)
{
	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"  <testsuite name=\"folio ab\" tests=\"%u\" failures=\"%u\" skipped=\"%u\" "
		"time=\"%.1f\">\n",
		match->n_subjects, count(match, AB_REGRESSED), count(match, AB_INCONCLUSIVE),
		match->seconds);
	for (uint32_t i = 0; i < match->n_subjects; i++)
		put_case(file, &match->subjects[i]);
	fputs("  </testsuite>\n</testsuites>\n", file);
	return ferror(file) ? -EIO : 0;
}
