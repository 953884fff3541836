/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The meter's clock: the time stamp counter. "Cycles" in this project are TSC
 * cycles, a unit of time; they are not the core's own clock, which may boost.
 */
#ifndef FOLIO_BASE_CLOCK_H
#define FOLIO_BASE_CLOCK_H

#include <stdint.h>
#include <x86intrin.h>

/*
 * Not serialising: what stands before it may still be under way. Over a burst
 * that is a few cycles, and costs nothing in between.
 */
static inline uint64_t
clock_tsc(void)
{
	return __rdtsc();
}

/*
 * The same once all before it is done, stores included, as it is before a core leaves a VM.
 */
static inline uint64_t
clock_drained(void)
{
	_mm_mfence();
	_mm_lfence();
	return __rdtsc();
}

/* TSC rate in Hz: CPUID leaf 0x15 or the hypervisor's 0x40000010, else measured (20 ms, once). */
uint64_t clock_tsc_hz(void);

/* CLOCK_MONOTONIC in ns. */
uint64_t clock_monotonic_ns(void);

#endif
