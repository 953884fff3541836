/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/judge.h"

#include <math.h>

#include "runner/statistics/rank.h"
#include "runner/statistics/sequential.h"
#include "runner/statistics/student.h"

static const size_t looks[AB_LOOKS] = {12, 24, 48, 96, 180, AB_RESTARTS_MAX};

const char *
ab_verdict_name(enum ab_verdict verdict)
{
	static const char *const names[] = {
		[AB_INCONCLUSIVE] = "inconclusive",
		[AB_UNCHANGED] = "unchanged",
		[AB_IMPROVED] = "improved",
		[AB_REGRESSED] = "regressed",
	};

	return names[verdict];
}

bool
ab_look_due(size_t restarts)
{
	for (size_t i = 0; i < AB_LOOKS; i++)
		if (restarts == looks[i])
			return true;
	return false;
}

double
ab_level(size_t restarts, bool last, size_t n_subjects)
{
	double information[AB_LOOKS], critical_z[AB_LOOKS];
	size_t n = 0;

	while (n < AB_LOOKS && looks[n] < restarts) {
		information[n] = (double)looks[n] / AB_RESTARTS_MAX;
		n++;
	}
	information[n] = last ? 1 : (double)restarts / AB_RESTARTS_MAX;
	/* Both sides of an interval: twice the chance of each. */
	if (sequential_bounds(SPENDING_POCOCK, 2 * AB_ALPHA / (double)n_subjects, information,
			      n + 1, critical_z))
		return NAN;
	return 1 - 2 * normal_tail(critical_z[n]);
}

static enum ab_verdict
verdict_of(const struct ab_judgement *judgement, double tolerance)
{
	if (judgement->low > tolerance)
		return AB_REGRESSED;
	if (judgement->high < -tolerance)
		return AB_IMPROVED;
	return judgement->high < tolerance ? AB_UNCHANGED : AB_INCONCLUSIVE;
}

int
ab_judge(const double *log_ratios, size_t n, double level, double tolerance,
	 struct ab_judgement *out)
{
	struct hodges_lehmann found;
	int error = hodges_lehmann(log_ratios, n, level, &found);

	if (error)
		return error;
	out->change = expm1(found.value);
	out->low = isnan(found.low) ? -INFINITY : expm1(found.low);
	out->high = isnan(found.high) ? INFINITY : expm1(found.high);
	out->verdict = verdict_of(out, tolerance);
	return 0;
}
