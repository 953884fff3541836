/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The normal distribution and Student's t: tail areas and their inverses.
 *
 * Relative error of a tail area: below 1e-10 (normal: that of erfc()). Quantiles
 * are found by Newton's method on the upper tail, which is convex: from below it
 * converges without overshooting. Source: Abramowitz and Stegun, 26.5.8 (the
 * continued fraction of the incomplete beta function), 26.7.1.
 */
#ifndef FOLIO_RUNNER_STUDENT_H
#define FOLIO_RUNNER_STUDENT_H

/* P(Z > z). */
double normal_tail(double z);

/* The z with P(Z > z) = tail; tail is in (0, 1). */
double normal_quantile(double tail);

/* P(T > t) with df > 0 degrees of freedom, which need not be whole. */
double student_tail(double t, double df);

/* The t with P(T > t) = tail; tail is in (0, 1). */
double student_quantile(double tail, double df);

#endif
