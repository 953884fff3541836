/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "runner/compare/compare_report.h"
#include "runner/report/xml_text.h"

static void
put_outcome(FILE *file, const struct judgement *j)
{
	const char *element = j->verdict == VERDICT_REGRESSED ? "failure" : "skipped";

	fprintf(file, "><%s message=\"%s: %.6g to %.6g", element, verdict_name(j->verdict), j->base,
		j->new);
	if (isfinite(j->change.value))
		fprintf(file, ", %+.2f%%", 100 * j->change.value);
	if (isfinite(j->change.ci_low) && !j->single)
		fprintf(file, " (%+.2f%% to %+.2f%%)", 100 * j->change.ci_low,
			100 * j->change.ci_high);
	fputs("\"/></testcase>\n", file);
}

static void
put_case(FILE *file, const struct compared_figure *f, const struct judgement *j)
{
	fputs("    <testcase classname=\"", file);
	xml_put_text(file, f->cell->workload);
	putc('.', file);
	xml_put_text(file, f->cell->frame_size);
	fputs("\" name=\"", file);
	xml_put_text(file, f->cell->configuration);
	if (f->cell->variant[0]) {
		fputs(", ", file);
		xml_put_text(file, f->cell->variant);
	}
	putc(' ', file);
	xml_put_text(file, f->series->metric);
	putc('"', file);
	if (j->verdict == VERDICT_REGRESSED || j->verdict == VERDICT_INCONCLUSIVE)
		put_outcome(file, j);
	else
		fputs("/>\n", file);
}

/* What is missing of BASE passes no test. */
static void
put_missing(FILE *file, const struct comparison *c)
{
	if (c->only_in_base || c->lost_figures)
		fprintf(file,
			"    <testcase classname=\"folio\" name=\"complete\"><skipped "
			"message=\"NEW lacks %u cells and %u figures of BASE\"/></testcase>\n",
			c->only_in_base, c->lost_figures);
}

int
compare_write_junit(const struct comparison *c, FILE *file)
{
	size_t missing = c->only_in_base || c->lost_figures;

	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"  <testsuite name=\"folio compare\" tests=\"%zu\" failures=\"%zu\" "
		"skipped=\"%zu\">\n",
		c->n + missing, comparison_count(c, VERDICT_REGRESSED),
		comparison_count(c, VERDICT_INCONCLUSIVE) + missing);
	for (size_t i = 0; i < c->n; i++)
		put_case(file, &c->figures[i], &c->judgements[i]);
	put_missing(file, c);
	fputs("  </testsuite>\n</testsuites>\n", file);
	return ferror(file) ? -EIO : 0;
}
