/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/compare.h"

double
stats_quantile(const double *ascending, size_t n, double share)
{
	double position, below;
	size_t i;

	if (n == 0)
		return NAN;
	position = share * (double)(n - 1);
	below = floor(position);
	i = (size_t)below;
	if (i + 1 >= n)
		return ascending[n - 1];
	return ascending[i] + (position - below) * (ascending[i + 1] - ascending[i]);
}

double
stats_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return stats_quantile(values, n, 0.5);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void
bootstrap_add(struct bootstrap *sum, double weight, const struct bootstrap *term)
{
	sum->value += weight * term->value;
	sum->n = smaller(sum->n, term->n);
	for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
		sum->draws[i] += weight * term->draws[i];
}

void
bootstrap_scale(struct bootstrap *b, double factor)
{
	b->value *= factor;
	for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
		b->draws[i] *= factor;
}

void
bootstrap_divide(struct bootstrap *quotient, const struct bootstrap *divisor)
{
	quotient->value /= divisor->value;
	quotient->n = smaller(quotient->n, divisor->n);
	for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
		quotient->draws[i] /= divisor->draws[i];
}

struct estimate
bootstrap_estimate(const struct bootstrap *from)
{
	struct estimate e = {from->value, NAN, NAN, from->n};
	double draws[BOOTSTRAP_RESAMPLES];

	if (from->n < 2)
		return e;
	for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++) {
		if (!isfinite(from->draws[i]))
			return e;
		draws[i] = from->draws[i];
	}
	qsort(draws, BOOTSTRAP_RESAMPLES, sizeof(draws[0]), compare_doubles);
	e.ci_low = stats_quantile(draws, BOOTSTRAP_RESAMPLES, 0.025);
	e.ci_high = stats_quantile(draws, BOOTSTRAP_RESAMPLES, 0.975);
	return e;
}

double
estimate_half_width_share(const struct estimate *estimate)
{
	return (estimate->ci_high - estimate->ci_low) / 2 / fabs(estimate->value);
}

struct estimate
estimate_none(void)
{
	return (struct estimate){NAN, NAN, NAN, 0};
}
