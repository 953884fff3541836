/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --set KEY=VALUE, as a change of the file's tree before it is read.
 *
 * KEY is a path of keys from the top, VALUE is YAML: measure.pairs=4,
 * traffic=imix, costs=NAME, attribution.factors=[psc, vc], burst=8,
 * sources.vc.cost=4000 cycles, sweep.sources.vc.cost=[1 us, 2 us]. Lists are
 * replaced whole: configurations[1] is no key.
 *
 * The value takes the place of whatever the file says of KEY: an option of the
 * datapath or of a source is taken out of `sweep:` and of each configuration, so
 * that it holds everywhere (where the source is on; it turns none on). traffic
 * and frame_size replace each other, and what is swept of both.
 */
#ifndef FOLIO_RUNNER_ASSIGN_H
#define FOLIO_RUNNER_ASSIGN_H

#include <stddef.h>

#include "runner/config/experiment.h"

struct node;

#define ASSIGNMENTS_MAX 64

/* What the command line sets, in order. */
struct assignments {
	struct assignment set[ASSIGNMENTS_MAX];
	size_t n;
};

/* Splits text "KEY=VALUE" in place and appends it. Returns 0, or -EINVAL after log_error(). */
int assignments_add(struct assignments *assignments, char *text);

/* Applies them in order. Returns 0; -EINVAL after log_error(); -ENOMEM. */
int assign_all(struct node *root, const struct assignment *set, size_t n_set);

#endif
