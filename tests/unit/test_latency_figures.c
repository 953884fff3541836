/* SPDX-License-Identifier: BSD-3-Clause */
/* Which figures a number of frames is enough for, and what they are. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "runner/measure/latency_figures.h"
#include "runner/results/pair_metrics.h"

/* n latencies of 1, 2, ... n us. */
static void
fill(struct histogram *histogram, uint64_t n)
{
	histogram_init(histogram);
	for (uint64_t i = 1; i <= n; i++)
		histogram_add(histogram, 1000 * i);
}

static void
expect_near(double found, double wanted)
{
	assert_true(fabs(found / wanted - 1) < HISTOGRAM_ERROR);
}

static void
test_enough(void **state)
{
	static const struct {
		uint64_t n;
		unsigned int figures; /* of p50, p95, p99, p999, max: how many there are */
	} cases[] = {{1, 0},   {19, 0},   {20, 1},   {199, 1},   {200, 2},
		     {999, 2}, {1000, 3}, {9999, 3}, {10000, 5}, {20000, 5}};
	static struct histogram histogram;
	struct latency_figures f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double n = (double)cases[i].n;

		fill(&histogram, cases[i].n);
		latency_figures_take(&f, &histogram);
		const double found[] = {f.p50_ns, f.p95_ns, f.p99_ns, f.p999_ns, f.max_ns};
		const double wanted_us[] = {ceil(0.5 * n), ceil(0.95 * n), ceil(0.99 * n),
					    ceil(0.999 * n), n};

		expect_near(f.mean_ns, 1000 * (n + 1) / 2);
		for (unsigned int k = 0; k < 5; k++) {
			if (k < cases[i].figures)
				expect_near(found[k], 1000 * wanted_us[k]);
			else
				assert_true(isnan(found[k]));
		}
	}
}

static void
test_none(void **state)
{
	static struct histogram histogram;
	struct latency_distribution distribution;
	struct latency_figures f, none = latency_figures_none();

	(void)state;
	histogram_init(&histogram);
	latency_figures_take(&f, &histogram);
	assert_true(isnan(f.mean_ns) && isnan(f.p50_ns) && isnan(f.max_ns));
	latency_figures_divide(&f, &none);
	assert_true(isnan(f.mean_ns) && isnan(f.p50_ns) && isnan(f.max_ns));
	latency_distribution_take(&distribution, &histogram);
	assert_int_equal(distribution.frames, 0);
	for (int i = 0; i < LATENCY_QUANTILES; i++)
		assert_true(isnan(distribution.quantiles_ns[i]));
}

static void
test_distribution(void **state)
{
	static struct histogram histogram;
	struct latency_distribution distribution;

	(void)state;
	fill(&histogram, 100000);
	latency_distribution_take(&distribution, &histogram);
	assert_int_equal(distribution.frames, 100000);
	for (int i = 0; i < LATENCY_QUANTILES; i++)
		expect_near(distribution.quantiles_ns[i], latency_quantiles[i].share * 1e8);
	assert_int_equal(distribution.max_ns, 100000000);
}

/* Every ratio that a metric names is a metric itself. */
static void
test_ratios(void **state)
{
	(void)state;
	for (const struct pair_metric *m = pair_metrics; m->name; m++)
		if (m->ratio)
			assert_true(metric_is_of_pairs(m->ratio));
	assert_string_equal(metric_ratio("latency_p99_ns"), "latency_p99_ratio");
	assert_string_equal(metric_ratio("guest_cycles_per_packet"), "guest_ratio");
	assert_null(metric_ratio("loss_share"));
	assert_null(metric_ratio("same_device"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_distribution),
		cmocka_unit_test(test_ratios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
