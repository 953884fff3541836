/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CPU's own counters (PMU), of the thread that opened them, in user space alone: what the
 * kernel may count depends on privileges. Those that this machine has become counters like the
 * datapath's, so that a slice has them per packet; one that it has not is left out, never 0.
 *
 * Each is pinned: it counts all the time or not at all, so nothing is extrapolated. One that the
 * kernel takes away later, since someone else wants the hardware, makes the whole failed.
 */
#ifndef FOLIO_PROBES_PMU_H
#define FOLIO_PROBES_PMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"

#define PMU_EVENTS_MAX 8

/* What its counters' names begin with: pmu.cycles, pmu.instructions. */
#define PMU_PREFIX "pmu"

struct pmu_event {
	struct counter counter; /* its offset is not used; name NULL ends a table */
	uint32_t type;          /* PERF_TYPE_* of linux/perf_event.h */
	uint64_t config;        /* PERF_COUNT_* */
};

/* Cycles, instructions, dTLB misses, cache misses. */
extern const struct pmu_event pmu_hardware_events[];

struct pmu {
	struct counter table[PMU_EVENTS_MAX + 1]; /* those that count, over this struct */
	uint64_t counts[PMU_EVENTS_MAX];          /* as of the last pmu_update() */
	int fds[PMU_EVENTS_MAX];
	size_t n;
	int lacking; /* why the first one that does not count does not: -errno; 0: all count */
	bool failed; /* one was taken away: counts are no longer right */
};

/*
 * Opens those events that count here, at most PMU_EVENTS_MAX, for the calling thread, and starts
 * them. pmu must not move until pmu_close().
 */
void pmu_open(struct pmu *pmu, const struct pmu_event *events);
void pmu_close(struct pmu *pmu);

/* Reads them all: one system call each. */
void pmu_update(struct pmu *pmu);

/* As a source of counters: for a tally. */
struct counter_source pmu_counter_source(struct pmu *pmu);

/* Returns 0, or -EBUSY after log_error() when one was taken away. */
int pmu_check(const struct pmu *pmu);

/* "cycles, instructions", those that count; or "none". Returns text. */
const char *pmu_format(const struct pmu *pmu, char *text, size_t size);

#endif
