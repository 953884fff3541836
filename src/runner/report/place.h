/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cells of one place have workload, frame size and variant in common: their
 * figures may stand in one table and be added up. A place is named by any of
 * its cells.
 */
#ifndef FOLIO_RUNNER_PLACE_H
#define FOLIO_RUNNER_PLACE_H

#include <stdbool.h>

#include "runner/results/run_files.h"

bool cell_same_place(const struct run_cell *a, const struct run_cell *b);

/* Is it a cell of the place's attribution, and not one that the file lists? */
bool place_has_of_attribution(const struct run_cell *place, const struct run_cell *cell);

/* Is the cell the first of its place that belongs to an attribution? */
bool place_opens_attribution(const struct run *run, const struct run_cell *cell);

/*
 * The comparison of all sources with the ideal, or NULL. The plan leaves it out
 * where the file lists the same: it is then the listed cell of `naive` against
 * the ideal.
 */
const struct run_cell *place_find_all(const struct run *run, const struct run_cell *place);

#endif
