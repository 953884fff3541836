/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/histogram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static_assert(HISTOGRAM_MAX_NS >> 26 == 149, "HISTOGRAM_BUCKETS ends with the range");

void
histogram_init(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->min_ns = UINT64_MAX;
}

void
histogram_merge(struct histogram *into, const struct histogram *from)
{
	into->n += from->n;
	into->n_below += from->n_below;
	into->n_above += from->n_above;
	into->sum_ns += from->sum_ns;
	if (from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->counts[i] += from->counts[i];
}

double
histogram_mean_ns(const struct histogram *histogram)
{
	return histogram->n ? (double)histogram->sum_ns / (double)histogram->n : NAN;
}

/* The middle of a bucket: of its whole numbers, so that one of width 1 is exact. */
static double
middle_ns(uint32_t bucket)
{
	uint32_t octave = bucket / HISTOGRAM_STEPS, shift = octave ? octave - 1 : 0;
	uint64_t low = (uint64_t)(bucket - shift * HISTOGRAM_STEPS) << shift;

	return (double)low + (double)((UINT64_C(1) << shift) - 1) / 2;
}

double
histogram_quantile_ns(const struct histogram *histogram, double share)
{
	uint64_t rank = (uint64_t)ceil(share * (double)histogram->n), passed = 0;
	uint32_t bucket = 0;

	if (histogram->n == 0)
		return NAN;
	rank = rank < 1 ? 1 : rank > histogram->n ? histogram->n : rank;
	while (passed + histogram->counts[bucket] < rank)
		passed += histogram->counts[bucket++];
	return fmin(fmax(middle_ns(bucket), (double)histogram->min_ns), (double)histogram->max_ns);
}
