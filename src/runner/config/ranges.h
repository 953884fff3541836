/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges in `sweep:`, each in place of a list of values:
 *
 *     frame_size: {from: 64, to: 1500, step: 64}            # 64, 128, ... 1472
 *     burst: {from: 1, to: 32, factor: 2}                   # 1, 2, 4, ... 32
 *     sources.vc.cost: {from: 1000 cycles, to: 8000 cycles, step: 500 cycles}
 *
 * from is the first value; none is beyond to. They become lists in the tree before anything
 * else is read, so that the resolved file has lists too.
 */
#ifndef FOLIO_RUNNER_RANGES_H
#define FOLIO_RUNNER_RANGES_H

#define RANGE_VALUES_MAX 4096

struct node;

/* Each mapping of a `sweep:` becomes a list. Returns 0; -EINVAL after node_refuse(); -ENOMEM. */
int ranges_expand(struct node *sweep);

#endif
