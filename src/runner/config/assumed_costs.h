/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_ASSUMED_COSTS_H
#define FOLIO_RUNNER_ASSUMED_COSTS_H

#include <stdbool.h>

struct form;

/*
 * Sweeps `cost_level` over lo and hi where a configuration (or attribution's ends) needs a
 * cost that the profile has a range of only, and the file says nothing of the level. The
 * form's recipes, costs and axes have been read. Returns 0; -EINVAL after node_refuse();
 * -ENOMEM.
 */
int assumed_costs_sweep(struct form *form, bool attribution);

#endif
