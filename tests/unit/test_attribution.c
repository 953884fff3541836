/* SPDX-License-Identifier: BSD-3-Clause */
/* Attribution, noise verdicts and break-even costs of a run whose costs are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/sources/source.h"
#include "runner/report/attribution.h"
#include "runner/report/breakeven.h"
#include "runner/report/noise.h"
#include "sample_run.h"

#define assert_near(value, wanted, within) assert_true(fabs((value) - (wanted)) <= (within))

static const char *const frame_sizes[] = {"64", "1500", NULL};

/* A run from trials to attribution. */
struct loaded {
	struct sample sample;
	struct folder folder;
	struct run run;
	struct summary summary;
	struct attribution attribution;
	char path[64];
};

static void
load(struct loaded *l, double noise, void (*change)(struct sample *sample))
{
	sample_open(&l->sample, frame_sizes, noise);
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
		double total =
			row_of(l, *label, SOURCE_TOTAL, SIDE_GUEST, METHOD_ALL)->cycles.value;

		for (unsigned int i = 0; sources[i]; i++) {
			const char *name = sources[i]->name;
			double wanted = sample_source_cycles(name, cell);
			const struct attribution_row *row =
				row_of(l, *label, name, SIDE_GUEST, METHOD_ALONE);

			assert_near(row->cycles.value, wanted, 1e-6);
			assert_int_equal(row->fidelity, sources[i]->fidelity);
			assert_int_equal(row->distinguishable, wanted > 0);
			sum += row->cycles.value;
			shares += row->share.value;
			row = row_of(l, *label, name, SIDE_GUEST, METHOD_REMOVED);
			assert_near(row->cycles.value, wanted + SAMPLE_INTERACTION_CYCLES, 1e-6);
			removed += row->cycles.value;
		}
		const struct attribution_row *rest =
			row_of(l, *label, SOURCE_INTERACTION, SIDE_GUEST, METHOD_ALONE);

		assert_near(rest->cycles.value, SAMPLE_INTERACTION_CYCLES, 1e-6);
		assert_near(sum + rest->cycles.value, total, 1e-6);
		assert_near(shares + rest->share.value, 1, 1e-9);
		rest = row_of(l, *label, SOURCE_INTERACTION, SIDE_GUEST, METHOD_REMOVED);
		assert_near(removed + rest->cycles.value, total, 1e-6);
		assert_near(row_of(l, *label, "iotlb", SIDE_HOST, METHOD_ALONE)->cycles.value, 140,
			    1e-6);
	}
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

static void
test_intervals_hold_the_truth(void **state)
{
	static struct loaded l;
	int held = 0, rows = 0;

	(void)state;
	load(&l, 0.01, NULL);
	for (const char *const *label = frame_sizes; *label; label++) {
		const struct cell *cell = sample_cell(&l.sample, "ideal+psc", *label);

		for (unsigned int i = 0; sources[i]; i++) {
			const struct attribution_row *row =
				row_of(&l, *label, sources[i]->name, SIDE_GUEST, METHOD_ALONE);
			double wanted = sample_source_cycles(sources[i]->name, cell);

			held += row->cycles.ci_low <= wanted && row->cycles.ci_high >= wanted;
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

static void
test_breakeven(void **state)
{
	static struct loaded l;
	struct breakeven b;
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
	/* bounce_alloc is real, and no exit. */
	assert_false(breakeven_of(
		&l.summary, &l.run.cells[sample_cell(&l.sample, "ideal+bounce_alloc", "64")->id],
		&b));
	assert_false(breakeven_of(&l.summary,
				  &l.run.cells[sample_cell(&l.sample, "swiotlb", "64")->id], &b));
	unload(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_listed_naive_is_the_whole),
		cmocka_unit_test(test_intervals_hold_the_truth),
		cmocka_unit_test(test_noise_verdicts),
		cmocka_unit_test(test_breakeven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
