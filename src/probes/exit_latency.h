/* SPDX-License-Identifier: BSD-3-Clause */
/* How long exits of one reason took. */
#ifndef FOLIO_PROBES_EXIT_LATENCY_H
#define FOLIO_PROBES_EXIT_LATENCY_H

#include <stdint.h>

#include "base/exit_histogram.h"

/* A tick is ns_per_tick ns: whoever adds the first one sets it. */
struct exit_latency {
	double ns_per_tick;
	uint64_t n; /* exits that were timed: those whose end was seen too */
	uint64_t sum_ticks;
	uint64_t min_ticks, max_ticks; /* UINT64_MAX and 0 while n is 0 */
	uint64_t counts[EXIT_HISTOGRAM_BUCKETS];
};

/* One exit: it took that many ticks. */
void exit_latency_add(struct exit_latency *latency, uint64_t ticks);

/* into += from; where their ticks differ, each bucket goes to where its middle belongs. */
void exit_latency_merge(struct exit_latency *into, const struct exit_latency *from);

/*
 * NAN while nothing was timed. The mean is exact, a quantile (share 0 to 1) within
 * EXIT_HISTOGRAM_ERROR, and never outside of what came in.
 */
double exit_latency_min_ns(const struct exit_latency *latency);
double exit_latency_max_ns(const struct exit_latency *latency);
double exit_latency_mean_ns(const struct exit_latency *latency);
double exit_latency_quantile_ns(const struct exit_latency *latency, double share);

#endif
