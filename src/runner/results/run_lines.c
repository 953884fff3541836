/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/run_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "runner/config/plan.h"
#include "runner/results/record.h"
#include "runner/results/run_files.h"

/* Reads "real+modelled" back into a set. Returns 0, or -EBADMSG after log_error(). */
static int
read_fidelity(const struct csv_line *line, size_t field, unsigned int *set)
{
	char text[FIDELITY_TEXT_BYTES];

	for (*set = 0; *set < FIDELITY_NOT_EMULATED << 1; (*set)++)
		if (!strcmp(fidelity_format(*set, text, sizeof(text)), line->fields[field]))
			return 0;
	log_error("%s:%u: damaged: found '%.40s', a fidelity such as real+modelled is wanted",
		  line->path, line->number, line->fields[field]);
	return -EBADMSG;
}

static int
read_role(const struct csv_line *line, size_t field, enum cell_role *role)
{
	int found = cell_role_find(line->fields[field]);

	if (found < 0) {
		log_error("%s:%u: damaged: found role '%.40s', which this version doesn't know",
			  line->path, line->number, line->fields[field]);
		return -EBADMSG;
	}
	*role = (enum cell_role)found;
	return 0;
}

static int
read_cell_texts(const struct csv_line *line, struct run_cell *cell)
{
	const struct {
		char *text;
		size_t size;
	} texts[] = {
		/* in the order of PLAN_COLUMNS, from column 2 */
		{cell->configuration, sizeof(cell->configuration)},
		{cell->reference, sizeof(cell->reference)},
		{cell->variant, sizeof(cell->variant)},
		{cell->workload, sizeof(cell->workload)},
		{cell->frame_size, sizeof(cell->frame_size)},
		{cell->traffic, sizeof(cell->traffic)},
		{cell->source, sizeof(cell->source)},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(texts) / sizeof(texts[0]); i++)
		err = csv_read_text(line, 2 + i, texts[i].text, texts[i].size);
	return err;
}

int
run_plan_line(const struct csv_line *line, void *arg)
{
	struct run *run = arg;
	struct run_cell *cells, *cell;
	int err;

	if (run->n_cells == CELLS_MAX) {
		log_error("%s:%u: damaged: found more than the %d cells that a plan can have",
			  line->path, line->number, CELLS_MAX);
		return -EBADMSG;
	}
	cells = reallocarray(run->cells, run->n_cells + 1, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	run->cells = cells;
	cell = &cells[run->n_cells];
	*cell = (struct run_cell){0};
	err = csv_read_count(line, 0, &cell->id);
	if (!err)
		err = read_role(line, 1, &cell->role);
	if (!err)
		err = read_cell_texts(line, cell);
	if (!err)
		err = read_fidelity(line, 9, &cell->fidelity);
	if (!err)
		err = read_fidelity(line, 10, &cell->reference_fidelity);
	if (!err && cell->source[0])
		err = read_fidelity(line, 11, &cell->source_fidelity);
	if (!err)
		err = csv_read_text(line, 12, cell->options, sizeof(cell->options));
	if (!err && cell->id != run->n_cells) {
		log_error("%s:%u: damaged: found cell %u, %u is wanted", line->path, line->number,
			  cell->id, run->n_cells);
		err = -EBADMSG;
	}
	if (!err)
		run->n_cells++;
	return err;
}

/* The cell's series of the line's metric, made where it is new. */
static int
series_for(struct run_cell *cell, const struct csv_line *line, struct series **out)
{
	struct series *series;
	int err;

	for (size_t i = 0; i < cell->n_series; i++) {
		*out = &cell->series[i];
		if (!strcmp((*out)->metric, line->fields[5]))
			return 0;
	}
	series = reallocarray(cell->series, cell->n_series + 1, sizeof(*series));
	if (!series)
		return -ENOMEM;
	cell->series = series;
	series += cell->n_series;
	*series = (struct series){0};
	err = csv_read_text(line, 5, series->metric, sizeof(series->metric));
	if (!err)
		err = csv_read_text(line, 6, series->unit, sizeof(series->unit));
	if (!err)
		err = read_fidelity(line, 8, &series->fidelity);
	if (!err)
		cell->n_series++;
	*out = series;
	return err;
}

static int
series_add(struct series *series, const struct csv_line *line, const struct point *point)
{
	char fidelity[FIDELITY_TEXT_BYTES];

	fidelity_format(series->fidelity, fidelity, sizeof(fidelity));
	if (strcmp(series->unit, line->fields[6]) || strcmp(fidelity, line->fields[8])) {
		log_error(
			"%s:%u: damaged: found %.40s, %.40s; other rows of this metric say %s, %s",
			line->path, line->number, line->fields[6], line->fields[8], series->unit,
			fidelity);
		return -EBADMSG;
	}
	if (series->n == series->room) {
		size_t room = series->room ? 2 * series->room : 64;
		struct point *points = reallocarray(series->points, room, sizeof(*points));

		if (!points)
			return -ENOMEM;
		series->points = points;
		series->room = room;
	}
	series->points[series->n++] = *point;
	return 0;
}

int
run_trial_line(const struct csv_line *line, void *arg)
{
	struct run *run = arg;
	struct point point = {.line = line->number};
	struct series *series;
	uint32_t id;
	int err = csv_read_count(line, 0, &id);

	if (!err && (id >= run->n_cells || strcmp(run->cells[id].configuration, line->fields[1]) ||
		     strcmp(run->cells[id].frame_size, line->fields[3]))) {
		log_error("%s:%u: damaged: cell %u (%s, %s) is not in plan.csv", line->path,
			  line->number, id, line->fields[1], line->fields[3]);
		err = -EBADMSG;
	}
	if (!err)
		err = csv_read_count(line, 4, &point.repeat);
	if (!err)
		err = csv_read_number(line, 7, &point.value);
	if (err)
		return err;
	err = series_for(&run->cells[id], line, &series);
	return err ? err : series_add(series, line, &point);
}
