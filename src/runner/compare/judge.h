/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One figure of two runs: has it changed by more than is tolerated?
 *
 * The units are restarts (stats.h), in shares of BASE's mean; of what is above zero by its
 * nature both means are the geometric ones that the report has, and the units are the shares'
 * logarithms. Two one-sided tests ask whether NEW lies above BASE by more than the tolerance, and whether below.
 * They are Welch's t; and where the restarts are many enough for permutations to
 * come under the level that is asked for, those must find what it finds. The
 * p-values of all figures of a comparison are corrected together (Holm), so that
 * the chance of any false alarm in it is what the thresholds say.
 *
 *   regressed     it is worse by more than the tolerance
 *   improved      it is better by more than the tolerance
 *   unchanged     it is within the tolerance on both sides
 *   inconclusive  the restarts cannot tell: more of them would
 *
 * Limit. Restarts show what differs from process to process, not what lasts as
 * long as a run. On a busy machine two runs of one build, in a row, have differed
 * by 14% in every restart of a configuration, the reference being the same in both.
 * No statistic of two runs can tell that from a change; runs in turns can.
 */
#ifndef FOLIO_RUNNER_JUDGE_H
#define FOLIO_RUNNER_JUDGE_H

#include <stdbool.h>

#include "runner/report/stats.h"

enum verdict { VERDICT_UNCHANGED, VERDICT_IMPROVED, VERDICT_INCONCLUSIVE, VERDICT_REGRESSED };

struct judgement {
	double base, new; /* means over restarts, in the figure's unit */
	bool by_factors;  /* they are geometric means, and logarithms were weighed */
	/* As a share of base (0.02: 2% more); INFINITY where base is 0 and new isn't. */
	struct estimate change;
	/* That it lies beyond the tolerance by chance; judge_settle() corrects them. */
	double p_above, p_below;
	double p_outside; /* that it seems to lie within the tolerance by chance */
	bool exact;  /* no restart differs from another of its run: nothing is left to chance */
	bool single; /* one of the runs has one restart only: nothing is known of chance */
	bool by_permutation;
	enum verdict verdict; /* after judge_settle() */
};

/*
 * Weighs two runs' units, at least one each, by Welch's t. positive: above zero by its nature,
 * taken by factors unless a unit is not. tolerance: share of base.
 */
void judge_weigh(const struct units *base, const struct units *new, bool positive, double tolerance,
		 struct judgement *out);

/* Of an exact judgement: tolerates nothing. */
void judge_exactly(struct judgement *judgement);

/* Has chance a part in it that can be reckoned with? Only then is it one of a family of tests. */
bool judge_is_test(const struct judgement *judgement);

/* The p that the most extreme figure of a family of that size must come under. */
double judge_strictest(double false_alarms, size_t n_tests);

/*
 * Weighs them again by permutations, where those can come under the strictest
 * level at all, and Welch's t is an alarm before any correction: what is none then cannot
 * become one. Returns 0 or -ENOMEM.
 */
int judge_permute(const struct units *base, const struct units *new, double tolerance,
		  double false_alarms, size_t n_tests, struct judgement *judgement);

/*
 * Corrects the p-values of the tests among n judgements together, and gives each
 * judgement its verdict. unchanged_error: the chance to call a figure unchanged
 * that is at the edge of the tolerance. Returns 0 or -ENOMEM.
 */
int judge_settle(struct judgement *judgements, size_t n, double false_alarms,
		 double unchanged_error);

/* "regressed"... */
const char *verdict_name(enum verdict verdict);

#endif
