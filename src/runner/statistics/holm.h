/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many tests at once: Holm's step-down correction (Scandinavian Journal of
 * Statistics 6, 1979). Tests whose corrected p is at most alpha may be believed: the
 * chance that even one of them is a false alarm is at most alpha, however the tests depend
 * on each other.
 */
#ifndef FOLIO_RUNNER_HOLM_H
#define FOLIO_RUNNER_HOLM_H

#include <stddef.h>

/* Replaces each of the n p-values, in their places, by its corrected one. Returns 0 or -ENOMEM. */
int holm_correct(double *p, size_t n);

#endif
