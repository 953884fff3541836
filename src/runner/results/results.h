/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run's folder while the run writes it: manifest.json, config.yaml, plan.csv and
 * blocks.csv at its start, trials.csv trial by trial. results/README.md describes
 * the files to users.
 *
 * A trial is appended with one write and synced before results_add() returns,
 * so a kill loses at most the trial under way.
 */
#ifndef FOLIO_RUNNER_RESULTS_H
#define FOLIO_RUNNER_RESULTS_H

#include "runner/config/experiment.h"
#include "runner/measure/trial.h"
#include "runner/results/done_trials.h"
#include "runner/results/manifest.h"

struct results;

/* What only the measuring side knows of the machine; a NULL is written as "unknown". */
struct results_platform {
	const char *dpdk_version;
	const char *page_kind;      /* as datapath_page_kind() puts it */
	const char *placement;      /* of two processes on cores, as a sentence; else "" */
	const char *sibling;        /* thread of the measuring core, as a clause */
	double others_share_before; /* of CPU time, that other processes took just before */
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

/*
 * Opens and locks the folder of an interrupted run of the same experiment, and cuts off
 * what a kill left of a trial. Returns 0; -EBUSY (another run is at it), -ESTALE (another
 * configuration), -EBADMSG (damaged) or another -errno, after log_error(). No file but
 * trials.csv is changed yet: results_continue() is to follow.
 */
int results_resume(const char *dir, const struct experiment *experiment, struct results **out);

/*
 * Goes on on this machine: notes in the manifest that the run is running again. Where this
 * machine is not that of the last block, opens a block of its own, in which nothing is
 * done yet, after log_note(). Returns 0; 1: a new block; or -errno after log_error().
 */
int results_continue(struct results *results, const struct results_platform *platform);

/* Did the run that is resumed end by itself? */
bool results_finished(const struct results *results);

/* Whole trials of the block at hand that were in the folder when it was opened; until results_close(). */
const struct done_trials *results_done(const struct results *results);

/* The block's first restart, as trials.csv counts them. */
uint32_t results_first_restart(const struct results *results);

/* As it was written last, until results_close(). */
const struct manifest *results_manifest(const struct results *results);

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
