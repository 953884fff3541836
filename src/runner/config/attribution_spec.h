/* SPDX-License-Identifier: BSD-3-Clause */
/* `attribution:` of a file. */
#ifndef FOLIO_RUNNER_ATTRIBUTION_SPEC_H
#define FOLIO_RUNNER_ATTRIBUTION_SPEC_H

#include "runner/config/experiment.h"

struct node;

/*
 * Reads {method: one-at-a-time, factors: [psc, ...]}, or method: shapley; without
 * factors it is the sources that the preset `naive` has on. Returns 0; -EINVAL after
 * node_refuse(); -ENOMEM.
 */
int attribution_spec_read(const struct node *node, struct attribution_spec *spec);

/* A design's name in files. */
const char *attribution_design_name(enum attribution_design design);

#endif
