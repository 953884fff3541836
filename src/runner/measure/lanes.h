/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which lanes an experiment's cells are measured on. Cells whose configurations
 * are alike share a lane; a control has a second one of the same kind, on the
 * same device or on a device of its own.
 */
#ifndef FOLIO_RUNNER_LANES_H
#define FOLIO_RUNNER_LANES_H

#include <stddef.h>
#include <stdint.h>

#include "runner/config/experiment.h"

enum lane_kind { LANE_FIRST, LANE_SECOND, LANE_OWN_DEVICE };

struct memory_need;

struct planned_lane {
	struct datapath_config config;
	enum lane_kind kind;
};

struct lanes {
	struct planned_lane *planned;
	uint32_t n;
	uint32_t *reference, *configuration; /* indices into planned, by cell */
};

/* Returns 0 or -ENOMEM. */
int lanes_plan(const struct experiment *experiment, struct lanes *lanes);

/* Bounce slots that a region must have room for, whichever lane runs on it. */
size_t lanes_bounce_bytes(const struct lanes *lanes);

/* Adds what all devices that the lanes need take, in one process. */
void lanes_add_need(const struct lanes *lanes, struct memory_need *need);

/* Frees the plan. */
void lanes_close(struct lanes *lanes);

#endif
