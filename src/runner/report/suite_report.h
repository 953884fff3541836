/* SPDX-License-Identifier: BSD-3-Clause */
/* The report of a suite: one table of verdicts over all of its runs, and then each run's own. */
#ifndef FOLIO_RUNNER_SUITE_REPORT_H
#define FOLIO_RUNNER_SUITE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "runner/results/folder.h"

/*
 * Makes report.md and report.html anew from the suite's folder at path and those of its runs,
 * whose own reports are there already; what they come to goes to out. The caller sees to it
 * that nobody else writes there. Returns 0; -EBADMSG (damaged), -ENODATA (no run was measured),
 * -ENOPKG (all was made, but the paper's figures cannot be read) or another -errno after
 * log_error().
 */
int suite_report_make(const char *path, FILE *out);

/* Does the folder hold a suite? */
bool suite_report_is(const struct folder *folder);

#endif
