/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vhost-user backend without a thread of its own: whatever it says is queued on
 * a socket pair before the front end asks, so that a whole handshake, honest or
 * not, runs in one thread, in microseconds, and the same way each time.
 */
#ifndef FOLIO_TESTS_SCRIPTED_BACKEND_H
#define FOLIO_TESTS_SCRIPTED_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/guest/region.h"
#include "datapath/guest/vhost_user.h"
#include "datapath/guest/virtqueue.h"

#define SCRIPTED_PAIRS 2u
/* Replies that an honest backend gives to scripted_handshake(). */
#define SCRIPTED_STEPS (5u + 2 * SCRIPTED_PAIRS * 4)

/* What the front end wants: VIRTIO_F_VERSION_1 and VIRTIO_F_ACCESS_PLATFORM. */
#define SCRIPTED_FEATURES (1ull << 32 | 1ull << 33)

struct scripted_backend {
	struct vhost_user peer; /* the front end under test */
	int fd;                 /* the backend's end of the connection */
	int channel_fd;         /* and of its own channel, after scripted_channel(); or -1 */
	struct region region;
	struct virtqueue rings[2 * SCRIPTED_PAIRS];
	int eventfd; /* stands for every doorbell */
};

/* Region and rings, once. Returns 0 or -errno. */
int scripted_open(struct scripted_backend *backend);
void scripted_close(struct scripted_backend *backend);

/* A fresh connection; a reply has reply_timeout_ms. */
int scripted_connect(struct scripted_backend *backend, int reply_timeout_ms);
void scripted_disconnect(struct scripted_backend *backend);

/* Queues bytes with n_fds (at most 8) descriptors beside them. */
void scripted_say(struct scripted_backend *backend, const void *bytes, size_t size,
		  unsigned int n_fds);

/* The honest reply of a step below SCRIPTED_STEPS: 20 bytes at *message. */
#define SCRIPTED_REPLY_BYTES 20u
struct vhost_message;
void scripted_reply(unsigned int step, struct vhost_message *message);

/* Queues the honest replies of steps [from, to). */
void scripted_say_honestly(struct scripted_backend *backend, unsigned int from, unsigned int to);

/* The backend says nothing any more: who waits for more finds the end. */
void scripted_end(struct scripted_backend *backend);

/* The front end's whole handshake: agree, hand over memory and rings. Returns 0 or -errno. */
int scripted_handshake(struct scripted_backend *backend);

/* Reads what the front end has sent so far, and keeps its channel's other end. */
void scripted_channel(struct scripted_backend *backend);

/* The lowest free descriptor: the same before and after, unless one leaks. */
int scripted_lowest_fd(void);

#endif
