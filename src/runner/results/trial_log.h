/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trials.csv and exits.csv of a run's folder while trials are appended. A trial's exits go
 * before the trial itself, whose rows, written at once and synced, make it whole: a kill in
 * between leaves exits of a trial that is measured again, and of two rows for one exit the
 * later one counts.
 */
#ifndef FOLIO_RUNNER_TRIAL_LOG_H
#define FOLIO_RUNNER_TRIAL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/config/experiment.h"
#include "runner/measure/trial.h"
#include "runner/results/folder.h"

struct trial_log {
	const struct experiment *experiment;
	const struct folder *folder;
	int trials_fd;      /* or -1: not open yet */
	int exits_fd;       /* or -1: no trial had exits yet */
	off_t trials_bytes; /* whole trials only */
	uint64_t n_trials;  /* appended since it was opened */
};

/* Nothing is open yet. experiment and folder must outlive it. */
void trial_log_init(struct trial_log *log, const struct experiment *experiment,
		    const struct folder *folder);

/* Opens trials.csv, which must be there, at its end. Returns 0 or -errno after log_error(). */
int trial_log_open(struct trial_log *log);

/* Has it been opened? */
bool trial_log_is_open(const struct trial_log *log);

/*
 * Cuts off what a kill left of the trial under way: all behind the first whole_bytes of
 * trials.csv, after log_note(). Returns 0 or -errno after log_error().
 */
int trial_log_cut(struct trial_log *log, off_t whole_bytes);

/*
 * Appends one trial and its exits, synced when it returns. Returns 0 or -errno after
 * log_error(); trials.csv then ends as before.
 */
int trial_log_add(struct trial_log *log, const struct trial *trial);

/* Closes what is open. */
void trial_log_close(struct trial_log *log);

#endif
