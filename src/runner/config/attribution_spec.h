/* SPDX-License-Identifier: BSD-3-Clause */
/* `attribution:` of a file. */
#ifndef FOLIO_RUNNER_ATTRIBUTION_SPEC_H
#define FOLIO_RUNNER_ATTRIBUTION_SPEC_H

struct attribution_spec;
struct node;

/*
 * Reads {method: one-at-a-time, factors: [psc, ...]}; without factors it is the
 * sources that the preset `naive` has on. Returns 0; -EINVAL after
 * node_refuse(); -ENOMEM.
 */
int attribution_spec_read(const struct node *node, struct attribution_spec *spec);

#endif
