/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests, intervals and bounds of src/runner/statistics against known answers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/statistics/holm.h"
#include "runner/statistics/permutation.h"
#include "runner/statistics/rank.h"
#include "runner/statistics/sequential.h"
#include "runner/statistics/student.h"
#include "runner/statistics/welch.h"
#include "simulate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_near(value, wanted, within) assert_true(fabs((value) - (wanted)) <= (within))

/* Printed tables: Abramowitz and Stegun 26.1, 26.10. */
static void
test_student_and_normal(void **state)
{
	static const struct {
		double tail, df, t;
	} table[] = {{0.025, 1, 12.7062047},  {0.025, 2, 4.30265273}, {0.025, 4, 2.77644511},
		     {0.025, 9, 2.26215716},  {0.005, 5, 4.03214298}, {0.0005, 30, 3.64595864},
		     {0.1, 120, 1.288646234}, {0.45, 3, 0.136598199}};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_near(student_quantile(table[i].tail, table[i].df), table[i].t, 1e-6);
		assert_near(student_tail(table[i].t, table[i].df), table[i].tail, 1e-8);
		assert_near(student_tail(-table[i].t, table[i].df), 1 - table[i].tail, 1e-8);
	}
	assert_near(normal_quantile(0.025), 1.959963985, 1e-8);
	assert_near(normal_quantile(0.975), -1.959963985, 1e-8);
	assert_near(normal_quantile(1e-9), 5.997807015, 1e-6);
	assert_near(student_quantile(0.025, 1e7), 1.959963985, 1e-5);
	/* Between whole degrees of freedom, and far out. */
	assert_true(student_quantile(0.025, 2.5) < 4.3026 && student_quantile(0.025, 2.5) > 3.1825);
	assert_near(student_tail(student_quantile(1e-9, 1.3), 1.3) / 1e-9, 1, 1e-6);
	assert_near(student_tail(0, 3), 0.5, 0);
	assert_near(student_tail(INFINITY, 3), 0, 0);
}

/* Darwin's maize (Fisher, The Design of Experiments, 1935): the classic of both tests. */
static const double maize[] = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};

static void
test_signed_rank(void **state)
{
	const double ties[] = {1, 1, 2, -1}, zeros[] = {0, 0, 0};
	const double six[] = {1, 2, 3, 4, 5, 6};
	double many[100];
	struct signed_rank r;

	(void)state;
	assert_int_equal(signed_rank_test(maize, COUNT(maize), &r), 0);
	assert_near(r.p, 0.04126, 1e-5); /* W+ = 96 of 120 */
	assert_true(r.z > 0);
	assert_int_equal(signed_rank_test(six, COUNT(six), &r), 0);
	assert_near(r.p, 2.0 / 64, 1e-12);
	/* Ranks 2, 2, 4, 2; of 16 ways 1 + 3 reach 8 or more, and as many 2 or less. */
	assert_int_equal(signed_rank_test(ties, COUNT(ties), &r), 0);
	assert_near(r.p, 8.0 / 16, 1e-12);
	assert_int_equal(signed_rank_test(zeros, COUNT(zeros), &r), 0);
	assert_near(r.p, 1, 0);
	/* All positive among 100: z = mean of the ranks over its standard deviation. */
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (double)i + 1;
	assert_int_equal(signed_rank_test(many, COUNT(many), &r), 0);
	assert_near(r.z, 2525 / sqrt(100 * 101 * 201 / 24.0), 1e-12);
}

static void
test_hodges_lehmann(void **state)
{
	const double few[] = {1, 2, 4};
	struct hodges_lehmann h;

	(void)state;
	assert_int_equal(hodges_lehmann(maize, COUNT(maize), 0.95, &h), 0);
	assert_near(h.value, 25, 1e-12); /* of 120 means; 26th and 95th are the interval */
	assert_near(h.low, 4, 0);
	assert_near(h.high, 41.5, 0);
	/* Walsh averages 1, 1.5, 2, 2.5, 3, 4; three values cannot give 95%. */
	assert_int_equal(hodges_lehmann(few, COUNT(few), 0.95, &h), 0);
	assert_near(h.value, 2.25, 1e-12);
	assert_true(isnan(h.low) && isnan(h.high));
	assert_int_equal(hodges_lehmann(few, COUNT(few), 0.75, &h), 0);
	assert_near(h.low, 1, 0);
	assert_near(h.high, 4, 0);
}

