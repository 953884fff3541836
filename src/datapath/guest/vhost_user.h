/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vhost-user protocol, the front end's side (QEMU documentation,
 * "Vhost-user Protocol"): front end and backend meet at a Unix socket, and agree
 * upon features, memory and rings. After vhost_user_disconnect() the next backend
 * may be met, any number of times. Requests may come from two threads (the
 * datapath's and the IOMMU's); a lock keeps each request and its reply together.
 *
 * A backend that breaks the protocol, or takes too long, is hung up on. It has
 * reply_timeout_ms for each reply, and the caller's timeout for all of the handshake:
 * one that answers each request at the last moment must not hold the guest up.
 */
#ifndef FOLIO_DATAPATH_VHOST_USER_H
#define FOLIO_DATAPATH_VHOST_USER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/vhost_types.h>

#include "datapath/guest/vhost_socket.h"

struct region;
struct virtqueue;

/* How long a backend may take for a reply, or to take a message, unless options say otherwise. */
#define VHOST_REPLY_TIMEOUT_MS 5000

struct vhost_user_options {
	const char *path; /* of the socket, at most 107 bytes */
	bool client;      /* dial a backend that listens there; else listen for one that dials */
	bool keep_name;   /* as in struct vhost_socket */
	int reply_timeout_ms; /* 0: VHOST_REPLY_TIMEOUT_MS */
};

#define VHOST_COMPLAINT_BYTES 512

/* Whoever comes again and again, and fails alike each time, is complained of once. */
struct vhost_complaint {
	pid_t pid; /* the backend's */
	char text[VHOST_COMPLAINT_BYTES];
};

struct vhost_user {
	struct vhost_socket socket;
	int reply_timeout_ms;
	uint64_t deadline_ns;   /* of the handshake under way (base/deadline.h); 0: there is none */
	int interrupt_fd;       /* an eventfd, readable from vhost_user_interrupt() on */
	int fd;                 /* the connection, or -1 */
	int backend_request_fd; /* our end of the channel on which the backend asks, or -1 */
	uint64_t features;      /* negotiated VIRTIO_F_* and VIRTIO_NET_F_* */
	uint32_t failed;        /* the request at which the connection broke; 0: none did */
	struct vhost_complaint last; /* since a device was started; "": none */
	pthread_mutex_t lock;
};

/* One virtqueue as the backend is to see it. kick_fd and call_fd stay the caller's. */
struct vhost_user_queue {
	unsigned int index; /* virtio-net: 0 receives, 1 transmits */
	const struct virtqueue *ring;
	int kick_fd, call_fd;
};

/* Takes the socket's path, and as the server listens there. Returns 0 or -errno after log_error(). */
int vhost_user_open(struct vhost_user *peer, const struct vhost_user_options *options);

/*
 * Waits at most timeout_ms until there is a connection with a backend. Returns 0;
 * -ETIMEDOUT without a word; or another -errno after log_error().
 */
int vhost_user_wait(struct vhost_user *peer, int timeout_ms);

/*
 * Waits likewise where there is no connection yet, and agrees on wanted features,
 * all of which the backend must have, and on n_pairs queue pairs. Waiting, this and
 * vhost_user_start(), which must follow, have timeout_ms together. Returns 0;
 * -ECANCELED without a word when it was interrupted; or another -errno after
 * log_error(), which is left out when the same process fails again as it did the time
 * before; vhost_user_disconnect() must follow an error.
 */
int vhost_user_connect(struct vhost_user *peer, uint64_t wanted_features, unsigned int n_pairs,
		       int timeout_ms);

/*
 * Hands over the region and n queues and starts the device. With
 * VIRTIO_F_ACCESS_PLATFORM the backend asks for translations of the rings from
 * here on: somebody must already be answering. Returns as vhost_user_connect().
 */
int vhost_user_start(struct vhost_user *peer, const struct region *region,
		     const struct vhost_user_queue *queues, unsigned int n);

/*
 * Ends a handshake under way, and every later one, where it would wait for a reply.
 * Any thread or signal handler may call it between vhost_user_open() and
 * vhost_user_close().
 */
void vhost_user_interrupt(struct vhost_user *peer);

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
 * Ends the connection and its backend channel; what waits on them returns. Any
 * request that fails does this too, so that the backend sees the guest gone and
 * stops using its memory.
 */
void vhost_user_hang_up(struct vhost_user *peer);

/*
 * Is there no connection, or one that has ended, or on which something came that
 * nobody asked for? Never waits; may be called while requests are under way.
 */
bool vhost_user_gone(struct vhost_user *peer);

/* Closes the connection. No request may be under way. */
void vhost_user_disconnect(struct vhost_user *peer);

/* Disconnects, and gives the socket's path up. */
void vhost_user_close(struct vhost_user *peer);

#endif
