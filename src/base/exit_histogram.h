/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buckets in which exits' durations are counted, alike in the kernel's half of a
 * probe, in the datapath, and in what reads them: small enough for one per exit
 * reason and core. Every power of two is cut into EXIT_HISTOGRAM_STEPS equal
 * buckets: one is at most 1/16 of its lower bound wide and its middle off by at most half
 * of that, so a quantile's relative error is below EXIT_HISTOGRAM_ERROR. Below 32 ticks
 * buckets are one tick wide, and exact. What is longer than 2^36 ticks (69 s in ns) is
 * counted in the last one. Memory: 4.2 KiB.
 *
 * The unit is the writer's clock: ns in the kernel, TSC cycles in the datapath.
 * Plain types only, because BPF programs include this.
 */
#ifndef FOLIO_BASE_EXIT_HISTOGRAM_H
#define FOLIO_BASE_EXIT_HISTOGRAM_H

#define EXIT_HISTOGRAM_STEP_BITS 4
#define EXIT_HISTOGRAM_STEPS (1 << EXIT_HISTOGRAM_STEP_BITS)
#define EXIT_HISTOGRAM_MAX_BITS 36
#define EXIT_HISTOGRAM_BUCKETS                                                                     \
	((EXIT_HISTOGRAM_MAX_BITS - EXIT_HISTOGRAM_STEP_BITS + 1) * EXIT_HISTOGRAM_STEPS)
#define EXIT_HISTOGRAM_ERROR 0.032

/*
 * The place of the highest bit that is set; value is not 0. BPF has no instruction for it, and
 * clang 14 does not come to an end with the built-in there.
 */
#ifdef __bpf__
static inline unsigned int
exit_histogram_top_bit(unsigned long long value)
{
	unsigned int bit = 0;

	for (unsigned int step = 32; step; step /= 2)
		if (value >> step) {
			value >>= step;
			bit += step;
		}
	return bit;
}
#else
static inline unsigned int
exit_histogram_top_bit(unsigned long long value)
{
	return 63 - (unsigned int)__builtin_clzll(value);
}
#endif

/* The power of two and the four bits below the highest one. */
static inline unsigned int
exit_histogram_bucket(unsigned long long ticks)
{
	unsigned long long most = (1ull << EXIT_HISTOGRAM_MAX_BITS) - 1;
	unsigned long long inside = ticks < most ? ticks : most;
	unsigned int shift =
		exit_histogram_top_bit(inside | EXIT_HISTOGRAM_STEPS) - EXIT_HISTOGRAM_STEP_BITS;

	return shift * EXIT_HISTOGRAM_STEPS + (unsigned int)(inside >> shift);
}

/* The least value of a bucket, in ticks; for bucket EXIT_HISTOGRAM_BUCKETS the end of the range. */
static inline unsigned long long
exit_histogram_low(unsigned int bucket)
{
	unsigned int octave = bucket / EXIT_HISTOGRAM_STEPS, shift = octave ? octave - 1 : 0;

	return (unsigned long long)(bucket - shift * EXIT_HISTOGRAM_STEPS) << shift;
}

#endif
