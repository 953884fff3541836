/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The measuring process: a child of the run that starts DPDK, gives up what
 * privileges it no longer needs, runs its trials and sends each one up
 * its channel, with its messages to the user. It dies with its parent. A fresh one is a
 * restart: new memory layout, new DPDK, the same experiment.
 */
#ifndef FOLIO_RUNNER_WORKER_H
#define FOLIO_RUNNER_WORKER_H

#include "runner/measure/bench.h"
#include "runner/measure/child.h"
#include "runner/measure/trial.h"
#include "runner/measure/trials.h"

struct worker {
	struct child child;
};

/* What a worker says of the machine when it is ready. */
struct worker_ready {
	struct bench_machine machine;
};

/* Starts it. Returns 0 or -errno after log_error(). What options point to is used by the child only. */
int worker_start(struct worker *worker, const struct trials_options *options);

/* Waits until it can measure. Returns as trials_open(), after log_error() (the worker's own, or ours). */
int worker_wait_ready(struct worker *worker, struct worker_ready *ready);

/* The next trial: 1; 0 when it has done them all; -errno after log_error(); -EINTR on a signal. */
int worker_next(struct worker *worker, struct trial *trial);

/* Ends the worker, wherever it is, and waits for it. */
void worker_stop(struct worker *worker);

#endif
