/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The measuring process's job: every wanted cell of an experiment once, in an order of
 * its own drawn from the seed, on lanes that are made before the first trial.
 */
#ifndef FOLIO_RUNNER_TRIALS_H
#define FOLIO_RUNNER_TRIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/config/experiment.h"
#include "runner/measure/bench.h"
#include "runner/measure/trial.h"

struct exit_watch;
struct trials;

struct trials_options {
	const struct experiment *experiment;
	const char *socket_dir;   /* private folder */
	const bool *wanted;       /* by cell: is it to be measured? */
	bool search;              /* search throughput too, where the experiment wants it */
	uint32_t restart;         /* the how-manieth process this is; decides the order */
	uint64_t budget_ns;       /* of measuring time for this process */
	int cpu;                  /* core to measure on */
	struct page_wish pages;   /* which pages all memory is to be of */
	struct exit_watch *watch; /* the exits are counted here; NULL: nowhere */
};

/*
 * Starts DPDK, connects every device, opens every lane of the topology and loads the traffic.
 * Returns 0 or -errno after log_error(); -ERESTART: huge pages were taken by another program
 * meanwhile, a process that starts now may fare better. What options point to outlives *out.
 */
int trials_open(const struct trials_options *options, struct trials **out);

/*
 * Runs them. done gets each trial as it ends (its memory is reused then) and
 * stops the rest by returning a negative number, which is handed on. Returns 0
 * or -errno after log_error().
 */
int trials_run(struct trials *trials, int (*done)(const struct trial *trial, void *arg), void *arg);

/* How the open bench set itself up. */
void trials_machine(const struct trials *trials, struct bench_machine *machine);

void trials_close(struct trials *trials);

#endif