static void
test_hodges_lehmann_coverage(void **state)
{
	static const size_t sizes[] = {24, 96};
	struct random_state random = {11};

	(void)state;
	for (size_t s = 0; s < COUNT(sizes); s++) {
		const int rounds = sizes[s] > 50 ? 1000 : 4000;
		int covered = 0;

		for (int i = 0; i < rounds; i++) {
			struct hodges_lehmann h;
			double values[96];

			for (size_t k = 0; k < sizes[s]; k++)
				values[k] = 7 + simulate_t3(&random);
			assert_int_equal(hodges_lehmann(values, sizes[s], 0.95, &h), 0);
			covered += h.low <= 7 && h.high >= 7;
		}
		printf("Hodges-Lehmann, %zu values: %.2f%%\n", sizes[s], 100.0 * covered / rounds);
		assert_near((double)covered / rounds, 0.95, 0.015);
	}
}

static void
test_permutations(void **state)
{
	const double a[] = {1, 2, 3}, b[] = {11, 12, 14};
	double p;

	(void)state;
	assert_near(permutation_ways(6, 3), 20, 0);
	assert_near(permutation_ways(16, 8), 12870, 0);
	assert_int_equal(permutation_greater(a, 3, b, 3, 1, &p), 0);
	assert_near(p, 1.0 / 20, 1e-12);
	assert_int_equal(permutation_greater(b, 3, a, 3, 1, &p), 0);
	assert_near(p, 1, 1e-12);
	/* Fisher's own figure for the maize: 1726 of 32768 ways. Drawn, not counted, beyond 14. */
	assert_near(permutation_signs(maize, COUNT(maize), 5), 1726.0 / 32768, 0.005);
	assert_near(permutation_signs(b, 3, 1), 2.0 / 8, 1e-12);
}

/* No more rejections than a level allows, but for what that many rounds scatter (4 sigma). */
static void
check_size(const char *what, int rejected, int rounds, double level)
{
	double share = (double)rejected / rounds;

	printf("%s: %.2f%% at a level of %g%%\n", what, 100 * share, 100 * level);
	assert_true(share <= level + 4 * sqrt(level * (1 - level) / rounds));
}

static void
test_size_under_the_null(void **state)
{
	static const struct {
		size_t n_a, n_b;
		int rounds;
	} cases[] = {{5, 5, 2000}, {4, 8, 2000}, {10, 10, 200}};
	struct random_state random = {3};

	(void)state;
	for (size_t c = 0; c < COUNT(cases); c++) {
		int at_5 = 0, at_1 = 0;

		for (int i = 0; i < cases[c].rounds; i++) {
			double a[10], b[10], p;

			for (size_t k = 0; k < cases[c].n_a; k++)
				a[k] = simulate_t3(&random);
			for (size_t k = 0; k < cases[c].n_b; k++)
				b[k] = simulate_t3(&random);
			assert_int_equal(permutation_greater(a, cases[c].n_a, b, cases[c].n_b,
							     (uint64_t)i, &p),
					 0);
			at_5 += p <= 0.05;
			at_1 += p <= 0.01;
		}
		check_size("permutation test", at_5, cases[c].rounds, 0.05);
		check_size("permutation test", at_1, cases[c].rounds, 0.01);
		assert_true(at_5 > cases[c].rounds / 50);
	}
}

static void
test_size_of_signs(void **state)
{
	const int rounds = 4000;
	struct random_state random = {4};
	int at_5 = 0, ranks_at_5 = 0;

	(void)state;
	for (int i = 0; i < rounds; i++) {
		double differences[10];
		struct signed_rank rank;

		for (size_t k = 0; k < COUNT(differences); k++)
			differences[k] = simulate_t3(&random);
		at_5 += permutation_signs(differences, COUNT(differences), 1) <= 0.05;
		assert_int_equal(signed_rank_test(differences, COUNT(differences), &rank), 0);
		ranks_at_5 += rank.p <= 0.05;
	}
	check_size("sign changes", at_5, rounds, 0.05);
	check_size("signed ranks", ranks_at_5, rounds, 0.05);
}

