/* SPDX-License-Identifier: BSD-3-Clause */
/* Attribution, noise verdicts and break-even costs of a run whose costs are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/sources/source.h"
#include "runner/report/attribution.h"
#include "runner/report/breakeven.h"
#include "runner/report/noise.h"
#include "runner/report/place.h"
#include "sample_run.h"

#define assert_near(value, wanted, within) assert_true(fabs((value) - (wanted)) <= (within))

static const char *const frame_sizes[] = {"64", "1500", NULL};

/* A run from trials to attribution. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct loaded {
	struct sample sample;
	struct folder folder;
	struct run run;
	struct summary summary;
	struct attribution attribution;
	char path[64];
};

static void
load_with(struct loaded *l, double noise, void (*change)(struct sample *sample),
	  void (*open)(struct sample *sample, const char *const *frame_sizes, double noise))
{
	open(&l->sample, frame_sizes, noise);
	if (change)
		change(&l->sample);
	sample_folder(l->path, sizeof(l->path));
	sample_write(&l->sample, l->path);
	assert_int_equal(folder_open(&l->folder, l->path), 0);
	assert_int_equal(run_files_read(&l->folder, &l->run), 0);
	assert_int_equal(summary_open(&l->run, &l->summary), 0);
	assert_int_equal(attribution_open(&l->summary, &l->attribution), 0);
}

static void
load(struct loaded *l, double noise, void (*change)(struct sample *sample))
{
	load_with(l, noise, change, sample_open);
}

static void
unload(struct loaded *l)
{
	attribution_close(&l->attribution);
	summary_close(&l->summary);
	run_files_close(&l->run);
	folder_close(&l->folder);
	sample_remove(l->path);
	sample_close(&l->sample);
}

static const struct attribution_row *
row_of(const struct loaded *l, const char *label, const char *source, enum side side,
       enum attribution_method method)
{
	const struct cell *cell = sample_cell(&l->sample, "ideal+psc", label);
	const struct attribution_row *row =
		attribution_find(&l->attribution, &l->run.cells[cell->id], source, side, method);

	assert_non_null(row);
	return row;
}

/* Without noise every figure is the true one, and both ends add up to the whole. */
static void
check_exact(const struct loaded *l)
{
	for (const char *const *label = frame_sizes; *label; label++) {
		const struct cell *cell = sample_cell(&l->sample, "ideal+psc", *label);
		double sum = 0, removed = 0, shares = 0;
		double total = row_of(l, *label, SOURCE_TOTAL, SIDE_GUEST, METHOD_ALL)->cost.value;

		for (unsigned int i = 0; sample_factors[i]; i++) {
			const char *name = sample_factors[i];
			double wanted = sample_source_cycles(name, cell);
			const struct attribution_row *row =
				row_of(l, *label, name, SIDE_GUEST, METHOD_ALONE);

			assert_near(row->cost.value, wanted, 1e-6);
			assert_int_equal(row->fidelity, sources[source_find(name)]->fidelity);
			assert_int_equal(row->distinguishable, wanted > 0);
			sum += row->cost.value;
			shares += row->share.value;
			row = row_of(l, *label, name, SIDE_GUEST, METHOD_REMOVED);
			assert_near(row->cost.value, wanted + SAMPLE_INTERACTION_CYCLES, 1e-6);
			removed += row->cost.value;
		}
		const struct attribution_row *rest =
			row_of(l, *label, SOURCE_INTERACTION, SIDE_GUEST, METHOD_ALONE);

		assert_near(rest->cost.value, SAMPLE_INTERACTION_CYCLES, 1e-6);
		assert_near(sum + rest->cost.value, total, 1e-6);
		assert_near(shares + rest->share.value, 1, 1e-9);
		rest = row_of(l, *label, SOURCE_INTERACTION, SIDE_GUEST, METHOD_REMOVED);
		assert_near(removed + rest->cost.value, total, 1e-6);
		assert_near(row_of(l, *label, "iotlb", SIDE_HOST, METHOD_ALONE)->cost.value, 140,
			    1e-6);
	}
}

