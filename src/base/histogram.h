/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A log-linear histogram of latencies in ns, from HISTOGRAM_MIN_NS to
 * HISTOGRAM_MAX_NS (50 ns to 10 s), in the manner of HdrHistogram. Every power of two is
 * cut into HISTOGRAM_STEPS equal buckets, so a bucket is at most 1/128 of its
 * lower bound wide, and its middle is off by at most half of that: a quantile's
 * relative error is below 0.4% (promised: HISTOGRAM_ERROR). Below 256 ns buckets are
 * 1 ns wide, and exact. Memory is fixed: 28 KiB.
 *
 * What lies outside of the range is counted, in the outermost bucket, and by
 * itself. The sum is kept exactly, whatever comes in, and so are least and most.
 */
#ifndef FOLIO_BASE_HISTOGRAM_H
#define FOLIO_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_MIN_NS 50u
#define HISTOGRAM_MAX_NS 10000000000u
#define HISTOGRAM_ERROR 0.005

#define HISTOGRAM_STEP_BITS 7
#define HISTOGRAM_STEPS (1u << HISTOGRAM_STEP_BITS)

/*
 * The bucket of a value of any size: below 2^8 the value itself; above, the
 * power of two and the seven bits below the highest one.
 */
static inline uint32_t
histogram_bucket(uint64_t ns)
{
	unsigned int shift =
		63 - HISTOGRAM_STEP_BITS - (unsigned int)__builtin_clzll(ns | HISTOGRAM_STEPS);

	return shift * HISTOGRAM_STEPS + (uint32_t)(ns >> shift);
}

/* 10 s begins with bits 33 .. 26 as 149; the first 128 of the index are its shift's. */
#define HISTOGRAM_BUCKETS (26 * HISTOGRAM_STEPS + 149 + 1)

/* Zeroed but for min_ns; histogram_init() makes one. */
struct histogram {
	uint64_t n;
	uint64_t n_below, n_above; /* of n, outside of the range */
	uint64_t min_ns, max_ns;   /* of all that came in; UINT64_MAX and 0 while n is 0 */
	unsigned __int128 sum_ns;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *histogram);

/* Counts one latency. */
static inline void
histogram_add(struct histogram *h, uint64_t ns)
{
	uint64_t inside = ns < HISTOGRAM_MIN_NS ? HISTOGRAM_MIN_NS : ns;

	inside = inside > HISTOGRAM_MAX_NS ? HISTOGRAM_MAX_NS : inside;
	h->n++;
	h->n_below += ns < HISTOGRAM_MIN_NS;
	h->n_above += ns > HISTOGRAM_MAX_NS;
	h->min_ns = ns < h->min_ns ? ns : h->min_ns;
	h->max_ns = ns > h->max_ns ? ns : h->max_ns;
	h->sum_ns += ns;
	h->counts[histogram_bucket(inside)]++;
}

/* into += from; what was counted apart is as if it had been counted together. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The mean in ns, exact; NAN when n is 0. */
double histogram_mean_ns(const struct histogram *histogram);

/*
 * The value in ns that at least that share (0 to 1) of all values do not exceed,
 * within HISTOGRAM_ERROR while it lies in the range; never outside of what came
 * in. NAN when n is 0.
 */
double histogram_quantile_ns(const struct histogram *histogram, double share);

#endif
