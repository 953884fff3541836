/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the guest's application does with a burst. Each workload is one file
 * that exports one struct workload, and one line of workloads[].
 */
#ifndef FOLIO_DATAPATH_WORKLOAD_H
#define FOLIO_DATAPATH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"

struct rte_mbuf;

/* Room for any workload's state, in words. */
#define WORKLOAD_STATE_WORDS 8u

struct workload_state {
	uint64_t words[WORKLOAD_STATE_WORDS];
};

struct workload {
	const char *name;
	const char *help; /* one line, no full stop */
	/* Over struct workload_state, which starts as zeros and is one thread's; NULL: none. */
	const struct counter *counters;
	bool answers; /* it sends a frame back for each that is meant for it */
	bool udp;     /* it takes the datagrams of udp_net.h's client, and no other frames */
	/*
	 * Turns n received frames, 1 or more, into those to send: the first ones of bufs, whose
	 * number it returns. The others it has freed, and counted.
	 */
	uint16_t (*burst)(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n);
	/* Is back what must come of sent? NULL where it does not answer. */
	bool (*matches)(const uint8_t *sent, uint16_t sent_bytes, const uint8_t *back,
			uint16_t back_bytes);
};

/* What a port's bursts are handed to, chosen at set-up: a workload, or a source in its place. */
struct application {
	uint16_t (*burst)(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n);
	struct workload_state *state;
};

/* NULL-terminated. */
extern const struct workload *const workloads[];

/* The workload of that name, or NULL. */
const struct workload *workload_find(const char *name);

#endif
