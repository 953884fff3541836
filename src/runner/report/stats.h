/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Medians over pairs, means over restarts, and their confidence intervals.
 *
 * A series has two levels: restarts of the measuring process, and pairs of
 * slices within each. Memory layout changes with the process and stays within
 * it, so pairs of one restart resemble each other more than they resemble those
 * of another. The restart is therefore the unit: each gives the median of its
 * pairs (robust against slices that something else disturbed, and a drift that
 * is linear within an A B B A pair has left the pair already), the value is the mean of
 * the units, and the interval is Student's t over them with one degree of freedom
 * less than there are units.
 *
 * What is above zero by its nature (cycles, ratios, rates) scatters by factors: its mean
 * is the geometric one, and t is taken over the units' logarithms, so that the interval
 * stays above zero too. A source's part is a difference, which may be negative, and parts
 * must add up: its mean is the plain one.
 *
 * What pairs scatter is within the units' own scatter, so both levels are covered, and the
 * coverage is 95% from two restarts on: simulated with restarts that are normal or
 * heavy-tailed (t with 3 degrees of freedom), or that in the logarithm, pairs that are
 * normal, heavy-tailed or lognormal, it is 94.5% to 96.3% at 2, 3, 5 and 10 restarts
 * (tests/unit/test_coverage.c); 96.5% where restarts are heavy-tailed and pairs scatter
 * hardly. Few restarts make wide intervals (t is 12.7 at two of them, 4.3 at three, 2.8 at
 * five): that is what they are worth. More pairs do not help then, more restarts do.
 *
 * With one restart the units are up to UNITS_OF_ONE_RESTART batches of its
 * consecutive pairs (more and smaller ones would leave the skew of lognormal pairs in
 * their medians: 8 batches of 2 pairs cover 90%). The interval then speaks of that process alone: how well its own
 * median is known, not what another process would give.
 *
 * Sums, differences and ratios are formed unit by unit, so they keep what the
 * processes have in common, and a sum's value is the sum of the values exactly.
 */
#ifndef FOLIO_RUNNER_STATS_H
#define FOLIO_RUNNER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_MAX 256 /* restarts of a run, at most */
#define UNITS_OF_ONE_RESTART 4

/* One value of a two-level series. */
struct observation {
	double value;
	uint32_t restart;
};

/* What a statistic came to in each unit, in the statistic's own unit of measure. */
struct units {
	size_t n;
	size_t n_observations;  /* of the shortest series that went in */
	uint32_t id[UNITS_MAX]; /* rising: the restart, or the batch of the only one */
	double at[UNITS_MAX];
};

/* A statistic with its 95% interval; ci_low and ci_high are NAN where there is none. */
struct estimate {
	double value;
	double ci_low, ci_high;
	size_t n; /* observations */
};

/* The quantile of n ascending values, interpolated linearly; NAN when n is 0. share is in [0, 1]. */
double stats_quantile(const double *ascending, size_t n, double share);

/* The median of n values, which it puts into ascending order; NAN when n is 0. */
double stats_median(double *values, size_t n);

/*
 * The median of each unit of a series, whose restarts must not fall from one
 * observation to the next. Returns 0; -ENOMEM; -E2BIG: more than UNITS_MAX restarts.
 */
int units_of_series(const struct observation *series, size_t n, struct units *out);

/* sum += weight * term. Units that only one of them has are left out, here and below. */
void units_add(struct units *sum, double weight, const struct units *term);
void units_divide(struct units *quotient, const struct units *divisor);

void units_scale(struct units *units, double factor);

/* Leaves out the units that other lacks. */
void units_keep_common(struct units *units, const struct units *other);

/* The variance of the units about their mean; NAN with fewer than two. */
double units_variance(const struct units *units);

/* The mean of the units with its interval, which takes two of them. */
struct estimate units_estimate(const struct units *units);

/*
 * The geometric mean with its interval, for what is above zero by its nature. Where a
 * unit is not (nothing moved for the length of a restart), that of units_estimate().
 */
struct estimate units_estimate_positive(const struct units *units);

/* The same with the interval that reaches critical_t standard errors, instead of 95%. */
struct estimate units_estimate_positive_within(const struct units *units, double critical_t);

/* Half the interval's width as a share of the value; NAN where there is no interval. */
double estimate_half_width_share(const struct estimate *estimate);

/* Is half the interval's width more than half of scale? No where there is no interval. */
bool estimate_is_vague(const struct estimate *estimate, double scale);

/* The estimate of a thing that was not measured: NAN, n = 0. */
struct estimate estimate_none(void);

#endif
