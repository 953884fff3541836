/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does a 95% interval hold the truth in 95% of runs? Simulated runs of a few
 * restarts: an effect of the restart on all of its pairs, noise of each slice,
 * and a drift through every A B B A pair. 95% +- 1.5% is wanted, of differences and of
 * what is above zero, where restarts and slices stretch each other by factors.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/report/stats.h"
#include "simulate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROUNDS 6000 /* the coverage found scatters by 0.28% */
#define PAIRS 16
#define TRUTH 50.0
#define SPREAD 0.3 /* of logarithms: a third from one restart, or slice, to the next */

typedef double (*deviate)(struct random_state *random);

static double
none(struct random_state *random)
{
	(void)random;
	return 0;
}

static const struct {
	const char *name;
	deviate draw;
} restart_effects[] = {{"alike", none}, {"normal", simulate_normal}, {"t3", simulate_t3}},
  noises[] = {{"normal", simulate_normal}, {"t3", simulate_t3}, {"lognormal", simulate_lognormal}};

/* B - A of one pair, when the machine slows down steadily through its four slices. */
static double
pair_difference(deviate noise, double drift, struct random_state *random)
{
	double slices[4]; /* A B B A */

	for (int i = 0; i < 4; i++)
		slices[i] = drift * i;
	slices[1] += TRUTH;
	slices[2] += TRUTH;
	return (slices[1] + slices[2] - slices[0] - slices[3]) / 2 + noise(random);
}

/* What is estimated, and how. */
struct quantity {
	const char *name;
	double (*of_pair)(double of_restart, deviate noise, struct random_state *random);
	struct estimate (*estimate)(const struct units *units);
};

static double
difference_of_pair(double of_restart, deviate noise, struct random_state *random)
{
	return of_restart + pair_difference(noise, 3, random);
}

static double
positive_of_pair(double of_restart, deviate noise, struct random_state *random)
{
	return TRUTH * exp(SPREAD * (of_restart + noise(random)));
}

static const struct quantity difference = {"difference", difference_of_pair, units_estimate},
			     positive = {"positive", positive_of_pair, units_estimate_positive};

static struct estimate
simulate_run(const struct quantity *quantity, size_t restarts, deviate effect, deviate noise,
	     struct random_state *random)
{
	struct observation series[16 * PAIRS];
	struct units units;
	double of_restart = 0;

	for (size_t i = 0; i < restarts * PAIRS; i++) {
		if (i % PAIRS == 0)
			of_restart = effect(random);
		series[i].restart = (uint32_t)(i / PAIRS);
		series[i].value = quantity->of_pair(of_restart, noise, random);
	}
	assert_int_equal(units_of_series(series, restarts * PAIRS, &units), 0);
	return quantity->estimate(&units);
}

static double
coverage(const struct quantity *quantity, size_t restarts, deviate effect, deviate noise)
{
	struct random_state random = {restarts};
	int covered = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct estimate e = simulate_run(quantity, restarts, effect, noise, &random);

		covered += e.ci_low <= TRUTH && e.ci_high >= TRUTH;
	}
	return (double)covered / ROUNDS;
}

static void
check_coverage(const struct quantity *quantity)
{
	static const size_t restarts[] = {2, 3, 5, 10};

	for (size_t e = 0; e < COUNT(restart_effects); e++) {
		for (size_t n = 0; n < COUNT(noises); n++) {
			for (size_t r = 0; r < COUNT(restarts); r++) {
				double found = coverage(quantity, restarts[r],
							restart_effects[e].draw, noises[n].draw);

				printf("%s, restarts %-6s pairs %-9s %2zu restarts: %.2f%%\n",
				       quantity->name, restart_effects[e].name, noises[n].name,
				       restarts[r], 100 * found);
				assert_true(fabs(found - 0.95) <= 0.015);
			}
		}
	}
}

static void
test_coverage_of_differences(void **state)
{
	(void)state;
	check_coverage(&difference);
}

/* Restart effects that are normal in the logarithm are lognormal. */
static void
test_coverage_of_positive_quantities(void **state)
{
	(void)state;
	check_coverage(&positive);
}

/* One restart: the interval is about that process, whatever others would give. */
static void
test_one_restart(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(noises); n++) {
		double of_differences = coverage(&difference, 1, none, noises[n].draw);
		double of_positive = coverage(&positive, 1, none, noises[n].draw);

		printf("one process, pairs %-9s: %.2f%%, positive: %.2f%%\n", noises[n].name,
		       100 * of_differences, 100 * of_positive);
		assert_true(fabs(of_differences - 0.95) <= 0.015);
		assert_true(fabs(of_positive - 0.95) <= 0.015);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage_of_differences),
		cmocka_unit_test(test_coverage_of_positive_quantities),
		cmocka_unit_test(test_one_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
