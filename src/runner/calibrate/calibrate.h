/* SPDX-License-Identifier: BSD-3-Clause */
/* All primitives of this machine, one after the other, on one core. */
#ifndef FOLIO_RUNNER_CALIBRATE_H
#define FOLIO_RUNNER_CALIBRATE_H

#include "runner/calibrate/calibration.h"

struct calibration_group {
	const char *name; /* NULL ends the table */
	const char *help; /* what its primitives' names mean */
	void (*measure)(struct calibration *calibration);
};

extern const struct calibration_group calibration_groups[];

/*
 * Measures on core cpu, in a thread of its own: where the caller runs does not change.
 * row_ns goes to each primitive, total_ns to all of them: what is not begun by then is
 * listed as lacking. Calls tell (NULL: nobody) with a group's name and the share that is
 * done. Returns 0; or -errno after log_error(). The calibration wants calibration_close()
 * in each case.
 */
int calibrate(struct calibration *calibration, int cpu, uint64_t row_ns, uint64_t total_ns,
	      void (*tell)(const char *group, double share, void *arg), void *arg);

void calibration_close(struct calibration *calibration);

#endif