/* What the client sees is both sides' together. */
static void
check_client(const struct loaded *l)
{
	static const enum attribution_method methods[] = {METHOD_ALONE, METHOD_REMOVED};

	for (unsigned int i = 0; sample_factors[i]; i++) {
		for (size_t m = 0; m < COUNT(methods); m++) {
			double cost[SIDES];

			for (int side = 0; side < SIDES; side++)
				cost[side] = row_of(l, frame_sizes[0], sample_factors[i],
						    (enum side)side, methods[m])
						     ->cost.value;
			assert_near(cost[SIDE_CLIENT], cost[SIDE_GUEST] + cost[SIDE_HOST], 1e-6);
		}
	}
}

static void
set_at_rate(struct sample *sample)
{
	sample->at_rate = true;
}

static void
test_client(void **state)
{
	static struct loaded l;

	(void)state;
	load(&l, 0, set_at_rate);
	check_exact(&l);
	check_client(&l);
	unload(&l);
}

static void
test_sums(void **state)
{
	static struct loaded l;

	(void)state;
	load(&l, 0, NULL);
	check_exact(&l);
	unload(&l);
}

/* What the plan does where the file lists naive itself: no cell of attribution's own. */
static void
drop_all_cells(struct sample *sample)
{
	struct experiment *e = &sample->experiment;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < e->n_cells; i++) {
		if (e->cells[i].role == CELL_ALL)
			continue;
		e->cells[kept] = e->cells[i];
		e->cells[kept].id = kept;
		kept++;
	}
	e->n_cells = kept;
}

static void
test_listed_naive_is_the_whole(void **state)
{
	static struct loaded l;

	(void)state;
	load(&l, 0, drop_all_cells);
	check_exact(&l);
	unload(&l);
}

static double
value_of(const struct loaded *l, const char *source, const char *with, enum side side,
	 enum attribution_method method)
{
	const struct run_cell *place =
		&l->run.cells[sample_cell(&l->sample, "ideal+psc", "64")->id];

	for (size_t i = 0; i < l->attribution.n_rows; i++) {
		const struct attribution_row *row = &l->attribution.rows[i];

		if (cell_same_place(row->place, place) && row->side == side &&
		    row->method == method && !strcmp(row->source, source) &&
		    (with ? row->with && !strcmp(row->with, with) : !row->with))
			return row->cost.value;
	}
	fail_msg("no row of %s", source);
	return NAN;
}

/* The sample's only interaction takes all sources: each has its share of it, no two have any. */
static void
test_shapley_values(void **state)
{
	const struct cell *cell;
	static struct loaded l;
	double sum = 0;

	(void)state;
	load_with(&l, 0, NULL, sample_open_shapley);
	cell = sample_cell(&l.sample, "ideal+psc", "64");
	for (unsigned int i = 0; sample_factors[i]; i++) {
		double own = sample_source_cycles(sample_factors[i], cell);
		double value = value_of(&l, sample_factors[i], NULL, SIDE_GUEST, METHOD_SHAPLEY);

		assert_near(value, own + SAMPLE_INTERACTION_CYCLES / SAMPLE_FACTORS, 1e-6);
		assert_near(value_of(&l, sample_factors[i], NULL, SIDE_GUEST, METHOD_ALONE), own,
			    1e-6);
		sum += value;
		for (unsigned int k = i + 1; sample_factors[k]; k++)
			assert_near(value_of(&l, sample_factors[i], sample_factors[k], SIDE_GUEST,
					     METHOD_TWO_WAY),
				    0, 1e-6);
	}
	assert_near(value_of(&l, SOURCE_REST, NULL, SIDE_GUEST, METHOD_TWO_WAY),
		    SAMPLE_INTERACTION_CYCLES, 1e-6);
	assert_near(sum, value_of(&l, SOURCE_TOTAL, NULL, SIDE_GUEST, METHOD_ALL), 1e-6);
	assert_near(value_of(&l, "iotlb", NULL, SIDE_HOST, METHOD_SHAPLEY), 140, 1e-6);
	unload(&l);
}

