/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * manifest.json: what was run, where, by which build. It is written when the
 * run starts and again when it ends; reports read it back. One table of fields
 * serves both ways.
 */
#ifndef FOLIO_RUNNER_MANIFEST_H
#define FOLIO_RUNNER_MANIFEST_H

#include <stdint.h>

#include "runner/config/experiment.h"
#include "runner/results/folder.h"
#include "runner/results/machine.h"

#define MANIFEST_TEXT_BYTES 512

/* In the order of the file. Texts are "" where they do not apply. */
struct manifest {
	char tool_version[MANIFEST_TEXT_BYTES];
	char git_commit[MANIFEST_TEXT_BYTES]; /* of the build; "-dirty" behind it: sources were edited */

	char name[MANIFEST_TEXT_BYTES];
	char config_path[MANIFEST_TEXT_BYTES];
	char config_hash[MANIFEST_TEXT_BYTES]; /* of config.yaml: "fnv1a-64:" and 16 hex digits */
	char topology[MANIFEST_TEXT_BYTES];
	char rate[MANIFEST_TEXT_BYTES]; /* that the host sends at: "max", "50 kpps" */
	char workload[MANIFEST_TEXT_BYTES];
	char reference[MANIFEST_TEXT_BYTES];
	char costs[MANIFEST_TEXT_BYTES];
	char paper[MANIFEST_TEXT_BYTES]; /* the table that it is held against */

	struct measure measure;

	char status[MANIFEST_TEXT_BYTES];   /* "running", then what results_finish() was told */
	char started[MANIFEST_TEXT_BYTES];  /* UTC, ISO 8601 */
	char finished[MANIFEST_TEXT_BYTES]; /* "" while running */

	struct machine machine;
	double steal_share; /* of CPU time while the run lasted; since boot while it runs */
	/* Of CPU time, what other processes took: just before the run, and while it lasted. */
	double others_share_before, others_share;
	char sibling[MANIFEST_TEXT_BYTES]; /* thread of the measuring core, as a clause */
	char dpdk_version[MANIFEST_TEXT_BYTES];
	char page_kind[MANIFEST_TEXT_BYTES]; /* of the shared regions */
	char placement[MANIFEST_TEXT_BYTES]; /* of two processes on cores, as a sentence; else "" */
};

/* Fills in all but status, times, steal share, DPDK version, page kind and placement. */
void manifest_init(struct manifest *manifest, const struct experiment *experiment);

/* Writes manifest.json, with the fidelity of each configuration. 0 or -errno after log_error(). */
int manifest_write(const struct manifest *manifest, const struct experiment *experiment,
		   const struct folder *folder);

/* The hash of a configuration's resolved text, as the manifest has it. Returns buf. */
const char *manifest_config_hash(const char *resolved, char buf[MANIFEST_TEXT_BYTES]);

/* Reads manifest.json. Returns 0, -EBADMSG (damaged) or another -errno, after log_error(). */
int manifest_read(struct manifest *manifest, const struct folder *folder);

#endif
