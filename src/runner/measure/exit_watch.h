/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run's own exits, cell by cell. The area of emulated exits is made before the
 * measuring processes are, which inherit it; where a configuration really exits to KVM, and this
 * user may trace, KVM's exits are traced besides. Only what the configuration's metered bursts made
 * counts: no warm-up, no draining, and not the reference's.
 */
#ifndef FOLIO_RUNNER_EXIT_WATCH_H
#define FOLIO_RUNNER_EXIT_WATCH_H

#include <stdbool.h>

#include "probes/emulated.h"
#include "probes/probe.h"
#include "runner/config/experiment.h"
#include "runner/measure/trial.h"

struct exit_watch {
	struct emulated emulated; /* its area NULL: nothing is watched */
	struct probe_session session;
	bool traced;       /* session is open */
	double event_ns;   /* what tracing an event takes; NAN: not known */
	uint64_t n_events; /* traced until the last trial */
	unsigned int n;    /* trials begun, in this process */
};

/*
 * Before the first measuring process is started. What cannot be watched here is left out,
 * after log_warning().
 */
void exit_watch_open(struct exit_watch *watch, const struct experiment *experiment);
void exit_watch_close(struct exit_watch *watch);

/* In the measuring process, around the slices of a configuration. */
void exit_watch_begin(struct exit_watch *watch, const struct trial *trial);
void exit_watch_end(struct exit_watch *watch);

/* In the measuring process, before a trial and behind it: its emulated exits. */
void exit_watch_begin_trial(struct exit_watch *watch, struct trial *trial);
void exit_watch_end_trial(struct exit_watch *watch, struct trial *trial);

/* In the process that opened it, before a measuring process is started. */
void exit_watch_forget(struct exit_watch *watch);

/* In the process that opened it: adds KVM's exits to a trial, and the share that tracing took. */
void exit_watch_complete(struct exit_watch *watch, struct trial *trial);

#endif
