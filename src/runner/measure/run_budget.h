/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a run spends measure.budget. The restarts that every cell gets (measure.restarts) share it
 * evenly, without the time that their processes take to be ready. What they leave is for
 * extra restarts, of cells that want to be more precise; of those, the time to be ready counts.
 */
#ifndef FOLIO_RUNNER_RUN_BUDGET_H
#define FOLIO_RUNNER_RUN_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/config/experiment.h"
#include "runner/measure/schedule.h"

struct run_budget {
	const struct experiment *experiment;
	const struct schedule *schedule; /* knows what the trials took */
	uint64_t start_ns;    /* that a process takes to be ready, when it waits for no pages */
	uint64_t starts_ns;   /* of those of extra restarts */
	uint64_t extra_at_ns; /* gone when those began */
};

/* Is it beyond the restarts that every cell gets? restart counts as in schedule.h. */
bool run_budget_is_extra(const struct run_budget *budget, uint32_t restart);

/* What that restart has for its trials. */
uint64_t run_budget_of_restart_ns(const struct run_budget *budget, uint32_t restart);

/* Notes that the process of that restart took so long to be ready. */
void run_budget_add_start(struct run_budget *budget, uint32_t restart, uint64_t start_ns);

/* Is there time for an extra restart of the cells that are wanted? */
bool run_budget_allows(const struct run_budget *budget, const bool *wanted);

/* From here on restarts are extra ones. */
void run_budget_begin_extra(struct run_budget *budget);

/*
 * How much is done, 0 to 1: of the trials that every cell gets; with extra, of the time that they
 * left.
 */
double run_budget_share_done(const struct run_budget *budget, bool extra);

#endif