/* With noise, and a restart that one cell lacks: sums hold to the last digits all the same. */
/* Both ends make Shapley values where nothing but pairs act together. */
static void
test_many_sources(void **state)
{
	static struct loaded l;
	double sum = 0, total;

	(void)state;
	load_with(&l, 0, NULL, sample_open_many);
	total = row_of(&l, frame_sizes[0], SOURCE_TOTAL, SIDE_GUEST, METHOD_ALL)->cost.value;
	for (unsigned int i = 0; sample_many_factors[i]; i++) {
		const char *name = sample_many_factors[i];
		bool paired = !strcmp(name, "vc") || !strcmp(name, "rmp_check");
		double wanted = sample_source_cycles(name, sample_cell(&l.sample, "ideal+psc",
								       frame_sizes[0]));
		const struct attribution_row *row =
			row_of(&l, frame_sizes[0], name, SIDE_GUEST, METHOD_SHAPLEY);

		assert_near(row->cost.value, wanted + (paired ? SAMPLE_PAIR_CYCLES / 2 : 0), 1e-6);
		sum += row->cost.value;
	}
	assert_near(sum, total, 1e-6);
	assert_near(row_of(&l, frame_sizes[0], SOURCE_REST, SIDE_GUEST, METHOD_SHAPLEY)->cost.value,
		    0, 1e-6);
	unload(&l);
}

static void
test_shapley_sums_are_exact(void **state)
{
	static struct loaded l;

	(void)state;
	load_with(&l, 0.05, NULL, sample_open_shapley);
	for (int pass = 0; pass < 2; pass++) {
		for (int side = 0; side < SIDE_CLIENT; side++) {
			double total = value_of(&l, SOURCE_TOTAL, NULL, side, METHOD_ALL);
			double values = 0;
			double parts = value_of(&l, SOURCE_REST, NULL, side, METHOD_TWO_WAY);

			for (unsigned int i = 0; sample_factors[i]; i++) {
				const char *name = sample_factors[i];

				values += value_of(&l, name, NULL, side, METHOD_SHAPLEY);
				parts += value_of(&l, name, NULL, side, METHOD_ALONE);
				for (unsigned int k = i + 1; sample_factors[k]; k++)
					parts += value_of(&l, name, sample_factors[k], side,
							  METHOD_TWO_WAY);
			}
			assert_near(values, total, 1e-9 * fabs(total) + 1e-9);
			assert_near(parts, total, 1e-9 * fabs(total) + 1e-9);
		}
		/* Once more without the last restart of one cell. */
		attribution_close(&l.attribution);
		for (size_t s = 0; s < l.run.cells[7].n_series; s++)
			l.run.cells[7].series[s].n = l.run.cells[7].series[s].n * 2 / 3;
		assert_int_equal(attribution_open(&l.summary, &l.attribution), 0);
	}
	unload(&l);
}

/* Without a set there are no values, but what each source costs alone. */
static void
test_shapley_wants_every_set(void **state)
{
	static struct loaded l;
	struct run_cell *subset;

	(void)state;
	load_with(&l, 0, NULL, sample_open_shapley);
	subset = &l.run.cells[sample_cell(&l.sample, "set-3", "64")->id];
	attribution_close(&l.attribution);
	for (size_t s = 0; s < subset->n_series; s++)
		free(subset->series[s].points);
	subset->n_series = 0;
	assert_int_equal(attribution_open(&l.summary, &l.attribution), 0);
	assert_non_null(row_of(&l, "64", "psc", SIDE_GUEST, METHOD_ALONE));
	for (size_t i = 0; i < l.attribution.n_rows; i++)
		assert_true(l.attribution.rows[i].method != METHOD_SHAPLEY ||
			    !strcmp(l.attribution.rows[i].place->frame_size, "1500"));
	unload(&l);
}

/* Two sources that cost more together: the interaction is theirs, and found. */
static void
test_two_way_interaction(void **state)
{
	static struct loaded l;
	uint32_t both = 1u << source_find("psc") | 1u << source_find("vc");
	double before, after;

	(void)state;
	load_with(&l, 0, NULL, sample_open_shapley);
	before = value_of(&l, "psc", NULL, SIDE_GUEST, METHOD_SHAPLEY);
	attribution_close(&l.attribution);
	for (uint32_t i = 0; i < l.run.n_cells; i++) {
		const struct cell *cell = &l.sample.experiment.cells[i];
		struct series *series;

		if ((cell->role == CELL_SUBSET && (cell->factors & both) == both) ||
		    cell->role == CELL_ALL) {
			series = (struct series *)run_cell_series(&l.run.cells[i],
								  "guest_cycles_per_packet");
			for (size_t k = 0; k < series->n; k++)
				series->points[k].value += 300;
		}
	}
	assert_int_equal(attribution_open(&l.summary, &l.attribution), 0);
	after = value_of(&l, "psc", NULL, SIDE_GUEST, METHOD_SHAPLEY);
	assert_near(after - before, 150, 1e-6);
	assert_near(value_of(&l, "psc", "vc", SIDE_GUEST, METHOD_TWO_WAY), 300, 1e-6);
	assert_near(value_of(&l, "psc", "iotlb", SIDE_GUEST, METHOD_TWO_WAY), 0, 1e-6);
	assert_near(value_of(&l, SOURCE_REST, NULL, SIDE_GUEST, METHOD_TWO_WAY),
		    SAMPLE_INTERACTION_CYCLES, 1e-6);
	unload(&l);
}

