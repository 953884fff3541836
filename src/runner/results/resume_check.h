/* SPDX-License-Identifier: BSD-3-Clause */
/* Is what is to be resumed the run that was interrupted? */
#ifndef FOLIO_RUNNER_RESUME_CHECK_H
#define FOLIO_RUNNER_RESUME_CHECK_H

#include "runner/config/experiment.h"
#include "runner/results/folder.h"
#include "runner/results/manifest.h"

/*
 * Holds the experiment against the manifest's hash, config.yaml and plan.csv of the
 * folder; the two files may be missing, since a kill may have come before them.
 * Returns 0; -ESTALE: another configuration, the first key that differs is named;
 * -EBADMSG: the files do not belong together; or another -errno; after log_error().
 */
int resume_check(const struct folder *folder, const struct manifest *manifest,
		 const struct experiment *experiment);

#endif
