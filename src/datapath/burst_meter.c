/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/burst_meter.h"

#include <math.h>
#include <stdlib.h>

void
burst_meter_reset(struct burst_meter *meter)
{
	meter->bursts = meter->packets = meter->cycles = 0;
}

static int
compare_cost(const void *a, const void *b)
{
	const struct metered_burst *x = a, *y = b;
	/* Products instead of quotients: exact. */
	uint64_t left = (uint64_t)x->cycles * y->packets;
	uint64_t right = (uint64_t)y->cycles * x->packets;

	return (left > right) - (left < right);
}

/* How much of the packets [start, start + n) lies in [from, to). */
static double
overlap(double start, double n, double from, double to)
{
	double low = start > from ? start : from, high = start + n < to ? start + n : to;

	return high > low ? high - low : 0;
}

double
burst_meter_middle_half(struct burst_meter *meter)
{
	size_t n = meter->bursts < BURST_METER_BURSTS ? meter->bursts : BURST_METER_BURSTS;
	double packets = 0, before = 0, cycles = 0;

	for (size_t i = 0; i < n; i++)
		packets += meter->last[i].packets;
	if (packets == 0)
		return NAN;
	qsort(meter->last, n, sizeof(meter->last[0]), compare_cost);
	for (size_t i = 0; i < n; i++) {
		const struct metered_burst *burst = &meter->last[i];

		cycles += overlap(before, burst->packets, packets / 4, packets * 3 / 4) *
			  burst->cycles / burst->packets;
		before += burst->packets;
	}
	return cycles / (packets / 2);
}