static void
test_welch(void **state)
{
	/* Checked against scipy.stats.ttest_ind(equal_var=False). */
	const double a[] = {27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1,
			    21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4};
	const double b[] = {27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0,
			    24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 23.8};
	const double same[] = {3, 3}, other[] = {4, 4, 4};
	struct welch w = welch(a, COUNT(a), b, COUNT(b));

	(void)state;
	assert_near(w.difference, 2.793333333, 1e-8);
	assert_near(welch_t(&w, 0), 2.816487948, 1e-8);
	assert_near(w.df, 27.87689477, 1e-7);
	assert_near(2 * welch_tail(&w, 0), 0.008817930831, 1e-9);
	w = welch(same, 2, other, 3);
	assert_near(welch_tail(&w, 0.5), 0, 0);
	assert_near(welch_tail(&w, 1), 0.5, 0);
	assert_near(welch_tail(&w, 2), 1, 0);
}

static void
test_holm(void **state)
{
	double p[] = {0.01, 0.04, 0.03, 0.005}, ones[] = {0.9, 0.8};

	(void)state;
	assert_int_equal(holm_correct(p, COUNT(p)), 0);
	assert_near(p[3], 0.02, 1e-12);
	assert_near(p[0], 0.03, 1e-12);
	assert_near(p[2], 0.06, 1e-12);
	assert_near(p[1], 0.06, 1e-12);
	assert_int_equal(holm_correct(ones, 2), 0);
	assert_near(ones[0], 1, 0);
	assert_near(ones[1], 1, 0);
}

/* Published bounds: Jennison and Turnbull; Proschan, Lan and Wittes, table for 5 looks at 5%. */
static void
test_sequential_bounds(void **state)
{
	static const double obrien_fleming[] = {4.877, 3.357, 2.680, 2.290, 2.031};
	static const double pocock[] = {2.438, 2.427, 2.410, 2.397, 2.386};

	(void)state;
	assert_near(sequential_critical(SPENDING_POCOCK, 0.05, 1, 1), 1.960, 0.001);
	for (size_t k = 1; k <= 5; k++) {
		assert_near(sequential_critical(SPENDING_OBRIEN_FLEMING, 0.05, k, 5),
			    obrien_fleming[k - 1], 0.003);
		assert_near(sequential_critical(SPENDING_POCOCK, 0.05, k, 5), pocock[k - 1], 0.003);
	}
	assert_near(spending_spent(SPENDING_OBRIEN_FLEMING, 0.05, 1), 0.05, 1e-9);
	assert_near(spending_spent(SPENDING_POCOCK, 0.05, 1), 0.05, 1e-12);
}

/* Looks at 24, 48, 96 and 180 restarts: ever passing a bound with nothing there. */
static void
test_looking_repeatedly(void **state)
{
	static const size_t looks[] = {24, 48, 96, 180};
	const int rounds = 20000;
	struct random_state random = {17};
	double information[COUNT(looks)], bounds[COUNT(looks)];
	int passed = 0, single = 0;

	(void)state;
	for (size_t k = 0; k < COUNT(looks); k++)
		information[k] = (double)looks[k] / 180;
	assert_int_equal(
		sequential_bounds(SPENDING_POCOCK, 0.05, information, COUNT(looks), bounds), 0);
	for (int i = 0; i < rounds; i++) {
		bool ever = false, ever_single = false;
		double sum = 0;

		for (size_t k = 0, n = 0; k < COUNT(looks); k++) {
			for (; n < looks[k]; n++)
				sum += simulate_normal(&random);
			ever = ever || fabs(sum) / sqrt((double)n) > bounds[k];
			ever_single = ever_single || fabs(sum) / sqrt((double)n) > 1.96;
		}
		passed += ever;
		single += ever_single;
	}
	printf("four looks: %.2f%% with bounds, %.2f%% without\n", 100.0 * passed / rounds,
	       100.0 * single / rounds);
	assert_near((double)passed / rounds, 0.05, 0.006);
	assert_true((double)single / rounds > 0.1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_student_and_normal),
		cmocka_unit_test(test_signed_rank),
		cmocka_unit_test(test_hodges_lehmann),
		cmocka_unit_test(test_hodges_lehmann_coverage),
		cmocka_unit_test(test_permutations),
		cmocka_unit_test(test_size_under_the_null),
		cmocka_unit_test(test_size_of_signs),
		cmocka_unit_test(test_welch),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_sequential_bounds),
		cmocka_unit_test(test_looking_repeatedly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
