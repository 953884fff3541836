/* SPDX-License-Identifier: BSD-3-Clause */
/* `search:` of a file. */
#ifndef FOLIO_RUNNER_SEARCH_SPEC_H
#define FOLIO_RUNNER_SEARCH_SPEC_H

#include "runner/config/experiment.h"

struct node;

/* The options of `search:`, over struct search_spec. */
extern const struct option_spec search_spec_options[];

/*
 * Reads {ndr: on, pdr: 0.5%, width: 0.5%, ...}, or on or off, into the experiment;
 * NULL is off. Returns 0, or -EINVAL after node_refuse().
 */
int search_spec_read(const struct node *node, struct experiment *experiment);

#endif
