/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of an attribution: one place and side under work, shared by its methods. */
#ifndef FOLIO_RUNNER_ATTRIBUTION_WORK_H
#define FOLIO_RUNNER_ATTRIBUTION_WORK_H

#include "runner/report/attribution.h"

struct attribution_work {
	const struct summary *summary;
	const struct run_cell *place, *all; /* all: naive against the ideal, or NULL */
	enum side side;
	struct units common; /* the restarts that all of the place's measured cells have */
	struct units total, part, rest;
	bool total_known;
	struct attribution *out;
};

/* What the cell adds to its reference, in the side's unit, over the common restarts. 0, -ENODATA or -ENOMEM. */
int attribution_added(const struct attribution_work *work, const struct run_cell *cell,
		      struct units *out);

/* Adds a row; fills in its place, side, cost and share from part. Returns 0 or -ENOMEM. */
int attribution_add_row(struct attribution_work *work, const struct units *part,
			const struct attribution_row *row);

/* What the cell's reference costs per packet on that side; 0 where it was not measured. */
double attribution_reference_cost(const struct attribution_work *work, const struct run_cell *cell);

/*
 * Does that lie apart from zero by more than its interval and than the noise
 * floor of cell, taken of that cost? (noise_apart())
 */
bool attribution_apart(const struct attribution_work *work, const struct units *part,
		       const struct run_cell *cell, double of_cost);

/*
 * Adds the rows of METHOD_SHAPLEY and METHOD_TWO_WAY where the place has a cell
 * for every set of its sources, and each was measured. Returns 0 or -ENOMEM.
 */
int attribution_shapley(struct attribution_work *work);

/*
 * Adds rows of METHOD_SHAPLEY where the place has more sources than FACTORS_MAX, each of them alone
 * and each of them removed from all; the last is SOURCE_REST. Returns 0 or -ENOMEM.
 */
int attribution_both_ends(struct attribution_work *work);

#endif
