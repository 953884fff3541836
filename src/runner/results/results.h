/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run's folder while the run writes it: manifest.json, config.yaml and
 * plan.csv at its start, trials.csv trial by trial. results/README.md describes
 * the files to users.
 *
 * A trial is appended with one write and synced before results_add() returns,
 * so a kill loses at most the trial under way.
 */
#ifndef FOLIO_RUNNER_RESULTS_H
#define FOLIO_RUNNER_RESULTS_H

#include "runner/config/experiment.h"
#include "runner/measure/trial.h"

struct results;

/* What only the measuring side knows of the machine; a NULL is written as "unknown". */
struct results_platform {
	const char *dpdk_version;
	const char *page_kind; /* as datapath_page_kind() puts it */
	const char *placement; /* of two processes on cores, as a sentence; else "" */
};

/*
 * Makes and locks the folder and writes the first files. out_dir NULL stands
 * for results/<name>-<UTC time>, with results made where it is missing.
 * experiment must outlive *out. Returns 0; -ENOTEMPTY (holds files), -EBUSY
 * (another run is at it) or another -errno (cannot be written), after
 * log_error(). On an error nothing is left behind.
 */
int results_create(const char *out_dir, const struct experiment *experiment,
		   const struct results_platform *platform, struct results **out);

/* The folder's path, until results_close(). */
const char *results_path(const struct results *results);

/* Appends one trial's rows. Returns 0 or -errno after log_error(); the file then ends as before. */
int results_add(struct results *results, const struct trial *trial);

/*
 * Notes the end of the run in the manifest. status is one word for users:
 * "done", "stopped" or "failed". Returns 0 or -errno after log_error().
 */
int results_finish(struct results *results, const char *status);

/* Unlocks. A folder without a single trial is removed again, if results_create() made it. */
void results_close(struct results *results);

#endif
