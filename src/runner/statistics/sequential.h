/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looking repeatedly at data that still grow: how far from none a standardised
 * difference must be at each look, so that the chance of ever passing a bound,
 * when there is nothing, is alpha in all.
 *
 * The bounds spend alpha as the information (the share of the data that there
 * will be at most) grows, by a function of Lan and DeMets (Biometrika 70, 1983):
 * O'Brien and Fleming's kind spends next to nothing early and ends near the bound of
 * a single look; Pocock's is nearly level, and stops earlier when an effect is
 * large. They are found by integrating the density of the score over its grid, look by
 * look (Armitage, McPherson and Rowe, JRSS A 132, 1969; Jennison and Turnbull,
 * Group Sequential Methods, ch. 19); error below 0.001.
 */
#ifndef FOLIO_RUNNER_SEQUENTIAL_H
#define FOLIO_RUNNER_SEQUENTIAL_H

#include <stddef.h>

enum spending { SPENDING_OBRIEN_FLEMING, SPENDING_POCOCK };

/* What is spent of alpha, two-sided, when that share (0 to 1) of the information is in. */
double spending_spent(enum spending spending, double alpha, double information);

/*
 * critical_z[i] gets the bound on |z| at look i, for rising shares of information
 * in (0, 1]. A statistic with df degrees of freedom is held against
 * student_quantile(normal_tail(critical_z), df) instead. Returns 0 or -ENOMEM.
 */
int sequential_bounds(enum spending spending, double alpha, const double *information,
		      size_t n_looks, double *critical_z);

/* The bound at look (from 1) of looks that are evenly spaced; NAN: out of memory. */
double sequential_critical(enum spending spending, double alpha, size_t look, size_t n_looks);

#endif
