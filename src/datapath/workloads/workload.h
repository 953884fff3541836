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

struct application;
struct datapath_config;
struct rte_mbuf;

/* Room for any workload's state, in words. */
#define WORKLOAD_STATE_WORDS 24u

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
	bool esp;     /* between host and guest its datagrams can travel in ESP */
	/*
	 * Why it cannot work in this configuration, and what is allowed instead; NULL when it
	 * can. May be NULL: it always can.
	 */
	const char *(*conflict)(const struct datapath_config *config);
	/*
	 * Makes what its state holds beside counts, and may choose another burst for this
	 * configuration. Returns 0 or -errno after log_error(). Both NULL: there is nothing.
	 */
	int (*open)(const struct datapath_config *config, struct application *application);
	void (*close)(struct workload_state *state);
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

/*
 * Why the workload cannot work in this configuration, and what is allowed instead; NULL
 * when it can.
 */
const char *workload_conflict(const struct workload *workload,
			      const struct datapath_config *config);

/* Do the workload's datagrams travel in ESP in this configuration? */
bool workload_wants_esp(const struct workload *workload, const struct datapath_config *config);

/*
 * What state, zeroed, serves a configuration with; it must not move. Returns 0 or -errno
 * after log_error().
 */
int workload_open(const struct workload *workload, const struct datapath_config *config,
		  struct workload_state *state, struct application *application);
/* A state that is still zeroed is allowed. */
void workload_close(const struct workload *workload, struct workload_state *state);

/* The workload of that name, or NULL. */
const struct workload *workload_find(const char *name);

#endif
