/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"

static const char role_letters[] = {
	[CELL_LISTED] = 'L', [CELL_ALONE] = '+',   [CELL_REMOVED] = '-',         [CELL_ALL] = '*',
	[CELL_SUBSET] = 's', [CELL_CONTROL] = 'c', [CELL_CONTROL_DEVICES] = 'd',
};

/* "L folio/ideal 64 [variant]", a line for each cell. */
static void
describe(const struct experiment *e, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct cell *cell = &e->cells[i];

		assert_int_equal(cell->id, i);
		used += (size_t)snprintf(text + used, size - used, "%c %s/%s %s%s%s%s\n",
					 role_letters[cell->role], cell->configuration,
					 cell->reference, cell->traffic_label,
					 *cell->variant ? " [" : "", cell->variant,
					 *cell->variant ? "]" : "");
		assert_true(used < size);
	}
}

void
expect_round_trip(struct experiment *e)
{
	struct experiment *again = config_expect(&folder, e->resolved, NULL, 0);

	assert_string_equal(e->resolved, again->resolved);
	assert_int_equal(e->n_cells, again->n_cells);
	for (uint32_t i = 0; i < e->n_cells; i++)
		assert_memory_equal(&e->cells[i], &again->cells[i], sizeof(e->cells[i]));
	assert_int_equal(e->n_configurations, again->n_configurations);
	assert_memory_equal(e->configurations, again->configurations,
			    e->n_configurations * sizeof(*e->configurations));
	assert_memory_equal(&e->measure, &again->measure, sizeof(e->measure));
	assert_int_equal(e->attribution.wanted, again->attribution.wanted);
	assert_int_equal(e->attribution.design, again->attribution.design);
	assert_int_equal(e->attribution.factors, again->attribution.factors);
	assert_string_equal(e->workload, again->workload);
	assert_string_equal(e->reference, again->reference);
	experiment_close(again);
}

struct experiment *
expect_plan_with(const char *text, const struct assignment *set, size_t n_set, const char *plan)
{
	struct experiment *e = config_expect(&folder, text, set, n_set);
	static char got[65536];

	describe(e, got, sizeof(got));
	assert_string_equal(got, plan);
	expect_round_trip(e);
	return e;
}

void
expect_plan(const char *text, const char *plan)
{
	experiment_close(expect_plan_with(text, NULL, 0, plan));
}

void
expect_set(const char *text, const char *key, const char *value, const char *plan)
{
	const struct assignment set = {key, value};

	experiment_close(expect_plan_with(text, &set, 1, plan));
}
