/* SPDX-License-Identifier: BSD-3-Clause */
/* What the lock-step benchmarks share: slices that take turns in pairs, and their order statistics. */
#ifndef FOLIO_BENCH_PAIRS_H
#define FOLIO_BENCH_PAIRS_H

#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "datapath/lockstep.h"

#define PAIRS 64
#define SLICE_NS 500000

/* Both sort the values, one for each pair. */
static inline double
median(double *values)
{
	qsort(values, PAIRS, sizeof(*values), compare_doubles);
	return (values[PAIRS / 2 - 1] + values[PAIRS / 2]) / 2;
}

static inline double
quantile(double *values, double share)
{
	qsort(values, PAIRS, sizeof(*values), compare_doubles);
	return values[(int)(share * (PAIRS - 1))];
}

/* Returns 0 or -errno after log_error(). */
static inline int
slice(struct lane *lane, struct slice *result)
{
	memset(result, 0, sizeof(*result));
	result->duration_ns = SLICE_NS;
	result->warmup_bursts = 16;
	return lane_slice(lane, result);
}

#endif
