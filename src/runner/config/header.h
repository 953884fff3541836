/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a file that stand for themselves: folio, name, topology, rate, workload, measure. */
#ifndef FOLIO_RUNNER_HEADER_H
#define FOLIO_RUNNER_HEADER_H

#include <stdint.h>

struct experiment;
struct node;

/* Returns 0, or -EINVAL after node_refuse(). */
int header_read(const struct node *root, struct experiment *experiment);

/*
 * Is a rate that node gives high enough for the experiment's slices to hold packets?
 * As above.
 */
int header_check_rate(const struct node *node, uint64_t rate_pps,
		      const struct experiment *experiment);

#endif
