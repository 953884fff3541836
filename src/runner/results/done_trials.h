/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which trials a trials.csv holds whole: what an interrupted run need not measure
 * again. A trial is the rows between the last one of the trial before it and its own
 * METRIC_DURATION row. What stands behind the last whole trial is what a kill left.
 */
#ifndef FOLIO_RUNNER_DONE_TRIALS_H
#define FOLIO_RUNNER_DONE_TRIALS_H

#include <stddef.h>
#include <stdint.h>

#include "runner/config/experiment.h"

struct done_trial {
	uint32_t cell, restart;
	double guest_ratio; /* median over its pairs; NAN where it has none */
	uint64_t duration_ns;
};

struct done_trials {
	struct done_trial *at; /* in the file's order */
	size_t n, room;
	uint64_t whole_bytes; /* of the file, up to the end of the last whole trial */
};

/*
 * Reads the file at path, which a run of that experiment wrote. Returns 0, -EBADMSG
 * (damaged before its end, or a trial twice) or another -errno, after log_error() named
 * file and line. *out wants done_trials_close() in each case.
 */
int done_trials_read(const char *path, const struct experiment *experiment,
		     struct done_trials *out);
void done_trials_close(struct done_trials *done);

/* Leaves out the trials of restarts before that one. */
void done_trials_keep_from(struct done_trials *done, uint32_t first_restart);

/* The restart behind the last one that has a trial. */
uint32_t done_trials_end(const struct done_trials *done);

#endif
