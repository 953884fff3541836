/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device's two processes, guest and host (datapath/two_process.h), from outside: they
 * are started, run a slice when they are told to, and block on their channels
 * otherwise.
 */
#ifndef FOLIO_RUNNER_SIDE_PAIR_H
#define FOLIO_RUNNER_SIDE_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/two_process.h"
#include "runner/measure/child.h"
#include "runner/measure/placement.h"

/* What all pairs of a bench have in common. What it points to outlives them. */
struct side_setup {
	const struct workload *workload;
	const char *socket_dir; /* private folder */
	const char *const *traffics;
	uint32_t n_traffics;
	uint64_t seed;
	size_t bounce_bytes; /* as in struct guest_side_options */
	struct placement placement;
	bool huge_pages;
};

struct side_pair {
	const struct side_setup *setup;
	uint32_t index;                  /* among the bench's: its processes' names have it */
	struct datapath_config *configs; /* of its lanes, owned; set before the start */
	uint32_t n_configs;
	char socket[108];
	struct slice_signals *signals;
	struct child guest, host;
};

/* Without a process yet. */
void side_pair_init(struct side_pair *pair, const struct side_setup *setup, uint32_t index);

/* Room for one configuration more, at the end of configs; NULL: no memory. */
struct datapath_config *side_pair_add(struct side_pair *pair);

/*
 * Starts n pairs: all guests first, side by side, so that each host finds its guest listening.
 * Returns 0 or -errno after log_error(); the pairs are closed either way.
 */
int side_pairs_start(struct side_pair *pairs, uint32_t n);

/*
 * Has both sides run a slice. Returns 0; -ETIMEDOUT when one does not end; another
 * -errno as in datapath/two_process.h, or when one has died; each after log_error().
 */
int side_pair_run(struct side_pair *pair, const struct host_turn *turn, struct guest_slice *guest,
		  struct host_slice *host);

/* Ends the processes, and frees. */
void side_pair_close(struct side_pair *pair);

#endif
