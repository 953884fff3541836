/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/statistics/welch.h"

#include <math.h>

#include "runner/statistics/student.h"

/* Mean of a sample, and the variance of that mean. */
static double
mean_of(const double *values, size_t n, double *variance)
{
	double sum = 0, squares = 0, mean;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	*variance = n > 1 ? squares / (double)(n - 1) / (double)n : 0;
	return mean;
}

struct welch
welch(const double *a, size_t n_a, const double *b, size_t n_b)
{
	double of_a, of_b, mean_a = mean_of(a, n_a, &of_a), mean_b = mean_of(b, n_b, &of_b);
	double parts = 0;

	if (n_a > 1)
		parts += of_a * of_a / (double)(n_a - 1);
	if (n_b > 1)
		parts += of_b * of_b / (double)(n_b - 1);
	return (struct welch){
		.difference = mean_b - mean_a,
		.standard_error = sqrt(of_a + of_b),
		.df = parts > 0 ? (of_a + of_b) * (of_a + of_b) / parts : INFINITY,
	};
}

double
welch_t(const struct welch *w, double shift)
{
	double off = w->difference - shift;

	if (w->standard_error > 0)
		return off / w->standard_error;
	return off == 0 ? 0 : copysign(INFINITY, off);
}

double
welch_tail(const struct welch *w, double shift)
{
	double t = welch_t(w, shift);

	if (isinf(t))
		return t > 0 ? 0 : 1;
	return isinf(w->df) ? normal_tail(t) : student_tail(t, w->df);
}
