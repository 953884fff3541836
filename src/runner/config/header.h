/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a file that stand for themselves: folio, name, topology, rate, workload, measure. */
#ifndef FOLIO_RUNNER_HEADER_H
#define FOLIO_RUNNER_HEADER_H

struct experiment;
struct node;

/* Returns 0, or -EINVAL after node_refuse(). */
int header_read(const struct node *root, struct experiment *experiment);

#endif
