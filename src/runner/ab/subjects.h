/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What of an experiment two builds are compared on: each configuration over each
 * traffic, the reference among them. A build is compared with another build, so that the
 * cells' own references do not matter, nor do cells of an attribution.
 */
#ifndef FOLIO_RUNNER_AB_SUBJECTS_H
#define FOLIO_RUNNER_AB_SUBJECTS_H

#include <stddef.h>

#include "runner/config/experiment.h"

/*
 * Leaves those cells in the experiment, numbered anew; the id of a subject is its
 * cell's. Returns 0, or -EINVAL after log_error() when the experiment cannot be
 * compared so.
 */
int subjects_keep(struct experiment *experiment);

/* "folio over 64 B, ring=512". Returns buf. */
const char *subject_name(const struct cell *cell, char *buf, size_t size);

#endif
