/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * runs.csv of a suite's folder: what became of each of its runs, which lie in folders of their
 * names beside it.
 */
#ifndef FOLIO_RUNNER_SUITE_FILE_H
#define FOLIO_RUNNER_SUITE_FILE_H

#include <stddef.h>

#include "runner/config/suite.h"
#include "runner/results/folder.h"

#define SUITE_FILE "runs.csv"
#define SUITE_REASON_BYTES 400

struct suite_entry {
	char name[NAME_BYTES];
	char status[NAME_BYTES];         /* "done", "failed", "stopped" or "not begun" */
	char reason[SUITE_REASON_BYTES]; /* of what failed */
};

struct suite_entries {
	struct suite_entry at[SUITE_RUNS_MAX];
	size_t n;
};

/*
 * Is the run's place within the suite's folder free, or a folder? Anything else, such as a
 * symbolic link, would have the run written where nobody asked for it. Returns 0, -ENOTDIR or
 * another -errno after log_error().
 */
int suite_run_check(const struct folder *folder, const char *name);

/*
 * Each returns 0, -EBADMSG (damaged) or another -errno after log_error(). Of what is read,
 * suite_run_check() holds.
 */
int suite_file_write(const struct folder *folder, const struct suite_entries *entries);
int suite_file_read(const struct folder *folder, struct suite_entries *entries);

#endif
