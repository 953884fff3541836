/* SPDX-License-Identifier: BSD-3-Clause */
/* Which cells are measured again, and that intervals hold what they say where the rule stops. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/measure/schedule.h"
#include "runner/report/looks.h"
#include "sample_run.h"
#include "simulate.h"

#define CELLS_ROOM 128

static const char *const frame_sizes[] = {"64", "imix", NULL};

static int
setup(void **state)
{
	static struct sample sample;

	sample_open(&sample, frame_sizes, 0);
	sample.experiment.measure.restarts = 3;
	sample.experiment.measure.max_restarts = 12;
	sample.experiment.measure.precision = 0.01;
	*state = &sample;
	return 0;
}

static int
teardown(void **state)
{
	sample_close(*state);
	return 0;
}

/* A trial of every cell that is wanted; those of the traffic and role get ratios that differ. */
static uint32_t
run_restart(const struct experiment *experiment, struct schedule *schedule, uint32_t restart,
	    const char *unsteady_traffic, enum cell_role unsteady_role)
{
	bool wanted[CELLS_ROOM];
	uint32_t n = schedule_wanted(schedule, restart, wanted);

	assert_true(experiment->n_cells <= CELLS_ROOM);
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];
		bool unsteady = cell->role == unsteady_role &&
				!strcmp(cell->traffic, unsteady_traffic);

		if (wanted[i])
			schedule_add(schedule, i, restart,
				     unsteady ? 1 + 0.1 * (restart % 2) : 1.5 + 1e-6 * restart,
				     1000);
	}
	assert_int_equal(schedule_wanted(schedule, restart, wanted), 0);
	return n;
}

static uint32_t
count(const struct experiment *experiment, const char *traffic, bool listed, bool attribution,
      bool controls)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];
		bool control = cell->role == CELL_CONTROL || cell->role == CELL_CONTROL_DEVICES;

		if (!strcmp(cell->traffic, traffic))
			n += cell->role == CELL_LISTED ? listed : control ? controls : attribution;
	}
	return n;
}

static void
test_what_is_precise_is_not_measured_further(void **state)
{
	const struct sample *sample = *state;
	const struct experiment *experiment = &sample->experiment;
	struct schedule *schedule = schedule_new(experiment);

	assert_non_null(schedule);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(run_restart(experiment, schedule, i, "none", CELL_LISTED),
				 experiment->n_cells);
	for (uint32_t i = 3; i < 12; i++)
		assert_int_equal(run_restart(experiment, schedule, i, "none", CELL_LISTED), 0);
	assert_int_equal(schedule_trials(schedule), 3 * experiment->n_cells);
	assert_int_equal(schedule_spent_ns(schedule), 3000 * experiment->n_cells);
	assert_int_equal(schedule_spent_in_ns(schedule, 1), 1000 * experiment->n_cells);
	schedule_free(schedule);
}

/* Configurations of the file each for themselves, with the controls of their traffic. */
static void
test_listed_cells_go_on_with_their_controls(void **state)
{
	const struct sample *sample = *state;
	const struct experiment *experiment = &sample->experiment;
	struct schedule *schedule = schedule_new(experiment);
	uint32_t wanted = count(experiment, "imix", true, false, true);

	assert_non_null(schedule);
	for (uint32_t i = 0; i < 3; i++)
		run_restart(experiment, schedule, i, "imix", CELL_LISTED);
	for (uint32_t i = 3; i < 12; i++)
		assert_int_equal(run_restart(experiment, schedule, i, "imix", CELL_LISTED), wanted);
	schedule_free(schedule);
}

static void
test_cells_of_attribution_go_on_together(void **state)
{
	const struct sample *sample = *state;
	const struct experiment *experiment = &sample->experiment;
	struct schedule *schedule = schedule_new(experiment);
	uint32_t wanted = count(experiment, "64", false, true, true);
	bool again[CELLS_ROOM];

	assert_non_null(schedule);
	for (uint32_t i = 0; i < 3; i++)
		run_restart(experiment, schedule, i, "64", CELL_REMOVED);
	assert_int_equal(schedule_wanted(schedule, 3, again), wanted);
	assert_int_equal(schedule_expected_ns(schedule, again), 1000 * wanted);
	assert_int_equal(run_restart(experiment, schedule, 3, "64", CELL_REMOVED), wanted);
	schedule_clear(schedule);
	assert_int_equal(schedule_trials(schedule), 0);
	assert_int_equal(schedule_wanted(schedule, 0, again), experiment->n_cells);
	schedule_free(schedule);
}

