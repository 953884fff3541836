/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/pace.h"

void
pace_start(struct pace *pace, uint64_t now)
{
	pace->start = now;
	pace->taken = 0;
}

void
pace_take(struct pace *pace, uint32_t n)
{
	pace->taken += n;
}

static uint32_t
due_at_rate(const struct pace *pace, uint64_t elapsed, uint32_t max)
{
	uint64_t until_now =
		(uint64_t)((unsigned __int128)elapsed * pace->rate_pps / pace->clock_hz) + 1;
	uint64_t due = until_now > pace->taken ? until_now - pace->taken : 0;

	return due < max ? (uint32_t)due : max;
}

static uint32_t
due_at_times(const struct pace *pace, uint64_t elapsed, uint32_t max)
{
	uint64_t elapsed_ns = (uint64_t)((unsigned __int128)elapsed * 1000000000 / pace->clock_hz);
	uint64_t round_start_ns = pace->taken / pace->n * pace->round_ns;
	uint32_t i = (uint32_t)(pace->taken % pace->n), due = 0;

	while (due < max && round_start_ns + pace->times_ns[i] <= elapsed_ns) {
		due++;
		if (++i < pace->n)
			continue;
		i = 0;
		round_start_ns += pace->round_ns;
	}
	return due;
}

/* The first time at which due_at_rate() or due_at_times() counts it. */
uint64_t
pace_due_at(const struct pace *pace, uint32_t ahead)
{
	uint64_t number = pace->taken + ahead;
	unsigned __int128 cycles;

	if (pace->kind == PACE_RATE) {
		cycles = (unsigned __int128)number * pace->clock_hz + pace->rate_pps - 1;
		return pace->start + (uint64_t)(cycles / pace->rate_pps);
	}
	cycles = (unsigned __int128)(number / pace->n * pace->round_ns +
				     pace->times_ns[number % pace->n]) *
			 pace->clock_hz +
		 999999999;
	return pace->start + (uint64_t)(cycles / 1000000000);
}

uint32_t
pace_due(const struct pace *pace, uint64_t now, uint32_t max)
{
	if (pace->kind == PACE_MAX)
		return max;
	if (now < pace->start)
		return 0;
	return pace->kind == PACE_RATE ? due_at_rate(pace, now - pace->start, max) :
					 due_at_times(pace, now - pace->start, max);
}
