/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtio-net device over vhost-user: each queue pair is a lower device. */
#ifndef FOLIO_DATAPATH_VIRTIO_NET_H
#define FOLIO_DATAPATH_VIRTIO_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/guest/lower.h"
#include "datapath/guest/vhost_user.h"
#include "datapath/guest/virtqueue.h"

struct datapath_config;
struct region;

struct virtio_net_queue {
	struct lower lower;
	struct virtqueue rx, tx;
	int rx_kick_fd, tx_kick_fd; /* our doorbells */
	int rx_call_fd, tx_call_fd; /* the device's; suppressed, since we poll */
	uint64_t notify_points;     /* where a doorbell would ring */
	uint64_t kicks;             /* where it rang, since the device asked for it */
};

struct virtio_net {
	struct vhost_user peer;
	unsigned int n_queues;
	struct virtio_net_queue queues[]; /* n_queues */
};

/* Over struct virtio_net_queue. */
extern const struct counter virtio_net_counters[];

/* Bytes of the region that the rings of such a device take. */
size_t virtio_net_region_bytes(const struct datapath_config *config);

/*
 * Rings in the region, and a socket at path on which a backend is awaited.
 * Returns 0 or -errno after log_error().
 */
int virtio_net_open(struct region *region, const struct datapath_config *config, const char *path,
		    struct virtio_net **out);

/*
 * Waits for the backend and agrees with it; iommu asks for
 * VIRTIO_F_ACCESS_PLATFORM. Between the two calls the caller starts what
 * answers the backend's translation requests.
 */
int virtio_net_connect(struct virtio_net *device, bool iommu, int timeout_ms);
int virtio_net_start(struct virtio_net *device, const struct region *region);

/* Hangs up, and frees the device with the mbufs that it still holds. NULL is allowed. */
void virtio_net_close(struct virtio_net *device);

#endif
