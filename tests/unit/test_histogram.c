/* SPDX-License-Identifier: BSD-3-Clause */
/* The histogram's quantiles against exact ones, its edges, and its merging. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compare.h"
#include "base/histogram.h"
#include "simulate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define VALUES 100000

static struct histogram h, other;
static uint64_t values[VALUES];

/* 5 us, and a tail of milliseconds: what latencies look like. */
static double
lognormal(struct random_state *random)
{
	return 5e3 * exp(0.8 * simulate_normal(random));
}

static double
uniform(struct random_state *random)
{
	return 50 + 1e6 * simulate_uniform(random);
}

static double
exponential(struct random_state *random)
{
	return 100 - 2e5 * log(simulate_uniform(random));
}

/* Two modes far apart: an answer at once, or after a wake-up. */
static double
two_modes(struct random_state *random)
{
	double centre = random_below(random, 4) ? 800 : 3e6;

	return centre * (1 + 0.05 * simulate_normal(random));
}

/* Across the whole range, each power alike. */
static double
log_uniform(struct random_state *random)
{
	return 50 * pow(2e8, simulate_uniform(random));
}

/* The tail of tails: Pareto with exponent 1. */
static double
pareto(struct random_state *random)
{
	return fmin(60 / simulate_uniform(random), 9.9e9);
}

static void
test_quantiles(void **state)
{
	static double (*const draws[])(struct random_state *) = {
		lognormal, uniform, exponential, two_modes, log_uniform, pareto};
	static const double shares[] = {0, 0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1};

	(void)state;
	for (size_t d = 0; d < COUNT(draws); d++) {
		struct random_state random = {d + 1};
		double sum = 0;

		histogram_init(&h);
		for (size_t i = 0; i < VALUES; i++) {
			values[i] = (uint64_t)draws[d](&random);
			histogram_add(&h, values[i]);
			sum += (double)values[i];
		}
		qsort(values, VALUES, sizeof(values[0]), compare_u64s);
		for (size_t s = 0; s < COUNT(shares); s++) {
			size_t rank = (size_t)ceil(shares[s] * VALUES);
			double exact = (double)values[rank ? rank - 1 : 0];
			double found = histogram_quantile_ns(&h, shares[s]);

			assert_true(fabs(found - exact) <= HISTOGRAM_ERROR * exact);
		}
		assert_true(h.min_ns == values[0] && h.max_ns == values[VALUES - 1]);
		assert_true(fabs(histogram_mean_ns(&h) - sum / VALUES) <= 1e-9 * sum / VALUES);
		assert_true(h.n_below == 0 && h.n_above == 0);
	}
}

/* Every bucket of the range is reached in order, none is skipped, none beyond. */
static void
test_buckets(void **state)
{
	uint32_t last = histogram_bucket(HISTOGRAM_MIN_NS);

	(void)state;
	assert_int_equal(last, HISTOGRAM_MIN_NS);
	for (double ns = HISTOGRAM_MIN_NS; ns <= HISTOGRAM_MAX_NS; ns *= 1.003) {
		uint32_t bucket = histogram_bucket((uint64_t)ns);

		assert_in_range(bucket, last, last + 1);
		last = bucket;
	}
	assert_int_equal(histogram_bucket(HISTOGRAM_MAX_NS), HISTOGRAM_BUCKETS - 1);
	for (uint64_t power = 256; power <= HISTOGRAM_MAX_NS; power *= 2)
		assert_int_equal(histogram_bucket(power), histogram_bucket(power - 1) + 1);
}

static void
test_outside(void **state)
{
	(void)state;
	histogram_init(&h);
	assert_true(isnan(histogram_mean_ns(&h)) && isnan(histogram_quantile_ns(&h, 0.5)));
	histogram_add(&h, 0);
	histogram_add(&h, 49);
	histogram_add(&h, 50);
	histogram_add(&h, HISTOGRAM_MAX_NS);
	histogram_add(&h, HISTOGRAM_MAX_NS + 1);
	histogram_add(&h, UINT64_MAX);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(h.n, 7);
	assert_int_equal(h.n_below, 2);
	assert_int_equal(h.n_above, 3);
	assert_int_equal(h.min_ns, 0);
	assert_true(h.max_ns == UINT64_MAX);
	/* The sum goes beyond 64 bits, and is exact. */
	assert_true(h.sum_ns ==
		    (unsigned __int128)UINT64_MAX * 2 + 2 * (uint64_t)HISTOGRAM_MAX_NS + 1 + 99);
	assert_true(histogram_quantile_ns(&h, 0.01) == 50);
}

/* One value is each of its quantiles, to the digit. */
static void
test_single_value(void **state)
{
	(void)state;
	histogram_init(&h);
	histogram_add(&h, 123457);
	assert_true(histogram_quantile_ns(&h, 0) == 123457);
	assert_true(histogram_quantile_ns(&h, 0.5) == 123457);
	assert_true(histogram_quantile_ns(&h, 1) == 123457);
}

static void
test_merge(void **state)
{
	static struct histogram both;
	struct random_state random = {9};

	(void)state;
	histogram_init(&h);
	histogram_init(&other);
	histogram_init(&both);
	histogram_merge(&both, &h);
	assert_true(both.n == 0 && both.min_ns == UINT64_MAX);
	for (size_t i = 0; i < VALUES; i++) {
		uint64_t ns = (uint64_t)(log_uniform(&random) * 1.5 - 40);

		histogram_add(i % 3 ? &h : &other, ns);
		histogram_add(&both, ns);
	}
	histogram_merge(&h, &other);
	assert_memory_equal(&h, &both, sizeof(h));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles), cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_outside),   cmocka_unit_test(test_single_value),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
