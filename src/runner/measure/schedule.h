/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which cells are measured in which restart. Every cell is in the first
 * measure.restarts; from then on a cell is measured again until the interval of its
 * guest ratio is as narrow as measure.precision asks (report/looks.h), in at most max_restarts.
 *
 * Cells whose figures are set off against each other stay together: the cells of
 * attribution and the controls of one traffic are measured in the same restarts, the
 * controls as long as any cell of that traffic is.
 */
#ifndef FOLIO_RUNNER_SCHEDULE_H
#define FOLIO_RUNNER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/config/experiment.h"

struct schedule;

/* experiment must outlive it. Returns NULL when out of memory. */
struct schedule *schedule_new(const struct experiment *experiment);
void schedule_free(struct schedule *schedule);

/* Forgets every trial. */
void schedule_clear(struct schedule *schedule);

/*
 * Notes a trial: restart counts from 0 within the block and is below
 * schedule_restarts_max(); guest_ratio is the median over its pairs, NAN where there is none.
 */
void schedule_add(struct schedule *schedule, uint32_t cell, uint32_t restart, double guest_ratio,
		  uint64_t duration_ns);

/* How many restarts there can be. */
uint32_t schedule_restarts_max(const struct schedule *schedule);

/*
 * Marks, by cell, what is still to be measured in that restart, which is below
 * schedule_restarts_max(). Returns how many cells.
 */
uint32_t schedule_wanted(const struct schedule *schedule, uint32_t restart, bool *wanted);

/* Time that the trials of all restarts, or of one, took. */
uint64_t schedule_spent_ns(const struct schedule *schedule);
uint64_t schedule_spent_in_ns(const struct schedule *schedule, uint32_t restart);

/* What the wanted cells will take, by what they took so far. */
uint64_t schedule_expected_ns(const struct schedule *schedule, const bool *wanted);

/* Trials noted. */
uint32_t schedule_trials(const struct schedule *schedule);

#endif
