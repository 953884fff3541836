/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's side of a device: DPDK's rte_vhost library, as it is, as the
 * vhost-user backend. It polls; unless it is told otherwise it asks the guest
 * for no notifications. Queue pair q is virtqueues 2q (guest receives) and 2q + 1
 * (guest sends). A queue pair is one thread's at a time.
 *
 * A guest may go away at any moment: from then on bursts move nothing, and the
 * memory that it shared stays until the burst under way has ended. A second guest
 * at the same listening socket takes the first one's place.
 */
#ifndef FOLIO_DATAPATH_BACKEND_H
#define FOLIO_DATAPATH_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/config.h"

struct backend;
struct rte_mbuf;
struct rte_mempool;

struct backend_options {
	const char *path; /* the socket's, at most 107 bytes; copied */
	bool iommu;       /* offer VIRTIO_F_ACCESS_PLATFORM */
	bool server;      /* listen; else connect to the guest, which listens */
	bool reconnect;   /* a client tries until a guest listens, and again when it has gone */
	bool ask_kicks;   /* leave notifications on: a driver kicks, though nobody waits for it */
};

/*
 * Connects, or listens. DPDK must run. Returns 0 or -errno after log_error();
 * -EINVAL for a path that is too long.
 */
int backend_open(const struct backend_options *options, struct backend **out);

/* Waits until the guest has started the device; -ETIMEDOUT after log_error(). */
int backend_wait_ready(struct backend *backend, int timeout_ms);

/* Is the device there? False once the guest has hung up, or the backend was closed. */
bool backend_ready(const struct backend *backend);

/* Queue pairs that are ready now, counted from the first one without a gap; 0 without a guest. */
unsigned int backend_queues(const struct backend *backend);

/* How often a guest has started the device: when it differs, another session has begun. */
unsigned int backend_sessions(const struct backend *backend);

/* Copies up to n frames into the guest's receive buffers; returns how many. mbufs stay the caller's. */
uint16_t backend_send(struct backend *backend, unsigned int queue, struct rte_mbuf **bufs,
		      uint16_t n);

/* Copies up to n frames that the guest has sent into mbufs of pool, the caller's from then on. */
uint16_t backend_receive(struct backend *backend, unsigned int queue, struct rte_mempool *pool,
			 struct rte_mbuf **bufs, uint16_t n);

/* Touches every page of the shared memory, so that no slice pays for the first touch. */
void backend_prefault(struct backend *backend);

void backend_close(struct backend *backend);

#endif
