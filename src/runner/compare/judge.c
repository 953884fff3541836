/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/compare/judge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "runner/statistics/holm.h"
#include "runner/statistics/permutation.h"
#include "runner/statistics/student.h"
#include "runner/statistics/welch.h"

/* Means of equal values differ in their last digits. */
#define ROUNDING 1e-9
#define TAIL 0.025 /* on each side of a 95% interval */
#define SEED 1     /* of drawn permutations: the same files give the same verdicts */

const char *
verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_UNCHANGED] = "unchanged",
		[VERDICT_IMPROVED] = "improved",
		[VERDICT_INCONCLUSIVE] = "inconclusive",
		[VERDICT_REGRESSED] = "regressed",
	};

	return names[verdict];
}

/* Units in shares of base, as they are weighed. */
static void
to_shares(const struct units *units, const struct judgement *j, double *shares)
{
	for (size_t i = 0; i < units->n; i++) {
		double share = units->at[i] / fabs(j->base);

		shares[i] = j->by_factors ? log(share) : share;
	}
}

/* A change as a share of base, on the scale of what is weighed; and back. */
static double
to_scale(const struct judgement *j, double share)
{
	return j->by_factors ? log1p(share) : share;
}

static double
from_scale(const struct judgement *j, double difference)
{
	return j->by_factors ? expm1(difference) : difference;
}

static struct estimate
change_of(const struct judgement *j, const struct welch *w, size_t n)
{
	double half_width = 0;

	if (w->standard_error > 0)
		half_width = student_quantile(TAIL, w->df) * w->standard_error;
	return (struct estimate){from_scale(j, w->difference),
				 from_scale(j, w->difference - half_width),
				 from_scale(j, w->difference + half_width), n};
}

static bool
all_positive(const struct units *units)
{
	for (size_t i = 0; i < units->n; i++)
		if (!(units->at[i] > 0))
			return false;
	return true;
}

static double
mean_of(const struct judgement *j, const struct units *units)
{
	return (j->by_factors ? units_estimate_positive(units) : units_estimate(units)).value;
}

/* Where base is 0 there are no shares: any other figure is a change beyond all measure. */
static void
weigh_against_zero(struct judgement *out)
{
	bool is_zero = out->new == 0;

	out->exact = true;
	out->change = is_zero ? (struct estimate){0, 0, 0, 1} : estimate_none();
	out->change.value = is_zero ? 0 : copysign(INFINITY, out->new);
	out->p_above = out->new > 0 ? 0 : 1;
	out->p_below = out->new < 0 ? 0 : 1;
	out->p_outside = is_zero ? 0 : 1;
}

void
judge_weigh(const struct units *base, const struct units *new, bool positive, double tolerance,
	    struct judgement *out)
{
	double a[UNITS_MAX], b[UNITS_MAX];
	struct welch w;

	*out = (struct judgement){
		.by_factors = positive && all_positive(base) && all_positive(new),
		.single = base->n < 2 || new->n < 2,
	};
	out->base = mean_of(out, base);
	out->new = mean_of(out, new);
	if (out->base == 0) {
		weigh_against_zero(out);
		return;
	}
	to_shares(base, out, a);
	to_shares(new, out, b);
	w = welch(a, base->n, b, new->n);
	if (w.standard_error <= ROUNDING)
		w.standard_error = 0;
	if (fabs(w.difference) <= ROUNDING)
		w.difference = 0;
	out->exact = w.standard_error == 0;
	out->change = change_of(out, &w, base->n < new->n ? base->n : new->n);
	out->p_above = welch_tail(&w, to_scale(out, tolerance));
	out->p_below = 1 - welch_tail(&w, to_scale(out, -tolerance));
	out->p_outside = fmax(1 - out->p_above, 1 - out->p_below);
}

void
judge_exactly(struct judgement *judgement)
{
	double change = judgement->change.value;

	judgement->p_above = change > 0 ? 0 : 1;
	judgement->p_below = change < 0 ? 0 : 1;
	judgement->p_outside = change == 0 ? 0 : 1;
}

bool
judge_is_test(const struct judgement *judgement)
{
	return !judgement->exact && !judgement->single;
}

double
judge_strictest(double false_alarms, size_t n_tests)
{
	return n_tests ? false_alarms / (2 * (double)n_tests) : false_alarms;
}

int
judge_permute(const struct units *base, const struct units *new, double tolerance,
	      double false_alarms, size_t n_tests, struct judgement *judgement)
{
	double ways = fmin(permutation_ways(base->n + new->n, base->n), PERMUTATION_ALL_MAX);
	double a[UNITS_MAX], b[UNITS_MAX];
	int err = 0;

	if (!judge_is_test(judgement) || 1 / ways > judge_strictest(false_alarms, n_tests))
		return 0;
	to_shares(base, judgement, a);
	to_shares(new, judgement, b);
	for (size_t i = 0; i < new->n; i++)
		b[i] -= to_scale(judgement, tolerance);
	if (judgement->p_above <= false_alarms) {
		judgement->by_permutation = true;
		err = permutation_greater(a, base->n, b, new->n, SEED, &judgement->p_above);
	}
	for (size_t i = 0; i < new->n; i++)
		b[i] += to_scale(judgement, tolerance) - to_scale(judgement, -tolerance);
	if (!err && judgement->p_below <= false_alarms) {
		judgement->by_permutation = true;
		err = permutation_greater(b, new->n, a, base->n, SEED, &judgement->p_below);
	}
	return err;
}

static enum verdict
verdict_of(const struct judgement *j, double false_alarms, double unchanged_error)
{
	if (j->single)
		return j->exact && j->change.value == 0 ? VERDICT_UNCHANGED : VERDICT_INCONCLUSIVE;
	if (j->p_above <= false_alarms)
		return VERDICT_REGRESSED;
	if (j->p_below <= false_alarms)
		return VERDICT_IMPROVED;
	return j->p_outside <= unchanged_error ? VERDICT_UNCHANGED : VERDICT_INCONCLUSIVE;
}

int
judge_settle(struct judgement *judgements, size_t n, double false_alarms, double unchanged_error)
{
	double *p = malloc((2 * n + 1) * sizeof(*p));
	size_t tests = 0, k = 0;
	int err;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!judge_is_test(&judgements[i]))
			continue;
		p[tests++] = judgements[i].p_above;
		p[tests++] = judgements[i].p_below;
	}
	err = holm_correct(p, tests);
	for (size_t i = 0; !err && i < n; i++) {
		if (judge_is_test(&judgements[i])) {
			judgements[i].p_above = p[k++];
			judgements[i].p_below = p[k++];
		}
		judgements[i].verdict = verdict_of(&judgements[i], false_alarms, unchanged_error);
	}
	free(p);
	return err;
}
