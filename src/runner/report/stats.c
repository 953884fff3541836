/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/compare.h"

#define VAGUE_SHARE 0.5

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

double
estimate_half_width_share(const struct estimate *estimate)
{
	return (estimate->ci_high - estimate->ci_low) / 2 / fabs(estimate->value);
}

bool
estimate_is_vague(const struct estimate *estimate, double scale)
{
	return (estimate->ci_high - estimate->ci_low) / 2 > VAGUE_SHARE * fabs(scale);
}

struct estimate
estimate_none(void)
{
	return (struct estimate){NAN, NAN, NAN, 0};
}
