/* SPDX-License-Identifier: BSD-3-Clause */
/* The gate's rule: how often it raises a false alarm, its verdicts, and what it finds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "runner/compare/judge.h"
#include "simulate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FALSE_ALARMS 0.01
#define UNCHANGED_ERROR 0.05

/* Recorded restarts of A/A controls (tests/data/README.md). */
static double recorded[8][24];

static void
read_recorded(void)
{
	FILE *file = fopen(TEST_SOURCE_DIR "/tests/data/aa_restarts.csv", "r");
	char line[128];

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	for (size_t i = 0; i < COUNT(recorded) * COUNT(recorded[0]); i++) {
		assert_non_null(fgets(line, sizeof(line), file));
		recorded[i / COUNT(recorded[0])][i % COUNT(recorded[0])] =
			strtod(strrchr(line, ',') + 1, NULL);
	}
	fclose(file);
}

/* Restarts of one figure of one run. */
typedef double (*draw_restart)(size_t figure, struct random_state *random);

static double
from_recorded(size_t figure, struct random_state *random)
{
	size_t of = figure % COUNT(recorded);

	return recorded[of][random_below(random, COUNT(recorded[0]))];
}

static double
heavy_tailed(size_t figure, struct random_state *random)
{
	(void)figure;
	return 2 + 0.02 * simulate_t3(random);
}

static double
skewed(size_t figure, struct random_state *random)
{
	(void)figure;
	return 2 + 0.02 * simulate_lognormal(random);
}

static void
draw_run(draw_restart draw, size_t figure, size_t restarts, struct random_state *random,
	 struct units *out)
{
	out->n = out->n_observations = restarts;
	for (size_t i = 0; i < restarts; i++) {
		out->id[i] = (uint32_t)i;
		out->at[i] = draw(figure, random);
	}
}

#define FIGURES 24

/* One comparison of a build with itself: does any of its figures raise an alarm? */
static bool
raises_alarm(draw_restart draw, size_t restarts, double tolerance, struct random_state *random)
{
	struct judgement judgements[FIGURES];
	bool alarm = false;

	for (size_t i = 0; i < FIGURES; i++) {
		struct units base, new;

		draw_run(draw, i, restarts, random, &base);
		draw_run(draw, i, restarts, random, &new);
		judge_weigh(&base, &new, true, tolerance, &judgements[i]);
		assert_int_equal(judge_permute(&base, &new, tolerance, FALSE_ALARMS, FIGURES,
					       &judgements[i]),
				 0);
	}
	assert_int_equal(judge_settle(judgements, FIGURES, FALSE_ALARMS, UNCHANGED_ERROR), 0);
	for (size_t i = 0; i < FIGURES; i++)
		alarm = alarm || judgements[i].verdict == VERDICT_REGRESSED ||
			judgements[i].verdict == VERDICT_IMPROVED;
	return alarm;
}

static void
test_calibration(void **state)
{
	static const struct {
		const char *name;
		draw_restart draw;
	} data[] = {{"recorded", from_recorded}, {"t3", heavy_tailed}, {"lognormal", skewed}};
	static const size_t restarts[] = {3, 6, 12};
	const int comparisons = 200;

	(void)state;
	read_recorded();
	for (size_t d = 0; d < COUNT(data); d++) {
		for (size_t r = 0; r < COUNT(restarts); r++) {
			struct random_state random = {d * 10 + r};
			int alarms = 0, at_no_tolerance = 0;

			for (int i = 0; i < comparisons; i++) {
				alarms += raises_alarm(data[d].draw, restarts[r], 0.01, &random);
				at_no_tolerance +=
					raises_alarm(data[d].draw, restarts[r], 0, &random);
			}
			printf("%-9s %2zu restarts: %d of %d comparisons raise an alarm, %d "
			       "where nothing is tolerated\n",
			       data[d].name, restarts[r], alarms, comparisons, at_no_tolerance);
			assert_in_range(alarms, 0, 2);
			/* 1% of 200 are 2, give or take 1.4. */
			assert_in_range(at_no_tolerance, 0, 6);
		}
	}
}

static struct units
units_of(const double *values, size_t n)
{
	struct units units = {.n = n, .n_observations = n};

	for (size_t i = 0; i < n; i++) {
		units.id[i] = (uint32_t)i;
		units.at[i] = values[i];
	}
	return units;
}

