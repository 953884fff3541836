/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>

#include "runner/ab/report.h"

/* RFC 4180: a quote within is doubled. */
static void
put_name(FILE *file, const char *name)
{
	putc('"', file);
	for (; *name; name++) {
		if (*name == '"')
			putc('"', file);
		putc(*name, file);
	}
	putc('"', file);
}

int
ab_write_csv(const struct ab_match *match, FILE *file)
{
	fputs("what,restart,a_cycles,b_cycles,log_ratio\r\n", file);
	for (uint32_t i = 0; i < match->n_subjects; i++) {
		const struct ab_finding *subject = &match->subjects[i];

		for (uint32_t k = 0; k < subject->n; k++) {
			put_name(file, subject->name);
			fprintf(file, ",%u,%.17g,%.17g,%.17g\r\n", k, subject->cycles[0][k],
				subject->cycles[1][k], subject->log_ratios[k]);
		}
	}
	return ferror(file) ? -EIO : 0;
}
