/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an experiment's trials will cost in time: as much as they took in the newest
 * finished run of this machine and topology in ./results, cell by cell where that run had the
 * same configuration over the same traffic, else as the median of its cells. Where there is no
 * such run, a slice is taken to last slice_overhead of its topology times what is metered of it.
 */
#ifndef FOLIO_RUNNER_TRIAL_COST_H
#define FOLIO_RUNNER_TRIAL_COST_H

#include "runner/config/experiment.h"
#include "runner/results/folder.h"

struct trial_cost {
	char measured_in[FOLDER_PATH_BYTES]; /* that run's folder; "": there is none */
	double restart_ns;                   /* of all cells once, without starting the process */
};

void trial_cost_estimate(const struct experiment *experiment, struct trial_cost *cost);

#endif
