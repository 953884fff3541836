/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The noise floor: how far the reference seems to differ from itself. For each
 * traffic an A/A control measures the reference against the reference, on one
 * device and, for configurations that cannot share the reference's device,
 * across two. The floor is the larger of how far the control's median ratio lies
 * from 1 and half the width of its interval. A difference under it, or one
 * whose own interval holds "none", is not distinguishable from noise.
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

/* Does the cell's configuration differ from its reference? No when it was not measured. */
bool noise_distinguishable(const struct summary *summary, const struct run_cell *cell,
			   enum side side);

#endif
