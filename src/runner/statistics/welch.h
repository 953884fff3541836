/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The difference of two samples' means when their variances may differ, with
 * Welch's standard error and Satterthwaite's degrees of freedom (Welch,
 * Biometrika 34, 1947).
 */
#ifndef FOLIO_RUNNER_WELCH_H
#define FOLIO_RUNNER_WELCH_H

#include <stddef.h>

struct welch {
	double difference;     /* mean of b less mean of a */
	double standard_error; /* 0: neither sample scatters */
	double df;             /* of Student's t */
};

/* Each sample holds at least one value; one of a single value counts as if it didn't scatter. */
struct welch welch(const double *a, size_t n_a, const double *b, size_t n_b);

/* The difference less shift, in standard errors; +-INFINITY or 0 where nothing scatters. */
double welch_t(const struct welch *w, double shift);

/* P of a difference so far above shift, or farther, if shift were the true one. */
double welch_tail(const struct welch *w, double shift);

#endif
