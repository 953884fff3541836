/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/statistics/student.h"

#include <float.h>
#include <math.h>

#define STEPS_MAX 200
#define CLOSE_ENOUGH 1e-12

double
normal_tail(double z)
{
	return erfc(z / M_SQRT2) / 2;
}

double
normal_quantile(double tail)
{
	double z = 0;

	if (tail > 0.5)
		return -normal_quantile(1 - tail);
	for (int i = 0; i < STEPS_MAX; i++) {
		double density = exp(-z * z / 2) / sqrt(2 * M_PI);
		double step = (normal_tail(z) - tail) / density;

		z += step;
		if (fabs(step) <= CLOSE_ENOUGH * (1 + z))
			break;
	}
	return z;
}

/* No divisor of Lentz's method may be zero. */
static double
not_zero(double x)
{
	return fabs(x) < DBL_MIN ? DBL_MIN : x;
}

/* The continued fraction of the incomplete beta function, by Lentz's method. */
static double
beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), fraction = d;

	for (int m = 1; m < 10 * STEPS_MAX; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double change;

		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		fraction *= d * c;
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		change = d * c;
		fraction *= change;
		if (fabs(change - 1) < CLOSE_ENOUGH)
			break;
	}
	return fraction;
}

/* The regularised incomplete beta function; y is 1 - x, to all its digits. */
static double
incomplete_beta(double a, double b, double x, double y)
{
	double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));

	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, y) / b;
}

double
student_tail(double t, double df)
{
	double square = t * t;

	if (t < 0)
		return 1 - student_tail(-t, df);
	if (square == 0)
		return 0.5;
	if (isinf(square))
		return 0;
	return incomplete_beta(df / 2, 0.5, df / (df + square), square / (df + square)) / 2;
}

double
student_quantile(double tail, double df)
{
	double scale, t;

	if (tail > 0.5)
		return -student_quantile(1 - tail, df);
	/* A t with these degrees of freedom lies further out than a normal deviate. */
	t = normal_quantile(tail);
	scale = exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(df * M_PI);
	for (int i = 0; i < STEPS_MAX; i++) {
		double density = scale * pow(1 + t * t / df, -(df + 1) / 2);
		double step = (student_tail(t, df) - tail) / density;

		t += step;
		if (fabs(step) <= CLOSE_ENOUGH * (1 + t))
			break;
	}
	return t;
}
