/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/place.h"

#include <string.h>

#include "runner/config/presets.h"

bool
cell_same_place(const struct run_cell *a, const struct run_cell *b)
{
	return !strcmp(a->workload, b->workload) && !strcmp(a->frame_size, b->frame_size) &&
	       !strcmp(a->variant, b->variant);
}

static bool
is_attribution(const struct run_cell *cell)
{
	return cell->role == CELL_ALONE || cell->role == CELL_REMOVED || cell->role == CELL_ALL ||
	       cell->role == CELL_SUBSET;
}

bool
place_has_of_attribution(const struct run_cell *place, const struct run_cell *cell)
{
	return is_attribution(cell) && cell_same_place(cell, place);
}

bool
place_opens_attribution(const struct run *run, const struct run_cell *cell)
{
	for (uint32_t i = 0; i < cell->id; i++)
		if (is_attribution(&run->cells[i]) && cell_same_place(&run->cells[i], cell))
			return false;
	return is_attribution(cell);
}

/* The first cell of that role at the place, or NULL. */
static const struct run_cell *
find_role(const struct run *run, const struct run_cell *place, enum cell_role role)
{
	for (uint32_t i = 0; i < run->n_cells; i++)
		if (run->cells[i].role == role && cell_same_place(&run->cells[i], place))
			return &run->cells[i];
	return NULL;
}

const struct run_cell *
place_find_all(const struct run *run, const struct run_cell *place)
{
	const struct run_cell *all = find_role(run, place, CELL_ALL);
	const struct run_cell *alone = find_role(run, place, CELL_ALONE);

	for (uint32_t i = 0; !all && alone && i < run->n_cells; i++) {
		const struct run_cell *cell = &run->cells[i];

		if (cell->role == CELL_LISTED && cell_same_place(cell, place) &&
		    !strcmp(cell->configuration, PRESET_NAIVE) &&
		    !strcmp(cell->reference, alone->reference))
			all = cell;
	}
	return all;
}
