/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A suite: a file that lists configurations to be run one after the other and reported
 * together, with what it sets for all of them:
 *
 *   folio: 1
 *   name: paper-short
 *   runs: [../table1.yaml, f5.yaml]          # beside this file
 *   set: {measure.restarts: 2}               # as --set of each; optional
 */
#ifndef FOLIO_RUNNER_SUITE_H
#define FOLIO_RUNNER_SUITE_H

#include <stdbool.h>

#include "runner/config/assign.h"
#include "runner/config/experiment.h"

#define SUITE_RUNS_MAX 16

struct suite_run {
	char config[512];      /* path of its configuration */
	char name[NAME_BYTES]; /* of its folder within the suite's: the file's, without ".yaml" */
};

struct suite {
	char name[NAME_BYTES];
	struct suite_run runs[SUITE_RUNS_MAX];
	size_t n_runs;
	struct assignments set; /* the file's, and the command line's behind them */
	char *texts;            /* that set borrows from; owned */
};

/* Is the file a suite? No where it cannot be read: whoever opens it as something else says so. */
bool suite_is(const char *path);

/*
 * Reads and checks the file, not those that it lists. set: the command line's, borrowed.
 * Returns 0; -EINVAL or another -errno after log_error(). *suite wants suite_close().
 */
int suite_open(const char *path, const struct assignments *set, struct suite *suite);
void suite_close(struct suite *suite);

/*
 * The suite as a file of its own, which suite_open() reads wherever it lies; *text is the
 * caller's to free. Returns 0 or -ENOMEM.
 */
int suite_write(const struct suite *suite, char **text, size_t *size);

#endif
