/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: which cells an attribution adds, and with which settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"
#include "datapath/sources/source.h"
#include "plan_text.h"

static void
test_attribution(void **state)
{
	(void)state;
	expect_plan(ONE "attribution: {factors: [vc, psc]}\n",
		    "L folio/ideal 64\n* factors/ideal 64\n"
		    "+ ideal+psc/ideal 64\n+ ideal+vc/ideal 64\n"
		    "- factors-psc/factors 64\n- factors-vc/factors 64\nc A/A/ideal 64\n");
	expect_plan(ONE "attribution: {method: one-at-a-time}\n",
		    "L folio/ideal 64\n* naive/ideal 64\n"
		    "+ ideal+bounce_alloc/ideal 64\n+ ideal+bounce_copy/ideal 64\n"
		    "+ ideal+psc/ideal 64\n+ ideal+iotlb/ideal 64\n+ ideal+vc/ideal 64\n"
		    "- naive-bounce_alloc/naive 64\n- naive-bounce_copy/naive 64\n"
		    "- naive-psc/naive 64\n- naive-iotlb/naive 64\n- naive-vc/naive 64\n"
		    "c A/A/ideal 64\nd A/A/ideal 64\n");
}

/* Every set of the factors against the ideal, each once. */
static void
test_shapley(void **state)
{
	struct experiment *e;
	uint32_t sets = 0;

	(void)state;
	expect_plan(ONE "attribution: {method: shapley, factors: [vc, psc, iotlb]}\n",
		    "L folio/ideal 64\n* factors/ideal 64\n"
		    "+ ideal+psc/ideal 64\n+ ideal+iotlb/ideal 64\n+ ideal+vc/ideal 64\n"
		    "s ideal+psc+iotlb/ideal 64\ns ideal+psc+vc/ideal 64\n"
		    "s ideal+iotlb+vc/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n");
	expect_plan(ONE "attribution: {method: shapley, factors: [vc]}\n",
		    "L folio/ideal 64\n* factors/ideal 64\n+ ideal+vc/ideal 64\n"
		    "c A/A/ideal 64\n");
	e = config_expect(&folder, ONE "attribution: {method: shapley}\n", NULL, 0);
	expect_round_trip(e);
	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct cell *cell = &e->cells[i];
		unsigned int on = 0;

		if (cell->role != CELL_SUBSET && cell->role != CELL_ALONE)
			continue;
		for (unsigned int s = 0; sources[s]; s++)
			on |= (unsigned int)cell->config.sources[s].on << s;
		assert_int_equal(on, cell->factors);
		sets++;
	}
	assert_int_equal(sets, (1u << __builtin_popcount(e->attribution.factors)) - 2);
	experiment_close(e);
}

/* naive is in the plan already; the sweep of a source is not attribution's, that of the ring is. */
static void
test_attribution_beside_a_listed_naive(void **state)
{
	(void)state;
	expect_plan(HEAD "configurations: [{preset: naive}]\nattribution: {}\n"
			 "sweep: {ring: [256, 512]}\n",
		    "L naive/ideal 64 [ring=256]\nL naive/ideal 64 [ring=512]\n"
		    "+ ideal+bounce_alloc/ideal 64 [ring=256]\n"
		    "+ ideal+bounce_copy/ideal 64 [ring=256]\n"
		    "+ ideal+psc/ideal 64 [ring=256]\n+ ideal+iotlb/ideal 64 [ring=256]\n"
		    "+ ideal+vc/ideal 64 [ring=256]\n"
		    "- naive-bounce_alloc/naive 64 [ring=256]\n"
		    "- naive-bounce_copy/naive 64 [ring=256]\n"
		    "- naive-psc/naive 64 [ring=256]\n- naive-iotlb/naive 64 [ring=256]\n"
		    "- naive-vc/naive 64 [ring=256]\n"
		    "+ ideal+bounce_alloc/ideal 64 [ring=512]\n"
		    "+ ideal+bounce_copy/ideal 64 [ring=512]\n"
		    "+ ideal+psc/ideal 64 [ring=512]\n+ ideal+iotlb/ideal 64 [ring=512]\n"
		    "+ ideal+vc/ideal 64 [ring=512]\n"
		    "- naive-bounce_alloc/naive 64 [ring=512]\n"
		    "- naive-bounce_copy/naive 64 [ring=512]\n"
		    "- naive-psc/naive 64 [ring=512]\n- naive-iotlb/naive 64 [ring=512]\n"
		    "- naive-vc/naive 64 [ring=512]\n"
		    "c A/A/ideal 64 [ring=256]\nd A/A/ideal 64 [ring=256]\n"
		    "c A/A/ideal 64 [ring=512]\nd A/A/ideal 64 [ring=512]\n");
	expect_plan(HEAD "configurations: [{preset: naive}]\nattribution: {factors: [vc]}\n"
			 "sweep: {sources.vc.cost: [1 cycles, 2 cycles]}\n",
		    "L naive/ideal 64 [sources.vc.cost=1 cycles]\n"
		    "L naive/ideal 64 [sources.vc.cost=2 cycles]\n"
		    "* factors/ideal 64\n+ ideal+vc/ideal 64\n- factors-vc/factors 64\n"
		    "c A/A/ideal 64\nd A/A/ideal 64\n");
}

/* A factor has the same settings alone, in naive, and in naive less another. */
static void
test_attribution_keeps_a_factors_settings(void **state)
{
	struct experiment *e =
		config_expect(&folder,
			      HEAD "configurations:\n"
				   "  - {preset: naive, sources: {vc: {cost: 77 cycles}}}\n"
				   "attribution: {}\n",
			      NULL, 0);
	uint32_t checked = 0;

	(void)state;
	expect_round_trip(e);
	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct cell *cell = &e->cells[i];
		const struct datapath_config *naive = &e->cells[0].config;

		if (cell->role != CELL_ALONE && cell->role != CELL_REMOVED)
			continue;
		for (int s = 0; sources[s]; s++) {
			bool on = e->attribution.factors >> s & 1 &&
				  (cell->role == CELL_ALONE) == (cell->factors >> s & 1);

			assert_int_equal(cell->config.sources[s].on, on);
			if (on)
				assert_memory_equal(&cell->config.sources[s], &naive->sources[s],
						    sizeof(naive->sources[s]));
		}
		checked++;
	}
	assert_int_equal(checked, 2 * __builtin_popcount(e->attribution.factors));
	experiment_close(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attribution),
		cmocka_unit_test(test_shapley),
		cmocka_unit_test(test_attribution_beside_a_listed_naive),
		cmocka_unit_test(test_attribution_keeps_a_factors_settings),
	};

	return cmocka_run_group_tests(tests, config_set_up, config_tear_down);
}
