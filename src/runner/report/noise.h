/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The noise floor: how far the reference seems to differ from itself. For each
 * traffic an A/A control measures the reference against the reference, on one
 * device and, for configurations that cannot share the reference's device,
 * across two. The floor is the larger of how far the control's median ratio lies
 * from 1 and half the width of its interval.
 *
 * One rule serves all tables, files and figures: a figure is distinguishable
 * from noise where its own interval, the one that stands beside it, leaves out
 * "nothing changed" (a ratio of 1, a difference of 0), and where it lies farther from
 * that than the floor, in the figure's unit. The floor is a share of the reference's
 * cycles: a ratio is held against it as it is, cycles against that share of what
 * the reference costs.
 */
#ifndef FOLIO_RUNNER_NOISE_H
#define FOLIO_RUNNER_NOISE_H

#include <stdbool.h>

#include "runner/report/summary.h"

/* Shares of the reference (0.005: half a percent); NAN where no control measured them. */
struct noise_floor {
	double same_device[SIDES];
	double across_devices[SIDES];
};

/* Of that workload and traffic. */
struct noise_floor noise_floor_of(const struct summary *summary, const char *workload,
				  const char *frame_size);

/*
 * The floor that this cell is judged by: across devices where a trial of it
 * crossed them. Where only the other floor was measured that one; else 0.
 */
double noise_floor_for(const struct summary *summary, const struct run_cell *cell, enum side side);

/*
 * The rule: nothing is the value that stands for no change; floor is a share, and of
 * what it is one, in e's unit (1 for a ratio, cycles for cycles). No where there is no
 * interval: nothing says that it would come out so again.
 */
bool noise_apart(const struct estimate *e, double nothing, double floor, double of);

/* Does the cell's ratio say that its configuration differs from its reference? No when it was not measured. */
bool noise_distinguishable(const struct summary *summary, const struct run_cell *cell,
			   enum side side);

#endif
