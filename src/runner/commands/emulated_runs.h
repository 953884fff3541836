/* SPDX-License-Identifier: BSD-3-Clause */
/* The runs of folio on this machine whose exit engines count where others can read it. */
#ifndef FOLIO_RUNNER_EMULATED_RUNS_H
#define FOLIO_RUNNER_EMULATED_RUNS_H

#include <stddef.h>
#include <sys/types.h>

#include "probes/emulated.h"

#define EMULATED_RUNS_MAX 64

/* Zeroed: none found yet. */
struct emulated_runs {
	size_t n;
	struct {
		pid_t pid;
		struct emulated emulated;
	} runs[EMULATED_RUNS_MAX];
};

/* Adds the exits since the last time. Runs that began meanwhile are found. Returns 0 or -ENOMEM. */
int emulated_runs_read(struct emulated_runs *runs, struct exit_table *table);

void emulated_runs_close(struct emulated_runs *runs);

#endif
