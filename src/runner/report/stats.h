/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Medians and their confidence intervals.
 *
 * A series has two levels: restarts of the measuring process, and pairs of
 * slices within each. Memory layout changes with the process and stays within
 * it, so pairs of one restart resemble each other more than they resemble those
 * of another. The bootstrap follows that: a resample draws as many restarts as
 * there are, with replacement, then from each drawn restart as many of its pairs
 * as it has, with replacement, and takes the median of them all. The interval
 * is the 2.5th to the 97.5th percentile of the medians of BOOTSTRAP_RESAMPLES
 * resamples.
 *
 * Limits. The percentile bootstrap knows no spread that the sample doesn't
 * show. With R restarts the spread between them comes out too small by
 * sqrt((R - 1) / R), and with R = 3 the interval can hardly reach beyond the
 * lowest and the highest restart: where restarts differ much more than pairs do,
 * 95% is then nearer to 75%. With one restart the interval speaks of that
 * process alone. More restarts help, more pairs do not.
 *
 * Resamples with the same seed draw the same restarts for every series that has
 * as many, so differences, sums and ratios of series that were measured in the
 * same processes keep what the processes have in common.
 */
#ifndef FOLIO_RUNNER_STATS_H
#define FOLIO_RUNNER_STATS_H

#include <stddef.h>
#include <stdint.h>

#define BOOTSTRAP_RESAMPLES 2000

/* One value of a two-level series. */
struct observation {
	double value;
	uint32_t restart;
};

/* A statistic and what it came to in each resample; unit of the series. */
struct bootstrap {
	double value;
	size_t n; /* observations; of the shorter series where two were combined */
	double draws[BOOTSTRAP_RESAMPLES];
};

/* A statistic with its 95% interval; ci_low and ci_high are NAN where n is under 2. */
struct estimate {
	double value;
	double ci_low, ci_high;
	size_t n;
};

/* The quantile of n ascending values, interpolated linearly; NAN when n is 0. share is in [0, 1]. */
double stats_quantile(const double *ascending, size_t n, double share);

/* The median of n values, which it puts into ascending order; NAN when n is 0. */
double stats_median(double *values, size_t n);

/*
 * The median of a series and of its resamples. stream sets the draws of pairs
 * of one series apart from those of another under the same seed. n = 0 gives
 * NAN throughout. Returns 0 or -ENOMEM.
 */
int bootstrap_median(const struct observation *series, size_t n, uint64_t seed, uint64_t stream,
		     struct bootstrap *out);

/* sum += weight * term, in every resample. */
void bootstrap_add(struct bootstrap *sum, double weight, const struct bootstrap *term);

/* b *= factor, in every resample. */
void bootstrap_scale(struct bootstrap *b, double factor);

/* quotient /= divisor, in every resample. */
void bootstrap_divide(struct bootstrap *quotient, const struct bootstrap *divisor);

/* The statistic with its percentile interval. */
struct estimate bootstrap_estimate(const struct bootstrap *from);

/* Half the interval's width as a share of the value; NAN where there is no interval. */
double estimate_half_width_share(const struct estimate *estimate);

/* The estimate of a thing that was not measured: NAN, n = 0. */
struct estimate estimate_none(void);

#endif
