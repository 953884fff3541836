/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gate's rule: how often it raises a false alarm, and how often it sees what it
 * must, on comparisons drawn from recorded ones of a build with itself
 * (tests/data/ab_same.csv), as they are and shifted by a known change.
 */
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
#include "runner/ab/judge.h"
#include "runner/ab/turns.h"

#define SUBJECTS 4
#define RECORDED_MAX 512
#define ROUNDS 400

static struct recorded {
	char name[64];
	double log_ratios[RECORDED_MAX];
	size_t n;
} recorded[SUBJECTS];

/* Rows of "NAME",restart,a,b,log_ratio; those of a name stand together. */
static int
read_recorded(void **state)
{
	FILE *file = fopen(TEST_SOURCE_DIR "/tests/data/ab_same.csv", "r");
	char line[256], name[64];
	double log_ratio;
	int at = -1;

	(void)state;
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "\"%63[^\"]\",%*u,%*f,%*f,%lf", name, &log_ratio) != 2)
			continue;
		if (at < 0 || strcmp(recorded[at].name, name))
			strcpy(recorded[++at].name, name);
		recorded[at].log_ratios[recorded[at].n++] = log_ratio;
	}
	fclose(file);
	return at == SUBJECTS - 1 ? 0 : -1;
}

/*
 * Centred, so that the change is what is put in: a random sign stands for which of the
 * two equal builds was called A.
 */
static double
draw(const struct recorded *from, struct random_state *random)
{
	double value = from->log_ratios[random_below(random, from->n)];

	return random_below(random, 2) ? value : -value;
}

/* How a comparison goes: its levels are the same for each. */
struct rule {
	size_t restarts; /* at most: then the time is up */
	double tolerance;
	double levels[AB_RESTARTS_MAX + 1]; /* by restarts; 0: no look */
};

static struct rule
rule_of(size_t n_subjects, size_t restarts, double tolerance)
{
	struct rule rule = {.restarts = restarts, .tolerance = tolerance};

	for (size_t n = 1; n <= restarts; n++)
		if (n == restarts || ab_look_due(n))
			rule.levels[n] = ab_level(n, n == restarts, n_subjects);
	return rule;
}

/* One subject of a comparison, with that change, until its verdict. */
static enum ab_verdict
compare(const struct rule *rule, const struct recorded *from, double change, size_t *taken,
	struct random_state *random)
{
	static double log_ratios[AB_RESTARTS_MAX];
	struct ab_judgement judgement = {.verdict = AB_INCONCLUSIVE};

	for (size_t n = 1; n <= rule->restarts && judgement.verdict == AB_INCONCLUSIVE; n++) {
		log_ratios[n - 1] = draw(from, random) + log1p(change);
		*taken = n;
		if (rule->levels[n] > 0)
			assert_int_equal(ab_judge(log_ratios, n, rule->levels[n], rule->tolerance,
						  &judgement),
					 0);
	}
	return judgement.verdict;
}

/* The same build: no regression in any of a comparison's subjects. */
static void
test_same_build(void **state)
{
	const struct rule rule = rule_of(SUBJECTS, 180, 0.01);
	struct random_state random = {1};
	int alarms = 0, unchanged = 0;
	size_t taken, sum = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		bool alarm = false;

		for (int s = 0; s < SUBJECTS; s++) {
			enum ab_verdict verdict = compare(&rule, &recorded[s], 0, &taken, &random);

			alarm |= verdict == AB_REGRESSED;
			unchanged += verdict == AB_UNCHANGED;
			sum += taken;
		}
		alarms += alarm;
	}
	printf("same build: %d false alarms in %d comparisons of %d; %.1f%% unchanged within 180 "
	       "restarts, %.0f on average\n",
	       alarms, ROUNDS, SUBJECTS, 100.0 * unchanged / (ROUNDS * SUBJECTS),
	       (double)sum / (ROUNDS * SUBJECTS));
	assert_true(alarms <= ROUNDS / 100);
	assert_true(unchanged >= 0.95 * ROUNDS * SUBJECTS);
}

