/* SPDX-License-Identifier: BSD-3-Clause */
/* A match as tables for people, as JUnit XML for what runs them, and as it was measured. */
#ifndef FOLIO_RUNNER_AB_REPORT_H
#define FOLIO_RUNNER_AB_REPORT_H

#include <stdio.h>

#include "runner/ab/match.h"
#include "runner/report/document.h"

/* The whole report. NULL: no memory. */
struct document *ab_report(const struct ab_match *match, const struct ab_options *options);

/* A test case for each subject; what is inconclusive counts as skipped. Returns 0 or -EIO. */
int ab_write_junit(const struct ab_match *match, FILE *file);

/* what,restart,a_cycles,b_cycles,log_ratio: a row for each subject and restart. Returns 0 or -EIO. */
int ab_write_csv(const struct ab_match *match, FILE *file);

#endif
