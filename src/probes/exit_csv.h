/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table of exits as comma-separated values: reason, origin, count, and min, p50, p99, max in
 * ns. What was never timed has a count, and nothing in the other columns.
 */
#ifndef FOLIO_PROBES_EXIT_CSV_H
#define FOLIO_PROBES_EXIT_CSV_H

#include <stdio.h>

#include "probes/exit_table.h"

#define EXIT_CSV_COLUMNS "reason,origin,count,ns_min,ns_p50,ns_p99,ns_max"

/* Writes one row for each reason, without a heading, each behind prefix ("3," say, or ""). */
void exit_csv_write(const struct exit_table *table, const char *prefix, FILE *file);

#endif