static void
test_intervals_hold_the_truth(void **state)
{
	static struct loaded l;
	int held = 0, rows = 0;

	(void)state;
	load(&l, 0.01, NULL);
	for (const char *const *label = frame_sizes; *label; label++) {
		const struct cell *cell = sample_cell(&l.sample, "ideal+psc", *label);

		for (unsigned int i = 0; sample_factors[i]; i++) {
			const struct attribution_row *row =
				row_of(&l, *label, sample_factors[i], SIDE_GUEST, METHOD_ALONE);
			double wanted = sample_source_cycles(sample_factors[i], cell);

			held += row->cost.ci_low <= wanted && row->cost.ci_high >= wanted;
			rows++;
		}
	}
	assert_in_range(held, rows * 8 / 10, rows);
	unload(&l);
}

static void
test_noise_verdicts(void **state)
{
	static struct loaded l;
	struct noise_floor floor;

	(void)state;
	load(&l, 0.01, NULL);
	floor = noise_floor_of(&l.summary, "macswap", "64");
	assert_true(floor.same_device[SIDE_GUEST] > 0 && floor.same_device[SIDE_GUEST] < 0.05);
	assert_true(floor.across_devices[SIDE_GUEST] > 0);
	for (uint32_t i = 0; i < l.run.n_cells; i++) {
		const struct run_cell *cell = &l.run.cells[i];
		bool across = !summary_same_device(&l.summary, cell);

		floor = noise_floor_of(&l.summary, "macswap", cell->frame_size);
		assert_true(noise_floor_for(&l.summary, cell, SIDE_HOST) ==
			    (across ? floor.across_devices : floor.same_device)[SIDE_HOST]);
		if (cell->role == CELL_CONTROL)
			assert_false(noise_distinguishable(&l.summary, cell, SIDE_GUEST));
		if (!strcmp(cell->configuration, "naive"))
			assert_true(noise_distinguishable(&l.summary, cell, SIDE_GUEST));
		if (!strcmp(cell->configuration, "ideal+iotlb")) {
			assert_true(across);
			assert_true(noise_distinguishable(&l.summary, cell, SIDE_HOST));
		}
	}
	floor = noise_floor_of(&l.summary, "macswap", "999");
	assert_true(isnan(floor.same_device[SIDE_GUEST]) && isnan(floor.across_devices[SIDE_HOST]));
	unload(&l);
}

/* What noise_apart() says, and that every row of a noisy run goes by its own interval. */
static void
test_one_rule_for_all_figures(void **state)
{
	const struct estimate added = {100, 80, 120, 3}, both_signs = {100, -5, 205, 3};
	const struct estimate ratio = {1.05, 1.02, 1.08, 3}, one_pair = {100, NAN, NAN, 1};
	static struct loaded l;
	int hidden = 0;

	(void)state;
	assert_true(noise_apart(&added, 0, 0.5, 199));
	assert_false(noise_apart(&added, 0, 0.5, 201));
	assert_false(noise_apart(&both_signs, 0, 0, 1000));
	assert_true(noise_apart(&ratio, 1, 0.04, 1));
	assert_false(noise_apart(&ratio, 1, 0.06, 1));
	assert_false(noise_apart(&one_pair, 0, 0, 1000));
	load(&l, 0.2, NULL);
	for (size_t i = 0; i < l.attribution.n_rows; i++) {
		const struct attribution_row *row = &l.attribution.rows[i];
		bool holds_none = row->cost.ci_low <= 0 && row->cost.ci_high >= 0;

		assert_false(holds_none && row->distinguishable);
		hidden += holds_none;
	}
	assert_true(hidden > 0);
	unload(&l);
}

