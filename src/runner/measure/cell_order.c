/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/cell_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define PLACED UINT32_MAX

/* Moves the cells of each traffic that shuffled brings up to order, one traffic after the other. */
static void
group_by_traffic(const struct experiment *experiment, uint32_t *shuffled, uint32_t *order)
{
	uint32_t n = experiment->n_cells, placed = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (shuffled[i] == PLACED)
			continue;
		const char *traffic = experiment->cells[shuffled[i]].traffic;

		for (uint32_t k = i; k < n; k++) {
			if (shuffled[k] == PLACED ||
			    strcmp(experiment->cells[shuffled[k]].traffic, traffic))
				continue;
			order[placed++] = shuffled[k];
			shuffled[k] = PLACED;
		}
	}
}

uint32_t *
cell_order_draw(const struct experiment *experiment, uint32_t restart)
{
	struct random_state random = {((uint64_t)experiment->measure.seed << 32) + restart};
	uint32_t n = experiment->n_cells;
	uint32_t *shuffled = calloc(n, sizeof(*shuffled)), *order = calloc(n, sizeof(*order));

	if (shuffled && order) {
		for (uint32_t i = 0; i < n; i++)
			shuffled[i] = i;
		random_shuffle(&random, shuffled, n, sizeof(*shuffled));
		group_by_traffic(experiment, shuffled, order);
	} else {
		free(order);
		order = NULL;
	}
	free(shuffled);
	return order;
}
