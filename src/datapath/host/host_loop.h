/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's one polling thread: sends what is due, takes and judges what comes
 * back, on all queues, until it is done or told to stop. The other side may come, go
 * and come again meanwhile.
 */
#ifndef FOLIO_DATAPATH_HOST_LOOP_H
#define FOLIO_DATAPATH_HOST_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "datapath/host/frame_io.h"

struct collector;
struct generator;

/* The other side, as it is now. */
struct peer_state {
	unsigned int n_queues; /* that work; 0: it is away */
	unsigned int sessions; /* how often it has come; tells a short absence */
};

struct host_loop_counters {
	uint64_t busy_cycles, idle_cycles; /* of turns that moved a frame, and of the others */
	uint64_t queues;                   /* as in peer_state, now */
	uint64_t sessions;
};

extern const struct counter host_loop_counters[];

struct host_loop {
	const struct frame_io *io;
	struct generator *generator;
	struct collector *collector;
	struct peer_state (*peer)(void *arg); /* asked in every turn */
	void *peer_arg;
	unsigned int n_queues_max; /* to send on, at most */
	/* Nothing is sent so long after the other side, or its number of queues, has changed. */
	uint64_t settle_ns;
	uint64_t duration_ns;    /* from the first time that it sends; 0: no end */
	const atomic_bool *stop; /* ends it */

	/* For another thread: each field is read with a relaxed atomic load. */
	struct host_loop_counters counters;

	/* Its own; zero to begin with. */
	struct peer_state seen;
	bool sending, ever_sent;
	uint64_t changed_at_cycles;
	uint64_t end_cycles;
};

/*
 * Runs until the generator has sent its count, the duration is over, or *stop.
 * Then it waits up to 200 ms for what is still under way.
 */
void host_loop_run(struct host_loop *loop);

#endif