static void
test_breakeven(void **state)
{
	static struct loaded l;
	struct breakeven b;
	struct summary_row *summary_row;
	const struct cell *vc;
	double ideal;

	(void)state;
	load(&l, 0, NULL);
	vc = sample_cell(&l.sample, "ideal+vc", "1500");
	ideal = sample_guest_cycles(&vc->reference_config, vc);
	assert_true(breakeven_of(&l.summary, &l.run.cells[vc->id], &b));
	assert_near(b.events_per_packet, 1.0 / 32, 1e-9);
	assert_near(b.charged_cycles, 9600, 1e-6);
	assert_near(b.at_1_percent_cycles, 0.01 * ideal * 32, 1e-6);
	assert_near(b.at_6_percent_cycles, 0.06 * ideal * 32, 1e-6);
	/* Charged more than the whole was measured at: then the source does nothing besides. */
	summary_row = (struct summary_row *)summary_find(&l.summary, &l.run.cells[vc->id],
							 "exits.cycles_per_packet");
	summary_row->value.value *= 4;
	assert_true(breakeven_of(&l.summary, &l.run.cells[vc->id], &b));
	assert_in_range((uint64_t)b.charged_cycles, 9600, 2 * 9600);
	assert_near(b.at_1_percent_cycles, 0.01 * ideal * 32, 1e-6);
	/* bounce_alloc is real, and no exit. */
	assert_false(breakeven_of(
		&l.summary, &l.run.cells[sample_cell(&l.sample, "ideal+bounce_alloc", "64")->id],
		&b));
	assert_false(breakeven_of(&l.summary,
				  &l.run.cells[sample_cell(&l.sample, "swiotlb", "64")->id], &b));
	unload(&l);
}

/* In a configuration: the vc of swiotlb, one exit a burst. */
static void
test_breakeven_of_an_option(void **state)
{
	int vc = source_find("vc"), psc = source_find("psc");
	const struct option_spec *cost = options_find(sources[vc]->options, "cost");
	const struct option_spec *at = options_find(sources[vc]->options, "at");
	static struct loaded l;
	const struct cell *cell;
	struct run_cell *read;
	struct breakeven b;
	double ideal;

	(void)state;
	load(&l, 0, NULL);
	cell = sample_cell(&l.sample, "swiotlb", "1500");
	read = &l.run.cells[cell->id];
	ideal = sample_guest_cycles(&cell->reference_config, cell);
	snprintf(read->options, sizeof(read->options),
		 "xvc(cost=5 cycles) vc(at=doorbell, my_cost=6 cycles, cost=7 cycles) y(cost=8 "
		 "cycles)");
	assert_true(breakeven_of_option(&l.summary, read, vc, cost, &b));
	assert_near(b.events_per_packet, 1.0 / 32, 1e-9);
	assert_near(b.charged_cycles, 7, 1e-9);
	assert_near(b.at_1_percent_cycles, 0.01 * ideal * 32, 1e-6);
	assert_near(b.at_6_percent_cycles, 0.06 * ideal * 32, 1e-6);
	/* No events: an option that is no cost, a source that is off, what was not compared. */
	assert_false(breakeven_of_option(&l.summary, read, vc, at, &b));
	assert_false(breakeven_of_option(&l.summary, read, psc,
					 options_find(sources[psc]->options, "cost"), &b));
	snprintf(read->options, sizeof(read->options), "vc(at=doorbell) y(cost=8 cycles)");
	assert_false(breakeven_of_option(&l.summary, read, vc, cost, &b));
	read = &l.run.cells[sample_cell(&l.sample, "ideal+vc", "1500")->id];
	assert_false(breakeven_of_option(&l.summary, read, vc, cost, &b));
	unload(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_many_sources),
		cmocka_unit_test(test_listed_naive_is_the_whole),
		cmocka_unit_test(test_shapley_values),
		cmocka_unit_test(test_shapley_sums_are_exact),
		cmocka_unit_test(test_shapley_wants_every_set),
		cmocka_unit_test(test_two_way_interaction),
		cmocka_unit_test(test_intervals_hold_the_truth),
		cmocka_unit_test(test_noise_verdicts),
		cmocka_unit_test(test_one_rule_for_all_figures),
		cmocka_unit_test(test_breakeven),
		cmocka_unit_test(test_breakeven_of_an_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
