/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which cores two processes run on. Sibling threads of one core share its execution
 * units, so that one side's work would slow the other down; who is whose sibling a
 * hypervisor need not tell, and may change, but a round trip of a cache line does tell.
 *
 * A guest with a crypto thread (esp_crypto inline) wants a third core.
 */
#ifndef FOLIO_RUNNER_PLACEMENT_H
#define FOLIO_RUNNER_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>

struct placement {
	int guest_cpu;
	int host_cpu;
	int crypto_cpu; /* of the guest's crypto thread; -1: it has none */
	double round_trip_cycles; /* between the two, median */
	bool siblings;            /* no other core was to be had */
};

/*
 * Chooses the host's core for guest_cpu among those that this process may run on: the
 * nearest that is no sibling of the guest's; and one more for a crypto thread, the next such, or
 * else a sibling. Each restart chooses anew. Returns 0; -ENODEV when there are too few cores, or
 * another -errno; each after log_error().
 */
int placement_find(struct placement *placement, bool crypto);

/* The thread that shares a core's execution units, as the round trip of a cache line tells. */
struct sibling {
	int cpu;                  /* -1: none was found */
	double round_trip_cycles; /* to it, or else to the nearest core, median; 0: there is no other */
};

/*
 * Looks for the sibling of that core among those that this process may run on. Returns 0 or
 * -errno, without a message.
 */
int placement_sibling(int cpu, struct sibling *sibling);

/* "core 2, 61 cycles there and back", or "none: 234 cycles to the nearest core and back". Returns buf. */
const char *sibling_format(const struct sibling *sibling, char *buf, size_t size);

/* "guest on core 3, host on core 1, 466 cycles there and back, crypto on core 2". Returns buf. */
const char *placement_format(const struct placement *placement, char *buf, size_t size);

#endif
