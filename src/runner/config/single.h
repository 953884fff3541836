/* SPDX-License-Identifier: BSD-3-Clause */
/* One configuration without a file: a preset and what the command line sets. */
#ifndef FOLIO_RUNNER_SINGLE_H
#define FOLIO_RUNNER_SINGLE_H

#include <stddef.h>

#include "runner/config/experiment.h"

/*
 * preset and costs (NULL: none) are names. set has keys as a configuration of a file has
 * them: "ring", "sources.vc" (on, off), "sources.vc.cost", which turns vc on; and
 * "cost_level", which is mid otherwise. Returns 0, or -EINVAL or another -errno after log_error().
 */
int single_resolve(const char *preset, const char *costs, const struct assignment *set,
		   size_t n_set, struct datapath_config *config);

#endif
