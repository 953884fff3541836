/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Holds what comes back against what a generator sent.
 *
 * A frame counts as received once, when it came back whole. At the end
 *
 *   sent = received + lost + lost_at_disconnect
 *
 * A damaged frame cannot be trusted to say which one it was: it counts as
 * corrupted, and the frame that it was as lost. Duplicates, corrupted, stale and
 * foreign frames stand beside that sum.
 *
 * Generated frames tell stream and number themselves. A captured frame is matched by
 * length and CRC32C of its bytes 12 on (Ethernet addresses may be swapped) with the
 * oldest such frame that its queue has not got back; equal frames of a capture are
 * one another's stand-ins.
 */
#ifndef FOLIO_DATAPATH_COLLECTOR_H
#define FOLIO_DATAPATH_COLLECTOR_H

#include <stdint.h>

#include "base/counter.h"

struct generator;
struct rte_mbuf;
struct collector;

struct collector_counters {
	uint64_t received, received_bytes;
	uint64_t lost;
	uint64_t lost_at_disconnect;
	uint64_t reordered; /* received */
	uint64_t duplicated;
	uint64_t stale;
	uint64_t corrupted;
	uint64_t foreign;
};

extern const struct counter collector_counters[];

/* generator must outlive it. Returns 0 or -ENOMEM. */
int collector_open(const struct generator *generator, struct collector **out);
void collector_close(struct collector *collector);

/*
 * Judges n frames that came back on queue at that time, by the generator's clock, and
 * frees them.
 */
void collector_take(struct collector *collector, unsigned int queue, struct rte_mbuf **bufs,
		    uint16_t n, uint64_t now);

/*
 * Says whether the generator, which is paused, times its frames from now on; then each that
 * comes back goes into its window, once.
 */
void collector_follow_times(struct collector *collector);

/* Frames that were sent and are neither back nor given up. */
uint64_t collector_in_flight(const struct collector *collector);

/* The other side has gone away with what was in flight; the generator is paused. */
void collector_disconnect(struct collector *collector);

/* Nothing more will come: what is in flight is lost. The generator is paused. */
void collector_finish(struct collector *collector);

/* For another thread: each field is read with a relaxed atomic load. */
const struct collector_counters *collector_counts(const struct collector *collector);

#endif
