/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/lanes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/guest/guest.h"
#include "datapath/lockstep.h"

static uint32_t
plan(struct lanes *lanes, const struct datapath_config *config, enum lane_kind kind)
{
	for (uint32_t i = 0; i < lanes->n; i++)
		if (lanes->planned[i].kind == kind &&
		    !memcmp(&lanes->planned[i].config, config, sizeof(*config)))
			return i;
	lanes->planned[lanes->n] = (struct planned_lane){.config = *config, .kind = kind};
	return lanes->n++;
}

static enum lane_kind
kind_of(const struct cell *cell)
{
	switch (cell->role) {
	case CELL_CONTROL:
		return LANE_SECOND;
	case CELL_CONTROL_DEVICES:
		return LANE_OWN_DEVICE;
	default:
		return LANE_FIRST;
	}
}

int
lanes_plan(const struct experiment *experiment, struct lanes *lanes)
{
	uint32_t n = experiment->n_cells;

	*lanes = (struct lanes){
		.planned = calloc(2 * (size_t)n, sizeof(*lanes->planned)),
		.reference = calloc(n, sizeof(*lanes->reference)),
		.configuration = calloc(n, sizeof(*lanes->configuration)),
	};
	if (!lanes->planned || !lanes->reference || !lanes->configuration)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct cell *cell = &experiment->cells[i];

		lanes->reference[i] = plan(lanes, &cell->reference_config, LANE_FIRST);
		lanes->configuration[i] = plan(lanes, &cell->config, kind_of(cell));
	}
	return 0;
}

size_t
lanes_bounce_bytes(const struct lanes *lanes)
{
	size_t most = 0;

	for (uint32_t i = 0; i < lanes->n; i++) {
		size_t bytes = datapath_config_bounce_bytes(&lanes->planned[i].config);

		most = bytes > most ? bytes : most;
	}
	return most;
}

void
lanes_add_need(const struct lanes *lanes, struct memory_need *need)
{
	size_t bounce_bytes = lanes_bounce_bytes(lanes);

	for (uint32_t i = 0; i < lanes->n; i++) {
		const struct planned_lane *lane = &lanes->planned[i];
		uint32_t k = 0;

		while (k < i && (lanes->planned[k].kind == LANE_OWN_DEVICE ||
				 !lockstep_shares_device(&lanes->planned[k].config, &lane->config)))
			k++;
		if (lane->kind == LANE_OWN_DEVICE || k == i)
			guest_add_need(&lane->config, bounce_bytes, need);
	}
}

void
lanes_close(struct lanes *lanes)
{
	free(lanes->planned);
	free(lanes->reference);
	free(lanes->configuration);
	*lanes = (struct lanes){0};
}
