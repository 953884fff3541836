/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of plan.csv and trials.csv, one at a time: callbacks of csv_read(); arg is a struct run. */
#ifndef FOLIO_RUNNER_RUN_LINES_H
#define FOLIO_RUNNER_RUN_LINES_H

#include "runner/results/csv_file.h"

/* Adds a cell. Returns 0, -ENOMEM, or -EBADMSG after log_error() named the line. */
int run_plan_line(const struct csv_line *line, void *arg);

/* Adds a value to its cell's series. Returns 0, -ENOMEM, or -EBADMSG after log_error(). */
int run_trial_line(const struct csv_line *line, void *arg);

#endif
