/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order in which a measuring process goes through the cells: at random, but those of one
 * traffic together, since changing it costs more than a slice. Traffics come in the order in
 * which the shuffle brings them up.
 */
#ifndef FOLIO_RUNNER_CELL_ORDER_H
#define FOLIO_RUNNER_CELL_ORDER_H

#include <stdint.h>

#include "runner/config/experiment.h"

/*
 * Every cell's place in experiment->cells once, in the order that measure.seed and the
 * restart give: the caller's to free. NULL when out of memory.
 */
uint32_t *cell_order_draw(const struct experiment *experiment, uint32_t restart);

#endif
