/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vhost-user protocol, the front end's side (QEMU documentation,
 * "Vhost-user Protocol"): the guest listens on a Unix socket, a backend
 * connects, and features, memory and rings are agreed upon. Requests may come
 * from two threads (the datapath's and the IOMMU's); a lock keeps each request
 * and its reply together.
 */
#ifndef FOLIO_DATAPATH_VHOST_USER_H
#define FOLIO_DATAPATH_VHOST_USER_H

#include <pthread.h>
#include <stdint.h>

#include <linux/vhost_types.h>

struct region;
struct virtqueue;

struct vhost_user {
	int listen_fd;
	int fd;                 /* the connection, or -1 */
	int backend_request_fd; /* our end of the channel on which the backend asks, or -1 */
	uint64_t features;      /* negotiated VIRTIO_F_* and VIRTIO_NET_F_* */
	pthread_mutex_t lock;
	char path[108]; /* of the listening socket; "" once it is removed */
};

/* One virtqueue as the backend is to see it. kick_fd and call_fd stay the caller's. */
struct vhost_user_queue {
	unsigned int index; /* virtio-net: 0 receives, 1 transmits */
	const struct virtqueue *ring;
	int kick_fd, call_fd;
};

/* Listens at path (at most 107 bytes; nothing may be there yet). Returns 0 or -errno after log_error(). */
int vhost_user_listen(struct vhost_user *peer, const char *path);

/*
 * Waits at most timeout_ms for the backend, removes the socket's name, and
 * agrees on wanted features, all of which the backend must have, and on n_pairs
 * queue pairs. Returns 0 or -errno after log_error().
 */
int vhost_user_connect(struct vhost_user *peer, uint64_t wanted_features, unsigned int n_pairs,
		       int timeout_ms);

/*
 * Hands over the region and n queues and starts the device. With
 * VIRTIO_F_ACCESS_PLATFORM the backend asks for translations of the rings from
 * here on: somebody must already be answering. Returns 0 or -errno after
 * log_error().
 */
int vhost_user_start(struct vhost_user *peer, const struct region *region,
		     const struct vhost_user_queue *queues, unsigned int n);

/*
 * Sends an IOTLB message (VHOST_IOTLB_UPDATE, VHOST_IOTLB_INVALIDATE); with
 * wait, returns when the backend has acted on it. Returns 0 or -errno.
 */
int vhost_user_iotlb(struct vhost_user *peer, const struct vhost_iotlb_msg *message, int wait);

/*
 * Receives one message from the backend's channel. Returns 1 with a
 * VHOST_IOTLB_MISS in *message; 0 for another message, which is ignored; -errno
 * when the channel is closed or what came is malformed.
 */
int vhost_user_receive_miss(struct vhost_user *peer, struct vhost_iotlb_msg *message);

/*
 * Ends the connection; what waits on it returns. Any request that fails does this
 * too, so that the backend sees the guest gone and stops using its memory.
 */
void vhost_user_hang_up(struct vhost_user *peer);

void vhost_user_close(struct vhost_user *peer);

#endif
