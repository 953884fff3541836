/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that a run begins with, before its first trial: config.yaml and plan.csv,
 * trials.csv and exits.csv with their columns only. They come and, where no trial follows, go
 * together.
 */
#ifndef FOLIO_RUNNER_FIRST_FILES_H
#define FOLIO_RUNNER_FIRST_FILES_H

#include "runner/config/experiment.h"
#include "runner/results/folder.h"

/* Writes them, but for those that are there. Returns 0 or -errno after log_error(). */
int first_files_write(const struct folder *folder, const struct experiment *experiment);

/*
 * Removes them again, manifest.json and blocks.csv too, and the folder where it was made for
 * them (struct folder).
 */
void first_files_remove(const struct folder *folder);

#endif
