/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wilcoxon's signed-rank test and the Hodges-Lehmann estimate, for differences
 * that are symmetric about what is sought, of whatever tails. Sources: Wilcoxon,
 * Biometrics Bulletin 1, 1945; Hodges and Lehmann, Annals of Mathematical
 * Statistics 34, 1963; Hollander and Wolfe, Nonparametric Statistical Methods, ch. 3.
 *
 * Differences of zero are left out, equal ones share the mean of their ranks.
 * Up to RANK_EXACT_MAX differences p is exact, with ties too; beyond it comes
 * from the normal approximation, corrected for ties.
 */
#ifndef FOLIO_RUNNER_RANK_H
#define FOLIO_RUNNER_RANK_H

#include <stddef.h>

#define RANK_EXACT_MAX 64

struct signed_rank {
	double z; /* standardised sum of the positive ranks: above 0 where the differences are */
	double p; /* two-sided; 1 where every difference is zero */
};

/* Returns 0 or -ENOMEM. */
int signed_rank_test(const double *differences, size_t n, struct signed_rank *out);

struct hodges_lehmann {
	double value;     /* the median of all means of two (Walsh averages) */
	double low, high; /* its interval; NAN where n is too small for the level */
};

/* level: of the interval, such as 0.95. n is at least 1, and the memory is of order n^2. 0 or -ENOMEM. */
int hodges_lehmann(const double *values, size_t n, double level, struct hodges_lehmann *out);

#endif
