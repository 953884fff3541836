/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtio-net device over vhost-user: each queue pair is a lower device. */
#ifndef FOLIO_DATAPATH_VIRTIO_NET_H
#define FOLIO_DATAPATH_VIRTIO_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/guest/assembly.h"
#include "datapath/guest/lower.h"
#include "datapath/guest/vhost_user.h"
#include "datapath/guest/virtqueue.h"

struct datapath_config;
struct region;

struct virtio_net_queue {
	struct lower lower;
	struct virtqueue rx, tx;
	struct assembly assembly;   /* of what rx receives; where frames are taken apart */
	int rx_kick_fd, tx_kick_fd; /* our doorbells */
	int rx_call_fd, tx_call_fd; /* the device's; nobody waits for them */
	uint64_t notify_points;     /* where a doorbell would ring */
	uint64_t no_buffers;        /* bursts after which none was free to receive into */
	uint64_t kicks;             /* where it rang, since the device asked for it */
	uint64_t lost_rx_posted;    /* receive buffers that a backend held when it went */
	uint64_t lost_tx_in_flight; /* frames that it had not sent then */
};

struct virtio_net {
	struct vhost_user peer;
	uint64_t features; /* VIRTIO_F_* that it asks for, whatever the backend */
	unsigned int n_queues;
	struct virtio_net_queue queues[]; /* n_queues */
};

/* Over struct virtio_net_queue. */
extern const struct counter virtio_net_counters[];

/* Bytes of the region that the rings of such a device take. */
size_t virtio_net_region_bytes(const struct datapath_config *config);

/*
 * Rings in the region, and a socket on which front end and backend meet. Returns
 * 0 or -errno after log_error().
 */
int virtio_net_open(struct region *region, const struct datapath_config *config,
		    const struct vhost_user_options *options, struct virtio_net **out);

/*
 * Waits for the backend and agrees with it; iommu asks for
 * VIRTIO_F_ACCESS_PLATFORM. Between the two calls the caller starts what
 * answers the backend's translation requests.
 */
int virtio_net_connect(struct virtio_net *device, bool iommu, int timeout_ms);
int virtio_net_start(struct virtio_net *device, const struct region *region);

/*
 * The backend has gone: what it has sent is reclaimed; what it still held goes
 * back to the ports and is counted as lost. Then the rings are of no use until
 * virtio_net_reset() makes them anew in a region that is all zeroes.
 */
void virtio_net_abandon(struct virtio_net *device);
void virtio_net_reset(struct virtio_net *device, const struct region *region);

/* Hangs up, and frees the device with the mbufs that it still holds. NULL is allowed. */
void virtio_net_close(struct virtio_net *device);

#endif
