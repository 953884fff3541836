/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/noise.h"

#include <math.h>
#include <string.h>

/* Raises the floor to what one control shows. fmax() passes over a NAN. */
static void
raise_floor(const struct summary *summary, const struct run_cell *control, double floor[SIDES])
{
	for (int side = 0; side < SIDES; side++) {
		const struct summary_row *row =
			summary_find(summary, control, side_metrics[side].cost);
		double off, half_width;

		if (!row || row->ratio.n == 0)
			continue;
		off = fabs(row->ratio.value - 1);
		half_width = (row->ratio.ci_high - row->ratio.ci_low) / 2;
		floor[side] = fmax(floor[side], fmax(off, half_width));
	}
}

struct noise_floor
noise_floor_of(const struct summary *summary, const char *workload, const char *frame_size)
{
	struct noise_floor floor = {{NAN, NAN}, {NAN, NAN}};

	for (uint32_t i = 0; i < summary->run->n_cells; i++) {
		const struct run_cell *cell = &summary->run->cells[i];

		if (strcmp(cell->workload, workload) || strcmp(cell->frame_size, frame_size))
			continue;
		if (cell->role == CELL_CONTROL)
			raise_floor(summary, cell, floor.same_device);
		else if (cell->role == CELL_CONTROL_DEVICES)
			raise_floor(summary, cell, floor.across_devices);
	}
	return floor;
}

double
noise_floor_for(const struct summary *summary, const struct run_cell *cell, enum side side)
{
	struct noise_floor floor = noise_floor_of(summary, cell->workload, cell->frame_size);
	double same = floor.same_device[side], across = floor.across_devices[side];
	bool is_same = summary_same_device(summary, cell);
	double wanted = is_same ? same : across, other = is_same ? across : same;

	if (!isnan(wanted))
		return wanted;
	return isnan(other) ? 0 : other;
}

/* Figures that cancel out leave their last digits. */
#define ROUNDING 1e-9

/* Comparisons with a bound that is NAN are false. */
bool
noise_apart(const struct estimate *e, double nothing, double floor, double of)
{
	bool left_out = e->ci_low > nothing || e->ci_high < nothing;

	return left_out && fabs(e->value - nothing) > fmax(floor, ROUNDING) * of;
}

bool
noise_distinguishable(const struct summary *summary, const struct run_cell *cell, enum side side)
{
	const struct summary_row *row = summary_find(summary, cell, side_metrics[side].cost);

	return row && noise_apart(&row->ratio, 1, noise_floor_for(summary, cell, side), 1);
}
