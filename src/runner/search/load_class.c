/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/search/load_class.h"

#include <math.h>
#include <stdlib.h>

/* Sums of durations that are equal in decimals need not be in binary. */
#define EPSILON_S 1e-9

enum load_class
load_classify(const struct load_sums *sums, double duration_s, double exceed)
{
	double balancing_s = sums->short_low_s * exceed / (1 - exceed);
	double excess_s = fmax(0, sums->short_high_s - balancing_s);
	double high_s = sums->full_high_s + excess_s;
	double whole_s = fmax(duration_s, sums->full_low_s + high_s);
	double allowed_s = whole_s * exceed + EPSILON_S;

	if (high_s > allowed_s)
		return LOAD_UPPER;
	return whole_s - sums->full_low_s <= allowed_s ? LOAD_LOWER : LOAD_UNDECIDED;
}

static int
compare_losses(const void *a, const void *b)
{
	double x = ((const struct full_trial *)a)->loss_share;
	double y = ((const struct full_trial *)b)->loss_share;

	return (x > y) - (x < y);
}

double
load_forwarded_share(struct full_trial *trials, size_t n, double duration_s, double exceed)
{
	double full_s = 0, left_s;
	size_t i = 0;

	qsort(trials, n, sizeof(*trials), compare_losses);
	for (size_t k = 0; k < n; k++)
		full_s += trials[k].duration_s;
	left_s = fmax(duration_s, full_s) * (1 - exceed) - trials[0].duration_s;
	while (left_s > EPSILON_S && i + 1 < n)
		left_s -= trials[++i].duration_s;
	return left_s > EPSILON_S ? 0 : 1 - trials[i].loss_share;
}
