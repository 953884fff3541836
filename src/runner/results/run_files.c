/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/run_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/results/blocks.h"
#include "runner/results/csv_file.h"
#include "runner/results/pair_metrics.h"
#include "runner/results/record.h"
#include "runner/results/run_lines.h"

#define PATH_BYTES (FOLDER_PATH_BYTES + 16)

static int
compare_points(const void *a, const void *b)
{
	uint32_t x = ((const struct point *)a)->repeat, y = ((const struct point *)b)->repeat;

	return (x > y) - (x < y);
}

/* How many repeats of that metric a restart has. */
static uint32_t
repeats_of_restart(const struct run *run, const struct series *series)
{
	return metric_is_of_pairs(series->metric) ? run->manifest.measure.pairs : 1;
}

/* By rising repeat; refuses one that stands there twice, and more restarts than there can be. */
static int
order_points(const struct run *run, const struct series *series, const char *path)
{
	const struct point *points = series->points, *last = &points[series->n - 1];

	qsort(series->points, series->n, sizeof(*points), compare_points);
	for (size_t i = 1; i < series->n; i++) {
		if (points[i].repeat != points[i - 1].repeat)
			continue;
		log_error("%s:%u: damaged: %s, repeat %u stands on line %u too", path,
			  points[i].line, series->metric, points[i].repeat, points[i - 1].line);
		return -EBADMSG;
	}
	if (last->repeat / repeats_of_restart(run, series) < UNITS_MAX)
		return 0;
	log_error("%s:%u: damaged: found repeat %u of %s, at most %u restarts are wanted", path,
		  last->line, last->repeat, series->metric, UNITS_MAX);
	return -EBADMSG;
}

static int
order_series(struct run *run, const char *path)
{
	int err = 0;

	for (uint32_t c = 0; c < run->n_cells; c++)
		for (size_t s = 0; !err && s < run->cells[c].n_series; s++)
			err = order_points(run, &run->cells[c].series[s], path);
	return err;
}

/* Leaves out what was measured before that restart; points are in order. */
static void
keep_from(const struct run *run, struct series *series, uint32_t first_restart)
{
	uint64_t first_repeat = (uint64_t)first_restart * repeats_of_restart(run, series);
	size_t gone = 0;

	while (gone < series->n && series->points[gone].repeat < first_repeat)
		gone++;
	series->n -= gone;
	memmove(series->points, series->points + gone, series->n * sizeof(*series->points));
}

static void
keep_block(struct run *run)
{
	for (uint32_t c = 0; c < run->n_cells; c++) {
		struct run_cell *cell = &run->cells[c];
		size_t kept = 0;

		for (size_t s = 0; s < cell->n_series; s++) {
			struct series series = cell->series[s];

			keep_from(run, &series, run->first_restart);
			if (series.n)
				cell->series[kept++] = series;
			else
				free(series.points);
		}
		cell->n_series = kept;
	}
}

/* A run of an earlier version has no blocks.csv, and one block. */
static int
read_blocks(const struct folder *folder, struct run *run)
{
	struct blocks blocks;
	int err = blocks_read(folder, &blocks);

	run->n_blocks = blocks.n ? blocks.n : 1;
	if (blocks.n)
		run->first_restart = blocks.at[blocks.n - 1].first_restart;
	blocks_close(&blocks);
	return err == -ENOENT ? 0 : err;
}

static bool
has_trials(const struct run *run)
{
	for (uint32_t i = 0; i < run->n_cells; i++)
		if (run->cells[i].n_series)
			return true;
	return false;
}

int
run_files_read(const struct folder *folder, struct run *run)
{
	char plan[PATH_BYTES], trials[PATH_BYTES];
	int err;

	*run = (struct run){0};
	snprintf(plan, sizeof(plan), "%s/plan.csv", folder->path);
	snprintf(trials, sizeof(trials), "%s/trials.csv", folder->path);
	err = manifest_read(&run->manifest, folder);
	if (!err && run->manifest.measure.pairs == 0) {
		log_error("%s/manifest.json: damaged: found measure.pairs 0, at least 1 is wanted",
			  folder->path);
		err = -EBADMSG;
	}
	if (!err)
		err = csv_read(plan, PLAN_COLUMNS, run_plan_line, run);
	if (!err)
		err = csv_read_appended(trials, TRIALS_COLUMNS, run_trial_line, run);
	if (!err)
		err = order_series(run, trials);
	if (!err)
		err = read_blocks(folder, run);
	if (!err)
		keep_block(run);
	if (!err && !has_trials(run)) {
		log_error("%s: holds no trial: there is nothing to report", trials);
		err = -ENODATA;
	}
	if (err == -ENOMEM)
		log_error("%s: cannot read: %s", folder->path, strerror(ENOMEM));
	if (err)
		run_files_close(run);
	return err;
}

void
run_files_close(struct run *run)
{
	for (uint32_t c = 0; c < run->n_cells; c++) {
		for (size_t s = 0; s < run->cells[c].n_series; s++)
			free(run->cells[c].series[s].points);
		free(run->cells[c].series);
	}
	free(run->cells);
	*run = (struct run){0};
}

uint32_t
run_cell_restarts(const struct run_cell *cell)
{
	/* Which every trial has once. */
	const struct series *series = run_cell_series(cell, METRIC_SAME_DEVICE);

	return series ? (uint32_t)series->n : 0;
}

const struct series *
run_cell_series(const struct run_cell *cell, const char *metric)
{
	for (size_t i = 0; i < cell->n_series; i++)
		if (!strcmp(cell->series[i].metric, metric))
			return &cell->series[i];
	return NULL;
}

bool
series_has_restarts(const struct run *run, const struct series *series)
{
	uint32_t repeats = repeats_of_restart(run, series);

	return series->points[0].repeat / repeats != series->points[series->n - 1].repeat / repeats;
}

void
series_observations(const struct run *run, const struct series *series, struct observation *out)
{
	uint32_t repeats = repeats_of_restart(run, series);

	for (size_t i = 0; i < series->n; i++)
		out[i] = (struct observation){series->points[i].value,
					      series->points[i].repeat / repeats};
}
