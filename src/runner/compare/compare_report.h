/* SPDX-License-Identifier: BSD-3-Clause */
/* What a comparison says: a document for the terminal and for pull requests, and JUnit's XML. */
#ifndef FOLIO_RUNNER_COMPARE_REPORT_H
#define FOLIO_RUNNER_COMPARE_REPORT_H

#include <stdio.h>

#include "runner/compare/comparison.h"
#include "runner/report/document.h"

/* Fills in the document. */
void compare_report(const struct comparison *comparison, const struct sensitivity *sensitivity,
		    struct document *document);

/*
 * Writes a test case per figure: a failure for regressed, skipped for
 * inconclusive (JUnit's XML as CI systems read it). Returns 0 or -EIO.
 */
int compare_write_junit(const struct comparison *comparison, FILE *file);

#endif
