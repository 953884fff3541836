/* SPDX-License-Identifier: BSD-3-Clause */
/* Controls: the reference against itself. What they measure is the noise floor. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/plan.h"

/* The device's IOTLB and its rings are set up once: sides that differ in them cannot share it. */
static bool
needs_two_devices(const struct cell *cell)
{
	int iotlb = source_find("iotlb");

	if (cell->config.ring_size != cell->reference_config.ring_size)
		return true;
	return iotlb >= 0 &&
	       memcmp(&cell->config.sources[iotlb], &cell->reference_config.sources[iotlb],
		      sizeof(cell->config.sources[iotlb]));
}

static bool
row_needs_two_devices(const struct plan *plan)
{
	for (size_t i = plan->row_start; i < plan->experiment->n_cells; i++)
		if (needs_two_devices(&plan->experiment->cells[i]))
			return true;
	return false;
}

static int
add_control(struct plan *plan, const struct row *row, const struct combo *combo,
	    enum cell_role role)
{
	const struct recipe *reference = &plan->form->reference;
	struct cell cell;

	plan_cell_init(plan, row, role, &cell);
	snprintf(cell.configuration, NAME_BYTES, "A/A");
	memcpy(cell.reference, reference->name, sizeof(cell.reference));
	if (recipe_resolve(reference, &plan->form->shared, combo, SWEEP_DATAPATH, &cell.config) ||
	    plan_set_variant(plan, combo, &cell))
		return -EINVAL;
	memcpy(&cell.reference_config, &cell.config, sizeof(cell.config));
	return plan_add(plan, &cell);
}

int
plan_controls(struct plan *plan, const struct row *row, const struct combo *combo)
{
	int error = add_control(plan, row, combo, CELL_CONTROL);

	if (!error && row_needs_two_devices(plan))
		error = add_control(plan, row, combo, CELL_CONTROL_DEVICES);
	return error;
}
