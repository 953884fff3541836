/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's side of a device: DPDK's rte_vhost library, as it is, as the
 * vhost-user backend. It connects to the guest's socket and polls; it asks the
 * guest for no notifications.
 */
#ifndef FOLIO_DATAPATH_BACKEND_H
#define FOLIO_DATAPATH_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

struct backend;
struct rte_mbuf;
struct rte_mempool;

/*
 * Connects to the socket at path, where a guest listens; iommu offers
 * VIRTIO_F_ACCESS_PLATFORM. DPDK must run. Returns 0 or -errno after log_error().
 */
int backend_open(const char *path, bool iommu, struct backend **out);

/* Waits until the guest has started the device; -ETIMEDOUT after log_error(). */
int backend_wait_ready(struct backend *backend, int timeout_ms);

/* Is the device there? False once the guest has hung up, or the backend was closed. */
bool backend_ready(const struct backend *backend);

/* Copies up to n frames into the receive buffers of a queue pair; returns how many. mbufs stay the caller's. */
uint16_t backend_send(struct backend *backend, unsigned int queue, struct rte_mbuf **bufs,
		      uint16_t n);

/* Copies up to n frames that the guest has sent on a queue pair into mbufs of pool, the caller's from then on. */
uint16_t backend_receive(struct backend *backend, unsigned int queue, struct rte_mempool *pool,
			 struct rte_mbuf **bufs, uint16_t n);

/* Touches every page of the shared memory, so that no slice pays for the first touch. */
void backend_prefault(struct backend *backend);

void backend_close(struct backend *backend);

#endif
