/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_NODE_DIFF_H
#define FOLIO_RUNNER_NODE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/config/node.h"

#define NODE_DIFFERENCE_BYTES (NODE_PATH_BYTES + 256)

/*
 * The first place, in then's order, at which two trees differ, as text: "measure.pairs was '16'
 * and is '8'". Returns false, and leaves out alone, when they are the same.
 */
bool node_difference(const struct node *then, const struct node *now, char *out, size_t size);

#endif
