/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of verdicts: what the paper found, what runs found, and whether it holds. */
#ifndef FOLIO_RUNNER_REPORT_VERDICTS_H
#define FOLIO_RUNNER_REPORT_VERDICTS_H

#include <stddef.h>

#include "runner/paper/paper.h"
#include "runner/report/report.h"

/* What stands in their place where the paper's data cannot be read. */
#define PAPER_UNREAD "The paper's figures could not be read: what was measured stands beside none."

/*
 * Adds a row for each figure of the paper's that is judged, of that table; of all tables,
 * and its claims too, where table is NULL. Each is looked for in the run that is held
 * against its table; what no run measured has no row, and is named below. Below stands too
 * what may be the cause of all that does not hold.
 */
void report_verdicts(const struct report *const *reports, size_t n, const struct paper *paper,
		     const char *table, struct document *document);

#endif
