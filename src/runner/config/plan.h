/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cells of an experiment. For every traffic, in this order:
 *
 *   listed    each configuration but the reference, for every combination of
 *             swept values, against the reference
 *   all, alone, removed   attribution, when it is wanted
 *   included  of `include:`
 *   control   the reference against itself, on one device and, when some
 *             cell's sides need devices of their own, on two
 *
 * What a sweep says of sources is for the listed configurations only; what it
 * says of the datapath (ring, burst, ...) is for the reference, attribution and
 * controls too, since both sides of a comparison must share it. A cell whose
 * settings another one of its name has already is left out, so that an option of a
 * source that is off makes no second cell.
 */
#ifndef FOLIO_RUNNER_PLAN_H
#define FOLIO_RUNNER_PLAN_H

#include <stdbool.h>

#include "runner/config/form.h"

/* What max_cells may be; and combinations of swept values that a plan is searched for in. */
#define CELLS_MAX 16384
#define COMBOS_MAX (4 * CELLS_MAX)

struct plan {
	const struct form *form;
	struct experiment *experiment; /* its cells grow */
	size_t row_start;              /* first cell of the traffic at hand */
	bool excluded;                 /* `exclude:` took something away */
};

/* Fills in experiment's cells. Returns 0; -EINVAL after node_refuse(); -ENOMEM. */
int plan_build(const struct form *form, struct experiment *experiment);

/* A cell of this traffic, its configurations still to be filled in. All of it is zeroed first. */
void plan_cell_init(const struct plan *plan, const struct row *row, enum cell_role role,
		    struct cell *cell);

/* Adds a copy of the cell unless it is there already, and gives it its id. As plan_build(). */
int plan_add(struct plan *plan, const struct cell *cell);

/*
 * Writes the combination's values that have a say in the cell into its variant, and the
 * rate into the cell. As plan_build().
 */
int plan_set_variant(const struct plan *plan, const struct combo *combo, struct cell *cell);

/* Adds attribution's cells of this traffic and combination. As plan_build(). */
int plan_attribution(struct plan *plan, const struct row *row, const struct combo *combo);

/* Adds the controls of this traffic and combination. As plan_build(). */
int plan_controls(struct plan *plan, const struct row *row, const struct combo *combo);

#endif