/* The rule's size: a change of just the tolerance is no regression, however often it is looked at. */
static void
test_size(void **state)
{
	const struct rule rule = rule_of(1, 180, 0.01);
	struct random_state random = {2};

	(void)state;
	for (int s = 0; s < SUBJECTS; s++) {
		int regressed = 0, passed = 0;
		size_t taken;

		for (int i = 0; i < ROUNDS; i++) {
			enum ab_verdict verdict =
				compare(&rule, &recorded[s], 0.01, &taken, &random);

			regressed += verdict == AB_REGRESSED;
			passed += verdict == AB_UNCHANGED;
		}
		printf("%s, at the tolerance: %.1f%% regressed, %.1f%% unchanged\n",
		       recorded[s].name, 100.0 * regressed / ROUNDS, 100.0 * passed / ROUNDS);
		/* 1%, and three standard errors of what is counted. */
		assert_true(regressed <= 0.02 * ROUNDS && passed <= 0.02 * ROUNDS);
	}
}

static void
expect_found(double change, double tolerance, size_t restarts, double share)
{
	const struct rule rule = rule_of(SUBJECTS, restarts, tolerance);
	struct random_state random = {3};

	for (int s = 0; s < SUBJECTS; s++) {
		size_t taken, sum = 0;
		int found = 0;

		for (int i = 0; i < ROUNDS; i++) {
			found += compare(&rule, &recorded[s], change, &taken, &random) ==
				 AB_REGRESSED;
			sum += taken;
		}
		printf("%s: %+.1f%% at %.1f%% found in %.1f%% of %d, after %.0f restarts\n",
		       recorded[s].name, 100 * change, 100 * tolerance, 100.0 * found / ROUNDS,
		       ROUNDS, (double)sum / ROUNDS);
		assert_true(found >= share * ROUNDS);
	}
}

static void
test_power(void **state)
{
	(void)state;
	expect_found(0.02, 0.01, 180, 0.975);
	expect_found(0.01, 0.005, AB_RESTARTS_MAX, 0.90);
}

/* A build that got faster, or one that is no worse, is told as such; too few restarts tell nothing. */
static void
test_verdicts(void **state)
{
	static const struct {
		double change;
		enum ab_verdict verdict;
	} cases[] = {{0.05, AB_REGRESSED}, {-0.05, AB_IMPROVED}, {0.003, AB_UNCHANGED}};
	struct ab_judgement judgement;
	double values[AB_RESTARTS_MAX];

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		for (size_t i = 0; i < 24; i++)
			values[i] = log1p(cases[c].change) + 0.001 * ((double)i - 11.5) / 12;
		assert_int_equal(ab_judge(values, 24, ab_level(24, false, 1), 0.01, &judgement), 0);
		assert_int_equal(judgement.verdict, cases[c].verdict);
		assert_true(fabs(judgement.change - cases[c].change) < 1e-4);
		assert_true(judgement.low <= judgement.change &&
			    judgement.change <= judgement.high);
	}
	assert_int_equal(ab_judge(values, 3, ab_level(3, true, 1), 0.01, &judgement), 0);
	assert_int_equal(judgement.verdict, AB_INCONCLUSIVE);
	assert_true(isinf(judgement.low) && isinf(judgement.high));
}

/* A B B A or B A A B, without end; each side has two slices of each four. */
static void
test_turns(void **state)
{
	static const char order[] = "ABBAABBA";

	(void)state;
	for (uint32_t first = 0; first < 2; first++) {
		for (uint32_t i = 0; i < 8; i++) {
			uint32_t whose = (order[i] == 'B') != first;

			assert_true(turns_mine(i, first, whose));
			assert_false(turns_mine(i, first, !whose));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),      cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_same_build), cmocka_unit_test(test_size),
		cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests(tests, read_recorded, NULL);
}
