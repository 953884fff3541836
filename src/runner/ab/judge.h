/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verdict on restarts' log ratios of B to A, which may be asked for repeatedly
 * while they grow.
 *
 * The interval is Hodges and Lehmann's (rank.h). Its level keeps the chance that a
 * whole comparison ever sees a regression of a build that is none, over all its
 * subjects and looks, at AB_ALPHA; and so that it ever sees an improvement: each
 * subject gets an even share (Bonferroni: it asks nothing of how they depend on each
 * other, and lets each be decided by itself, when it can), which is spent over the
 * looks nearly level, in Pocock's way (sequential.h).
 */
#ifndef FOLIO_RUNNER_AB_JUDGE_H
#define FOLIO_RUNNER_AB_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#define AB_ALPHA 0.01
#define AB_LOOKS 6
#define AB_RESTARTS_MAX 360

enum ab_verdict { AB_INCONCLUSIVE, AB_UNCHANGED, AB_IMPROVED, AB_REGRESSED };

const char *ab_verdict_name(enum ab_verdict verdict);

/* B's cost less A's, as a share of A's. The limits are +-INFINITY where restarts are too few. */
struct ab_judgement {
	double change, low, high;
	enum ab_verdict verdict;
};

/* Is there a look after so many restarts? */
bool ab_look_due(size_t restarts);

/*
 * The level of the interval at a look after so many restarts, the looks due before
 * being taken; last: what is left of the chance is spent. NAN: no memory.
 */
double ab_level(size_t restarts, bool last, size_t n_subjects);

/*
 * regressed: the whole interval lies above tolerance (0.01: 1%); improved: below
 * -tolerance; unchanged: below +tolerance. n is at least 1. Returns 0 or -ENOMEM.
 */
int ab_judge(const double *log_ratios, size_t n, double level, double tolerance,
	     struct ab_judgement *out);

#endif
