/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Permutation tests: how rare is what was found among all the ways in which
 * the same values could have fallen, had there been no difference? They need no
 * distribution, and their size is exact. Up to PERMUTATION_ALL_MAX ways all of
 * them are tried; beyond, as many are drawn (the one that was found among them, so that p
 * is never 0). With n ways p is at least 1 / n: few values can show nothing at
 * a strict level.
 */
#ifndef FOLIO_RUNNER_PERMUTATION_H
#define FOLIO_RUNNER_PERMUTATION_H

#include <stddef.h>
#include <stdint.h>

#define PERMUTATION_ALL_MAX 20000

/* In how many ways n values fall into groups of k and n - k; INFINITY beyond a double's range. */
double permutation_ways(size_t n, size_t k);

/*
 * Two samples: p that b is greater than a only by how the values were dealt. The
 * statistic is Welch's t, so that unlike variances do no harm (Janssen,
 * Statistics and Probability Letters 36, 1997). Returns 0 or -ENOMEM.
 */
int permutation_greater(const double *a, size_t n_a, const double *b, size_t n_b, uint64_t seed,
			double *p);

/* Differences of pairs: p, two-sided, that their mean differs from 0 by their signs only. */
double permutation_signs(const double *differences, size_t n, uint64_t seed);

#endif
