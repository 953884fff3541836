/* SPDX-License-Identifier: BSD-3-Clause */
/* Medians, quantiles and bootstrap intervals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "runner/report/stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_near(value, wanted, within) assert_true(fabs((value) - (wanted)) <= (within))

static struct bootstrap a, b; /* large: not for the stack */

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

static void
test_constant_series(void **state)
{
	const struct observation series[] = {{7, 0}, {7, 0}, {7, 1}, {7, 2}};
	struct estimate e;

	(void)state;
	assert_int_equal(bootstrap_median(series, COUNT(series), 1, 1, &a), 0);
	e = bootstrap_estimate(&a);
	assert_near(e.value, 7, 0);
	assert_near(e.ci_low, 7, 0);
	assert_near(e.ci_high, 7, 0);
	assert_int_equal(e.n, 4);
}

/* Two restarts far apart, nearly constant within: only resampling restarts can see the spread. */
static void
test_restarts_are_a_level(void **state)
{
	struct observation series[64];
	struct estimate e;

	(void)state;
	for (uint32_t i = 0; i < COUNT(series); i++)
		series[i] = (struct observation){i < 32 ? 100 : 200, i / 32};
	assert_int_equal(bootstrap_median(series, COUNT(series), 3, 4, &a), 0);
	e = bootstrap_estimate(&a);
	assert_near(e.ci_low, 100, 0);
	assert_near(e.ci_high, 200, 0);
}

static void
test_too_few(void **state)
{
	const struct observation one[] = {{3, 0}};
	struct estimate e;

	(void)state;
	assert_int_equal(bootstrap_median(one, 1, 1, 1, &a), 0);
	e = bootstrap_estimate(&a);
	assert_near(e.value, 3, 0);
	assert_true(isnan(e.ci_low) && isnan(e.ci_high));
	assert_int_equal(bootstrap_median(one, 0, 1, 1, &a), 0);
	e = bootstrap_estimate(&a);
	assert_true(isnan(e.value) && isnan(e.ci_low));
	assert_int_equal(e.n, 0);
}

/* A normal deviate, near enough, and in one case of twenty ten times as wide. */
static double
heavy_tailed(struct random_state *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += (double)random_below(random, 1u << 30) / (1u << 30);
	return sum * (random_below(random, 20) ? 1 : 10);
}

static void
fill(struct observation *series, size_t n, size_t pairs, double centre, double restart_spread,
     struct random_state *random)
{
	double effect = 0;

	for (size_t i = 0; i < n; i++) {
		if (i % pairs == 0)
			effect = restart_spread * heavy_tailed(random);
		series[i] = (struct observation){centre + effect + heavy_tailed(random),
						 (uint32_t)(i / pairs)};
	}
}

static double
coverage(size_t restarts, size_t pairs, double restart_spread)
{
	const int rounds = 400;
	struct random_state random = {restarts * 1000 + pairs};
	struct observation series[512];
	int covered = 0;

	for (int i = 0; i < rounds; i++) {
		struct estimate e;

		fill(series, restarts * pairs, pairs, 50, restart_spread, &random);
		assert_int_equal(bootstrap_median(series, restarts * pairs, (uint64_t)i, 9, &a), 0);
		e = bootstrap_estimate(&a);
		covered += e.ci_low <= 50 && e.ci_high >= 50;
	}
	return (double)covered / rounds;
}

static void
test_coverage(void **state)
{
	(void)state;
	/* Many restarts that differ as much as pairs do; few restarts that are alike. */
	assert_in_range(1000 * coverage(16, 8, 1), 910, 985);
	assert_in_range(1000 * coverage(3, 32, 0), 910, 1000);
	/* The documented limit: few restarts that differ more than pairs do. */
	assert_in_range(1000 * coverage(3, 32, 2), 650, 900);
}

static void
test_same_seed_same_interval(void **state)
{
	struct random_state random = {5};
	struct observation series[96];

	(void)state;
	fill(series, COUNT(series), 32, 10, 0.5, &random);
	assert_int_equal(bootstrap_median(series, COUNT(series), 7, 2, &a), 0);
	assert_int_equal(bootstrap_median(series, COUNT(series), 7, 2, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(bootstrap_median(series, COUNT(series), 8, 2, &b), 0);
	assert_memory_not_equal(a.draws, b.draws, sizeof(a.draws));
}

static void
test_difference_and_ratio(void **state)
{
	struct random_state random = {6};
	struct observation x[96], y[96];
	struct estimate difference, ratio;

	(void)state;
	fill(x, COUNT(x), 32, 300, 0, &random);
	fill(y, COUNT(y), 32, 100, 0, &random);
	assert_int_equal(bootstrap_median(x, COUNT(x), 7, 1, &a), 0);
	assert_int_equal(bootstrap_median(y, COUNT(y), 7, 2, &b), 0);
	bootstrap_divide(&a, &b);
	ratio = bootstrap_estimate(&a);
	assert_int_equal(bootstrap_median(x, COUNT(x), 7, 1, &a), 0);
	bootstrap_scale(&b, 2);
	bootstrap_add(&a, -0.5, &b);
	difference = bootstrap_estimate(&a);
	assert_near(ratio.value, 3, 0.03);
	assert_true(ratio.ci_low < 3 && ratio.ci_high > 3 && ratio.ci_high - ratio.ci_low < 0.1);
	assert_near(difference.value, 200, 1);
	assert_true(difference.ci_low < 200 && difference.ci_high > 200);
	assert_near(estimate_half_width_share(&(struct estimate){2, 1, 4, 9}), 0.75, 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median_and_quantiles),
		cmocka_unit_test(test_constant_series),
		cmocka_unit_test(test_restarts_are_a_level),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_same_seed_same_interval),
		cmocka_unit_test(test_difference_and_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
