/* SPDX-License-Identifier: BSD-3-Clause */
/* Medians, quantiles and intervals over units. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/report/stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_near(value, wanted, within) assert_true(fabs((value) - (wanted)) <= (within))

static void
test_median_and_quantiles(void **state)
{
	double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2};
	const double ascending[] = {10, 20, 30, 40, 50};

	(void)state;
	assert_near(stats_median(odd, COUNT(odd)), 3, 0);
	assert_near(stats_median(even, COUNT(even)), 2.5, 0);
	assert_near(stats_quantile(ascending, COUNT(ascending), 0), 10, 0);
	assert_near(stats_quantile(ascending, COUNT(ascending), 1), 50, 0);
	assert_near(stats_quantile(ascending, COUNT(ascending), 0.25), 20, 1e-12);
	assert_near(stats_quantile(ascending, COUNT(ascending), 0.1), 14, 1e-12);
	assert_true(isnan(stats_median(odd, 0)));
}

static struct units
units_of(const struct observation *series, size_t n)
{
	struct units units;

	assert_int_equal(units_of_series(series, n, &units), 0);
	return units;
}

static void
test_constant_series(void **state)
{
	const struct observation series[] = {{7, 0}, {7, 0}, {7, 1}, {7, 2}};
	struct units units = units_of(series, COUNT(series));
	struct estimate e = units_estimate(&units);

	(void)state;
	assert_int_equal(units.n, 3);
	assert_near(e.value, 7, 0);
	assert_near(e.ci_low, 7, 0);
	assert_near(e.ci_high, 7, 0);
	assert_int_equal(e.n, 4);
}

/* Medians 1, 2, 6: mean 3, standard deviation sqrt(7); t with 2 degrees of freedom is 4.30265. */
static void
test_restarts_are_the_units(void **state)
{
	const struct observation series[] = {{0, 0}, {1, 0}, {99, 0}, {2, 3}, {5, 7}, {7, 7}};
	struct units units = units_of(series, COUNT(series));
	struct estimate e = units_estimate(&units);

	(void)state;
	assert_int_equal(units.n, 3);
	assert_int_equal(units.id[1], 3);
	assert_int_equal(units.id[2], 7);
	assert_near(units_variance(&units), 7, 1e-12);
	assert_near(e.value, 3, 1e-12);
	assert_near(e.ci_high - e.value, 4.302652730 * sqrt(7.0 / 3), 1e-7);
	assert_near(e.value - e.ci_low, 4.302652730 * sqrt(7.0 / 3), 1e-7);
	assert_int_equal(e.n, 6);
}

/* Medians 1, 10, 100: logarithms -1, 0, 1 times ln 10 about that of 10. */
static void
test_positive_quantities(void **state)
{
	const struct observation series[] = {{1, 0}, {10, 1}, {100, 2}};
	const struct observation two[] = {{38, 0}, {125, 1}}, zero[] = {{0, 0}, {4, 1}};
	struct units units = units_of(series, COUNT(series));
	struct estimate e = units_estimate_positive(&units);
	double factor = exp(4.302652730 * log(10) / sqrt(3));

	(void)state;
	assert_near(e.value, 10, 1e-12);
	assert_near(e.ci_high, 10 * factor, 1e-4);
	assert_near(e.ci_low, 10 / factor, 1e-7);
	e = units_estimate_positive_within(&units, 0);
	assert_near(e.ci_high, 10, 1e-12);
	units = units_of(two, COUNT(two));
	e = units_estimate_positive(&units);
	assert_true(e.ci_low > 0 && e.ci_low < e.value && e.value < e.ci_high);
	units = units_of(zero, COUNT(zero));
	e = units_estimate_positive(&units);
	assert_near(e.value, 2, 0);
	assert_true(e.ci_low < 0);
	units = units_of(series, 1);
	e = units_estimate_positive(&units);
	assert_near(e.value, 1, 0);
	assert_true(isnan(e.ci_low) && isnan(e.ci_high));
}

static void
test_batches_of_one_restart(void **state)
{
	struct observation series[20];
	struct units units;

	(void)state;
	for (size_t i = 0; i < COUNT(series); i++)
		series[i] = (struct observation){(double)i, 5};
	units = units_of(series, COUNT(series));
	assert_int_equal(units.n, UNITS_OF_ONE_RESTART);
	assert_near(units.at[0], 2, 0);
	assert_near(units.at[3], 17, 0);
	units = units_of(series, 3);
	assert_int_equal(units.n, 3);
	assert_near(units.at[2], 2, 0);
}

static void
test_too_few_and_too_many(void **state)
{
	static struct observation many[UNITS_MAX + 1];
	const struct observation one[] = {{3, 0}};
	struct units units = units_of(one, 1);
	struct estimate e = units_estimate(&units);

	(void)state;
	assert_near(e.value, 3, 0);
	assert_true(isnan(e.ci_low) && isnan(e.ci_high));
	assert_true(isnan(units_variance(&units)));
	units = units_of(one, 0);
	e = units_estimate(&units);
	assert_true(isnan(e.value) && isnan(e.ci_low));
	assert_int_equal(e.n, 0);
	for (uint32_t i = 0; i < COUNT(many); i++)
		many[i].restart = i;
	assert_int_equal(units_of_series(many, UNITS_MAX, &units), 0);
	assert_int_equal(units_of_series(many, UNITS_MAX + 1, &units), -E2BIG);
}

/* Unit by unit, over those that both have: sums of values are values of sums. */
static void
test_sum_and_ratio(void **state)
{
	const struct observation x[] = {{10, 0}, {20, 1}, {60, 2}, {7, 4}};
	const struct observation y[] = {{5, 0}, {4, 1}, {6, 2}, {1, 3}};
	struct units a = units_of(x, COUNT(x)), b = units_of(y, COUNT(y)), sum = a, ratio = a;

	(void)state;
	units_add(&sum, -2, &b);
	assert_int_equal(sum.n, 3);
	assert_near(units_estimate(&sum).value, 20, 1e-12);
	units_divide(&ratio, &b);
	assert_near(units_estimate(&ratio).value, (2 + 5 + 10) / 3.0, 1e-12);
	units_scale(&ratio, 3);
	assert_near(units_estimate(&ratio).value, 17, 1e-12);
	units_keep_common(&a, &b);
	assert_int_equal(a.n, 3);
	assert_near(units_estimate(&a).value, 30, 1e-12);
	assert_near(estimate_half_width_share(&(struct estimate){2, 1, 4, 9}), 0.75, 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median_and_quantiles),
		cmocka_unit_test(test_constant_series),
		cmocka_unit_test(test_restarts_are_the_units),
		cmocka_unit_test(test_positive_quantities),
		cmocka_unit_test(test_batches_of_one_restart),
		cmocka_unit_test(test_too_few_and_too_many),
		cmocka_unit_test(test_sum_and_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
