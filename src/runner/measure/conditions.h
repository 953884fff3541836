/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What on this machine gets in the way of a measurement: looked at before a run and after it,
 * written to the manifest, and warned about, in one line each, where it matters.
 */
#ifndef FOLIO_RUNNER_CONDITIONS_H
#define FOLIO_RUNNER_CONDITIONS_H

#include "runner/measure/placement.h"
#include "runner/results/manifest.h"

struct conditions {
	struct machine machine;
	int cpu; /* that measures */
	struct sibling sibling;
	char sibling_text[MANIFEST_TEXT_BYTES];
	double others_share;       /* of all CPUs' time, taken by other processes */
	double cpu_busy_share;     /* of the measuring core's time */
	double sibling_busy_share; /* of its sibling's; 0: none was found */
};

/* Takes a tenth of a second, in which this process does nothing. */
void conditions_read(int cpu, struct conditions *conditions);

void conditions_warn_before(const struct conditions *conditions);

/* By what the manifest of a finished run says of its time. */
void conditions_warn_after(const struct manifest *manifest);

#endif
