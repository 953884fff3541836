/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/statistics/sequential.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "runner/statistics/student.h"

#define POINTS 401 /* of a grid; odd, for Simpson's rule */
#define HALVINGS 50
#define Z_MAX 10.0 /* beyond it lies nothing that a double would notice in a sum */

/* The density of the score among runs that have not passed a bound, from -end to end. */
struct density {
	double end;
	double at[POINTS];
};

double
spending_spent(enum spending spending, double alpha, double information)
{
	if (spending == SPENDING_POCOCK)
		return alpha * log(1 + (M_E - 1) * information);
	/* Each side spends its half by itself. */
	return 4 * normal_tail(normal_quantile(alpha / 4) / sqrt(information));
}

static double
place(const struct density *d, size_t i)
{
	return d->end * (2 * (double)i / (POINTS - 1) - 1);
}

/* Simpson's weight of the i-th point. */
static double
weight(const struct density *d, size_t i)
{
	double step = 2 * d->end / (POINTS - 1);

	if (i == 0 || i == POINTS - 1)
		return step / 3;
	return (i % 2 ? 4 : 2) * step / 3;
}

/* The chance to go past +-bound at a look that adds that variance. */
static double
crossing(const struct density *before, double variance, double bound)
{
	double sigma = sqrt(variance), sum = 0;

	if (!before)
		return 2 * normal_tail(bound / sigma);
	for (size_t i = 0; i < POINTS; i++) {
		double x = place(before, i);

		sum += weight(before, i) * before->at[i] *
		       (normal_tail((bound - x) / sigma) + normal_tail((bound + x) / sigma));
	}
	return sum;
}

static double
normal_density(double x, double variance)
{
	return exp(-x * x / (2 * variance)) / sqrt(2 * M_PI * variance);
}

static void
advance(const struct density *before, double variance, double bound, struct density *after)
{
	after->end = bound;
	for (size_t i = 0; i < POINTS; i++) {
		double x = place(after, i), sum = 0;

		if (!before)
			sum = normal_density(x, variance);
		for (size_t j = 0; before && j < POINTS; j++)
			sum += weight(before, j) * before->at[j] *
			       normal_density(x - place(before, j), variance);
		after->at[i] = sum;
	}
}

/* The bound on the score that spends just that much. */
static double
find_bound(const struct density *before, double variance, double end, double spend)
{
	double low = 0, high = end;

	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (crossing(before, variance, middle) > spend)
			low = middle;
		else
			high = middle;
	}
	return high;
}

int
sequential_bounds(enum spending spending, double alpha, const double *information, size_t n_looks,
		  double *critical_z)
{
	struct density *densities = malloc(2 * sizeof(*densities)), *before = NULL;
	double seen = 0, spent = 0;

	if (!densities)
		return -ENOMEM;
	for (size_t i = 0; i < n_looks; i++) {
		struct density *after = &densities[i % 2];
		double variance = information[i] - seen, root = sqrt(information[i]);
		double due = spending_spent(spending, alpha, information[i]);
		double bound = find_bound(before, variance, Z_MAX * root, due - spent);

		critical_z[i] = bound / root;
		advance(before, variance, bound, after);
		before = after;
		seen = information[i];
		spent = due;
	}
	free(densities);
	return 0;
}

double
sequential_critical(enum spending spending, double alpha, size_t look, size_t n_looks)
{
	double *information = malloc(2 * look * sizeof(*information)), found = NAN;

	if (!information)
		return NAN;
	for (size_t i = 0; i < look; i++)
		information[i] = (double)(i + 1) / (double)n_looks;
	if (sequential_bounds(spending, alpha, information, look, information + look) == 0)
		found = information[2 * look - 1];
	free(information);
	return found;
}
