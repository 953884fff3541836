/* SPDX-License-Identifier: BSD-3-Clause */
/* Points in time by which something must be over: CLOCK_MONOTONIC, in ns. */
#ifndef FOLIO_BASE_DEADLINE_H
#define FOLIO_BASE_DEADLINE_H

#include <stdint.h>

#include "base/clock.h"

static inline uint64_t
deadline_after_ms(int timeout_ms)
{
	return clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;
}

/* Whole milliseconds, rounded up, so that a wait never ends before its time; 0: it has passed. */
static inline int
deadline_remaining_ms(uint64_t deadline_ns)
{
	uint64_t now_ns = clock_monotonic_ns();

	return now_ns < deadline_ns ? (int)((deadline_ns - now_ns + 999999) / 1000000) : 0;
}

#endif
