/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run: an experiment measured in fresh processes, one for each restart, each
 * trial written as it comes; or what is left of one that was interrupted.
 */
#ifndef FOLIO_RUNNER_SESSION_H
#define FOLIO_RUNNER_SESSION_H

#include <stdbool.h>
#include <stdio.h>

#include "runner/config/experiment.h"
#include "runner/exit_status.h"

#define SESSION_REASON_BYTES 400

struct session_options {
	const char *out_dir;    /* NULL: results/<name>-<time> */
	const char *resume_dir; /* NULL: a new run; else out_dir is of no use */
	bool progress;          /* show it, on standard error */
	FILE *out;              /* the tables go there; NULL: nowhere */
	char *reason;           /* SESSION_REASON_BYTES, or NULL: gets the last error's message */
};

/*
 * Measures the experiment, and reports. *stop_signal gets the
 * signal that ended it, or 0: the caller is to die of it. What went wrong has
 * been said.
 */
enum exit_status session_run(const struct session_options *options,
			     const struct experiment *experiment, int *stop_signal);

#endif