static enum verdict
verdict_for(const struct units *base, const struct units *new, double tolerance, bool exactly)
{
	struct judgement judgement;

	judge_weigh(base, new, !exactly, tolerance, &judgement);
	if (exactly)
		judge_exactly(&judgement);
	assert_int_equal(judge_settle(&judgement, 1, FALSE_ALARMS, UNCHANGED_ERROR), 0);
	return judgement.verdict;
}

static void
test_verdicts(void **state)
{
	const double of_base[] = {100, 100.1, 99.9, 100.05, 99.95};
	const double noisy[] = {90, 110, 95, 105, 100}, one[] = {100}, zero[] = {0, 0};
	struct units base = units_of(of_base, COUNT(of_base)), worse = base, better = base;
	struct units wide = units_of(noisy, COUNT(noisy)), single = units_of(one, 1);
	struct units none = units_of(zero, 2), flat = units_of((const double[]){5, 5}, 2);
	struct units more = units_of((const double[]){5.001, 5.001}, 2);

	(void)state;
	units_scale(&worse, 1.02);
	units_scale(&better, 0.98);
	assert_int_equal(verdict_for(&base, &base, 0.01, false), VERDICT_UNCHANGED);
	assert_int_equal(verdict_for(&base, &worse, 0.01, false), VERDICT_REGRESSED);
	assert_int_equal(verdict_for(&base, &better, 0.01, false), VERDICT_IMPROVED);
	assert_int_equal(verdict_for(&base, &worse, 0.05, false), VERDICT_UNCHANGED);
	assert_int_equal(verdict_for(&base, &worse, 0.02, false), VERDICT_INCONCLUSIVE);
	assert_int_equal(verdict_for(&base, &wide, 0.01, false), VERDICT_INCONCLUSIVE);
	/* One restart knows nothing of chance. */
	assert_int_equal(verdict_for(&base, &single, 0.01, false), VERDICT_INCONCLUSIVE);
	assert_int_equal(verdict_for(&single, &single, 0.01, false), VERDICT_UNCHANGED);
	/* Counters: to the last event, and from none. */
	assert_int_equal(verdict_for(&flat, &more, 0.01, false), VERDICT_UNCHANGED);
	assert_int_equal(verdict_for(&flat, &more, 0.01, true), VERDICT_REGRESSED);
	assert_int_equal(verdict_for(&more, &flat, 0.01, true), VERDICT_IMPROVED);
	assert_int_equal(verdict_for(&flat, &flat, 0.01, true), VERDICT_UNCHANGED);
	assert_int_equal(verdict_for(&none, &flat, 0.01, false), VERDICT_REGRESSED);
	assert_int_equal(verdict_for(&none, &none, 0.01, false), VERDICT_UNCHANGED);
}

/* By factors: twice and half are as far from one, and one restart that is far off weighs less. */
static void
test_factors(void **state)
{
	struct units base = units_of((const double[]){1, 1.001}, 2), twice = base, half = base;
	struct units odd = units_of((const double[]){1, 100}, 2);
	struct judgement up, down;

	(void)state;
	units_scale(&twice, 2);
	units_scale(&half, 0.5);
	judge_weigh(&base, &twice, true, 0.01, &up);
	judge_weigh(&base, &half, true, 0.01, &down);
	assert_true(fabs(up.change.value - 1) < 1e-9 && fabs(down.change.value + 0.5) < 1e-9);
	assert_true(fabs(log1p(up.change.ci_low) + log1p(down.change.ci_high)) < 1e-9);
	assert_true(fabs(up.new / up.base - 1 - up.change.value) < 1e-9);
	judge_weigh(&odd, &odd, true, 1, &up);
	assert_true(fabs(up.base - 10) < 1e-9);
	assert_true(up.p_below == 1 && !isnan(up.p_above));
	/* A unit of 0 has no logarithm. */
	odd.at[0] = 0;
	judge_weigh(&odd, &odd, true, 0.01, &up);
	assert_true(!up.by_factors && fabs(up.base - 50) < 1e-9);
}

/* A change of twice the tolerance is found, on what the recorded restarts of one device scatter. */
static void
test_power(void **state)
{
	const double scatter = 0.006, tolerance = 0.01;
	struct random_state random = {8};
	int found = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct units base = {.n = 24}, new = {.n = 24};

		for (size_t k = 0; k < 24; k++) {
			base.at[k] = 1 + scatter * simulate_normal(&random);
			new.at[k] = 1.02 + scatter *simulate_normal(&random);
		}
		found += verdict_for(&base, &new, tolerance, false) == VERDICT_REGRESSED;
	}
	assert_in_range(found, 95, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calibration),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_factors),
		cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
