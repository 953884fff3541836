/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which cores two processes run on. Sibling threads of one core share its execution
 * units, so that one side's work would slow the other down; who is whose sibling a
 * hypervisor need not tell, and may change, but a round trip of a cache line does tell.
 */
#ifndef FOLIO_RUNNER_PLACEMENT_H
#define FOLIO_RUNNER_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>

struct placement {
	int guest_cpu;
	int host_cpu;
	double round_trip_cycles; /* between the two, median */
	bool siblings;            /* no other core was to be had */
};

/*
 * Chooses the host's core for guest_cpu among those that this process may run on: the
 * nearest that is no sibling of the guest's. Each restart chooses anew. Returns 0; -ENODEV when there is no other core, or another -errno; each after log_error().
 */
int placement_find(struct placement *placement);

/* "guest on core 3, host on core 1, 466 cycles there and back". Returns buf. */
const char *placement_format(const struct placement *placement, char *buf, size_t size);

#endif
