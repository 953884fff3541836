/* SPDX-License-Identifier: BSD-3-Clause */
/* Durations of one reason's exits: a histogram of the writer's ticks, read in ns. */
#include "probes/exit_latency.h"

#include <math.h>

/* The middle of a bucket: of its whole numbers, so that one of width 1 is exact. */
static double
middle_ticks(unsigned int bucket)
{
	return ((double)exit_histogram_low(bucket) + (double)exit_histogram_low(bucket + 1) - 1) /
	       2;
}

void
exit_latency_add(struct exit_latency *latency, uint64_t ticks)
{
	latency->n++;
	latency->sum_ticks += ticks;
	latency->min_ticks = ticks < latency->min_ticks ? ticks : latency->min_ticks;
	latency->max_ticks = ticks > latency->max_ticks ? ticks : latency->max_ticks;
	latency->counts[exit_histogram_bucket(ticks)]++;
}

/* from's ticks are into's times scale; 1 leaves each number as it is. */
static void
merge_scaled(struct exit_latency *into, const struct exit_latency *from, double scale)
{
	uint64_t min_ticks = (uint64_t)llround((double)from->min_ticks * scale);
	uint64_t max_ticks = (uint64_t)llround((double)from->max_ticks * scale);

	into->n += from->n;
	into->sum_ticks += (uint64_t)llround((double)from->sum_ticks * scale);
	into->min_ticks = min_ticks < into->min_ticks ? min_ticks : into->min_ticks;
	into->max_ticks = max_ticks > into->max_ticks ? max_ticks : into->max_ticks;
	for (unsigned int i = 0; i < EXIT_HISTOGRAM_BUCKETS; i++)
		if (from->counts[i])
			into->counts[exit_histogram_bucket(
				(uint64_t)llround(middle_ticks(i) * scale))] += from->counts[i];
}

void
exit_latency_merge(struct exit_latency *into, const struct exit_latency *from)
{
	if (!from->n)
		return;
	if (!into->n)
		into->ns_per_tick = from->ns_per_tick;
	if (into->ns_per_tick != from->ns_per_tick) {
		merge_scaled(into, from, from->ns_per_tick / into->ns_per_tick);
		return;
	}
	into->n += from->n;
	into->sum_ticks += from->sum_ticks;
	into->min_ticks = from->min_ticks < into->min_ticks ? from->min_ticks : into->min_ticks;
	into->max_ticks = from->max_ticks > into->max_ticks ? from->max_ticks : into->max_ticks;
	for (unsigned int i = 0; i < EXIT_HISTOGRAM_BUCKETS; i++)
		into->counts[i] += from->counts[i];
}

double
exit_latency_min_ns(const struct exit_latency *latency)
{
	return latency->n ? (double)latency->min_ticks * latency->ns_per_tick : NAN;
}

double
exit_latency_max_ns(const struct exit_latency *latency)
{
	return latency->n ? (double)latency->max_ticks * latency->ns_per_tick : NAN;
}

double
exit_latency_mean_ns(const struct exit_latency *latency)
{
	return latency->n ? (double)latency->sum_ticks / (double)latency->n * latency->ns_per_tick :
			    NAN;
}

double
exit_latency_quantile_ns(const struct exit_latency *latency, double share)
{
	uint64_t rank = (uint64_t)ceil(share * (double)latency->n), passed = 0;
	unsigned int bucket = 0;
	double ticks;

	if (!latency->n)
		return NAN;
	rank = rank < 1 ? 1 : rank > latency->n ? latency->n : rank;
	while (bucket < EXIT_HISTOGRAM_BUCKETS - 1 && passed + latency->counts[bucket] < rank)
		passed += latency->counts[bucket++];
	ticks = fmin(fmax(middle_ticks(bucket), (double)latency->min_ticks),
		     (double)latency->max_ticks);
	return ticks * latency->ns_per_tick;
}
