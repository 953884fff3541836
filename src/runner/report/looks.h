/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Intervals of cells that are measured until their interval is narrow enough. To look
 * after each restart, and to stop where the interval looks narrow, stops too often where it
 * is narrow by chance: plain 95% intervals would then hold 91% to 93% of the time. So
 * the interval that decides is wider: it holds at all looks together (Pocock's bounds
 * on Lan and DeMets' spending, sequential.h, carried over to Student's t by their tail area).
 *
 * Where it was what stopped the cell, it is reported too. Where the budget, or the last
 * restart, stopped the cell, nothing looked at was in the way of chance, and the plain
 * interval holds. Simulated with normal and heavy-tailed restarts, least restarts of 2, 3
 * and 5 and at most 32, the coverage is 95% to 99.6% (tests/unit/test_schedule.c).
 */
#ifndef FOLIO_RUNNER_LOOKS_H
#define FOLIO_RUNNER_LOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "runner/report/stats.h"

struct looks;

/*
 * For cells that get at least so many restarts, and at most max_restarts where that is more
 * (UNITS_MAX counts for what is beyond it).
 * Returns NULL when out of memory. Wants looks_free().
 */
struct looks *looks_new(uint32_t restarts, uint32_t max_restarts, double precision);
void looks_free(struct looks *looks);

/* Is the ratio's interval, one unit for each restart, narrow enough to stop? Not with one unit. */
bool looks_precise(const struct looks *looks, const struct units *ratio);

/* The estimate to report: with the interval that stopped the cell, or the plain one. */
struct estimate looks_estimate(const struct looks *looks, const struct units *ratio);

#endif
