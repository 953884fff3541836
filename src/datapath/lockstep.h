/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lock-step topology: guest and host are driven by one thread on one core,
 * burst by burst, and each side's cycles are metered apart.
 *
 *   host: enqueue a burst | guest: rx burst, workload, tx burst | host: dequeue
 *
 * A lane is one configuration on a device; bursts take its queue pairs in turn. Lanes whose device may be the same
 * (same ring, same IOTLB) take turns on one, with its memory and pools, so that
 * a comparison sees the configuration and not two memory layouts. A slice is
 * one lane's turn: rings filled, first bursts dropped, bursts metered, rings
 * drained.
 */
#ifndef FOLIO_DATAPATH_LOCKSTEP_H
#define FOLIO_DATAPATH_LOCKSTEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "datapath/config.h"
#include "datapath/slice.h"

struct lane;
struct lockstep;
struct port;
struct traffic;

struct lockstep_options {
	const char *socket_dir; /* private folder for the vhost-user sockets; not owned */
	const char *workload;   /* name in workloads[] */
	uint32_t verify_every;  /* compare one returned frame in this many whole; 1: all */
	size_t bounce_bytes;    /* most that datapath_config_bounce_bytes() says of any lane */
	const struct counter_source *counters; /* of this thread, with every lane's; NULL: none */
};

/* DPDK must run (datapath_start()). Returns 0 or -errno after log_error(). */
int lockstep_open(const struct lockstep_options *options, struct lockstep **out);
void lockstep_close(struct lockstep *bench);

/*
 * Makes a lane for config, on a device that it shares with earlier lanes where
 * it can. config is copied. device "null" gives a lane without rings or host,
 * to measure the harness itself; "vhost-user" the real one. own_device keeps
 * the lane off every device in use, for a control across devices. Returns 0, or
 * -errno after log_error().
 */
int lockstep_add(struct lockstep *bench, const struct datapath_config *config, const char *device,
		 bool own_device, struct lane **out);

/* Over struct lane: what the host could not hand to the device. */
extern const struct counter lane_counters[];

/* The lane's port on a queue pair, for what a test or an application does by itself. */
struct port *lane_port(struct lane *lane, unsigned int queue);

/* Would lanes of both configurations take turns on one device, unless one asks for its own? */
bool lockstep_shares_device(const struct datapath_config *a, const struct datapath_config *b);

/* DPDK's heap beside what devices need: its own, and the host's frames. */
#define LOCKSTEP_HEAP_BYTES ((size_t)128 << 20)

/* Do the lanes take turns on the same device? */
bool lane_same_device(const struct lane *a, const struct lane *b);

/* Gives every lane these frames from the next slice on. traffic must outlive its use. */
int lockstep_set_traffic(struct lockstep *bench, const struct traffic *traffic);

/*
 * Runs one slice. Returns 0; -EPIPE when the backend went away; -ETIMEDOUT when
 * packets no longer flow; -EBADMSG when a frame came back damaged or out of
 * order; -ENODATA when packets in are not packets out plus dropped; each after
 * log_error().
 */
int lane_slice(struct lane *lane, struct slice *slice);

#endif
