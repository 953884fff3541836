/* SPDX-License-Identifier: BSD-3-Clause */
/* The folder that folio trace --output writes: exits.csv, and a figure of it. */
#ifndef FOLIO_RUNNER_TRACE_FOLDER_H
#define FOLIO_RUNNER_TRACE_FOLDER_H

#include "probes/exit_table.h"
#include "runner/results/folder.h"

/* Writes the table, and draws it where Python can. Returns 0 or -errno after log_error(). */
int trace_folder_write(const struct folder *folder, const struct exit_table *table);

#endif