/* A cell that never gives a ratio is not waited for. */
static void
test_no_ratio_at_all(void **state)
{
	const struct sample *sample = *state;
	const struct experiment *experiment = &sample->experiment;
	struct schedule *schedule = schedule_new(experiment);
	bool wanted[CELLS_ROOM];

	assert_non_null(schedule);
	for (uint32_t restart = 0; restart < 3; restart++)
		for (uint32_t i = 0; i < experiment->n_cells; i++)
			schedule_add(schedule, i, restart, NAN, 1000);
	assert_int_equal(schedule_wanted(schedule, 3, wanted), 0);
	schedule_free(schedule);
}

static void
test_a_fixed_number_of_restarts(void **state)
{
	struct sample *sample = *state;
	struct schedule *schedule;

	sample->experiment.measure.max_restarts = 1;
	schedule = schedule_new(&sample->experiment);
	assert_non_null(schedule);
	assert_int_equal(schedule_restarts_max(schedule), 3);
	schedule_free(schedule);
}

#define RUNS 4000

/*
 * Runs of one cell whose restarts scatter about 1: the share of those whose reported interval, at
 * the restart where the rule stopped, holds 1. *mean_restarts: how many they took.
 */
static double
coverage(struct experiment *experiment, uint32_t restarts, double (*draw)(struct random_state *),
	 double spread, double *mean_restarts)
{
	struct random_state random = {restarts};
	uint32_t n_cells = experiment->n_cells, covered = 0, total = 0;
	struct looks *looks = looks_new(restarts, 32, experiment->measure.precision);
	struct schedule *schedule;

	experiment->measure.restarts = restarts;
	experiment->measure.max_restarts = 32;
	experiment->n_cells = 3; /* the controls and a listed cell */
	schedule = schedule_new(experiment);
	assert_non_null(schedule);
	assert_non_null(looks);
	for (int run = 0; run < RUNS; run++) {
		struct units units = {0};
		bool wanted[3];

		schedule_clear(schedule);
		for (uint32_t i = 0; i < 32 && schedule_wanted(schedule, i, wanted); i++) {
			units.id[units.n] = i;
			units.at[units.n] = 1 + spread * draw(&random);
			for (uint32_t k = 0; k < 3; k++)
				schedule_add(schedule, k, i, units.at[units.n], 1);
			units.n++;
		}
		struct estimate e = looks_estimate(looks, &units);

		covered += e.ci_low <= 1 && 1 <= e.ci_high;
		total += (uint32_t)units.n;
	}
	schedule_free(schedule);
	looks_free(looks);
	experiment->n_cells = n_cells;
	*mean_restarts = (double)total / RUNS;
	return (double)covered / RUNS;
}

static void
test_coverage_where_the_rule_stops(void **state)
{
	struct sample *sample = *state;
	const uint32_t least[] = {2, 3, 5};
	const double spreads[] = {0.002, 0.005, 0.01, 0.02};

	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 4; k++) {
			double n_normal, n_heavy;
			double normal = coverage(&sample->experiment, least[i], simulate_normal,
						 spreads[k], &n_normal);
			double heavy = coverage(&sample->experiment, least[i], simulate_t3,
						spreads[k], &n_heavy);

			printf("from %u restarts, spread %.1f%%: normal %.1f%% after %.1f, heavy "
			       "tails %.1f%% after %.1f\n",
			       least[i], 100 * spreads[k], 100 * normal, n_normal, 100 * heavy,
			       n_heavy);
			assert_true(normal > 0.945);
			assert_true(heavy > 0.945);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_precise_is_not_measured_further),
		TEST(test_listed_cells_go_on_with_their_controls),
		TEST(test_cells_of_attribution_go_on_together),
		TEST(test_no_ratio_at_all),
		TEST(test_a_fixed_number_of_restarts),
		TEST(test_coverage_where_the_rule_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
