/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a connection to a device that runs: features are agreed upon, the backend gets its
 * channel, then memory and rings. Whatever goes wrong on the way is said once, at which
 * request and why, and not again when the same backend comes back and fails alike.
 */
#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/log.h"
#include "datapath/guest/region.h"
#include "datapath/guest/vhost_request.h"
#include "datapath/guest/vhost_user.h"
#include "datapath/guest/virtio_features.h"
#include "datapath/guest/virtqueue.h"

#define F_PROTOCOL_FEATURES 30
#define PROTOCOL_F_MQ 0
#define PROTOCOL_F_REPLY_ACK 3
#define PROTOCOL_F_BACKEND_REQ 5
#define PROTOCOL_F_STATUS 16
#define PROTOCOL_FEATURES                                                                          \
	(1ull << PROTOCOL_F_REPLY_ACK | 1ull << PROTOCOL_F_BACKEND_REQ | 1ull << PROTOCOL_F_STATUS)

static pid_t
backend_pid(const struct vhost_user *peer)
{
	struct ucred other = {0};
	socklen_t bytes = sizeof(other);

	return getsockopt(peer->fd, SOL_SOCKET, SO_PEERCRED, &other, &bytes) < 0 ? 0 : other.pid;
}

/* An error with this backend, unless it was the last one with it too. */
static void __attribute__((format(printf, 2, 3)))
complain(struct vhost_user *peer, const char *format, ...)
{
	struct vhost_complaint now = {.pid = backend_pid(peer)};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(now.text, sizeof(now.text), format, arguments);
	va_end(arguments);
	if (now.pid == peer->last.pid && !strcmp(now.text, peer->last.text))
		return;
	log_error("vhost-user socket %s: %s", peer->socket.path, now.text);
	peer->last = now;
}

static void
complain_of_features(struct vhost_user *peer, uint64_t missing, uint64_t offered)
{
	bool iommu = missing >> VIRTIO_F_ACCESS_PLATFORM & 1;
	char text[VIRTIO_FEATURES_TEXT_BYTES];

	complain(peer, "the backend lacks features %s (it has 0x%llx)%s",
		 virtio_features_text(missing, text, sizeof(text)), (unsigned long long)offered,
		 iommu ? "; VIRTIO_F_ACCESS_PLATFORM: folio host --iommu offers it" : "");
}

static int
negotiate_features(struct vhost_user *peer, uint64_t wanted, uint64_t wanted_protocol)
{
	uint64_t offered, protocol;
	int error = vhost_request_get(peer, VHOST_USER_GET_FEATURES, &offered);

	if (error)
		return error;
	wanted |= 1ull << F_PROTOCOL_FEATURES;
	if (wanted & ~offered) {
		complain_of_features(peer, wanted & ~offered, offered);
		return -ENOTSUP;
	}
	error = vhost_request_get(peer, VHOST_USER_GET_PROTOCOL_FEATURES, &protocol);
	if (error)
		return error;
	if (wanted_protocol & ~protocol) {
		complain(peer, "the backend lacks protocol features 0x%llx (it has 0x%llx)",
			 (unsigned long long)(wanted_protocol & ~protocol),
			 (unsigned long long)protocol);
		return -ENOTSUP;
	}
	peer->features = wanted;
	return vhost_request_set(peer, VHOST_USER_SET_PROTOCOL_FEATURES, wanted_protocol, -1);
}

static int
check_pairs(struct vhost_user *peer, unsigned int n_pairs)
{
	uint64_t pairs;
	int error = vhost_request_get(peer, VHOST_USER_GET_QUEUE_NUM, &pairs);

	if (error || pairs >= n_pairs)
		return error;
	complain(peer, "%u queue pairs are wanted, the backend has %llu", n_pairs,
		 (unsigned long long)pairs);
	return -ENOTSUP;
}

/* A backend that knows one queue pair only is asked for nothing else. */
static int
negotiate(struct vhost_user *peer, uint64_t features, unsigned int n_pairs)
{
	bool several = n_pairs > 1;
	int error = negotiate_features(peer, features | (several ? 1ull << VIRTIO_NET_F_MQ : 0),
				       PROTOCOL_FEATURES | (several ? 1ull << PROTOCOL_F_MQ : 0));

	return error || !several ? error : check_pairs(peer, n_pairs);
}

static int
open_backend_channel(struct vhost_user *peer)
{
	struct vhost_message message = {.request = VHOST_USER_SET_BACKEND_REQ_FD};
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		error = -errno;
		peer->failed = message.request;
		return error;
	}
	peer->backend_request_fd = ends[0];
	error = vhost_request_send(peer, &message, ends[1], true);
	close(ends[1]);
	return error;
}

static int
set_status(struct vhost_user *peer, uint64_t status)
{
	return vhost_request_set(peer, VHOST_USER_SET_STATUS, status, -1);
}

static const char *
describe(int error)
{
	switch (error) {
	case -EPIPE:
	case -ECONNRESET:
		return "the backend went away";
	case -ETIMEDOUT:
	case -EAGAIN: /* of a send */
		return "the backend took too long";
	case -EPROTO:
		return "the backend's reply is malformed";
	case -EREMOTEIO:
		return "the backend refused";
	default:
		return strerror(-error);
	}
}

/*
 * Says during what and at which request the connection broke. What the backend lacks
 * has been said, and who interrupts knows.
 */
static int
report(struct vhost_user *peer, const char *during, int error)
{
	if (error && error != -ENOTSUP && error != -ECANCELED)
		complain(peer, "%s, at %s: %s", during, vhost_request_name(peer->failed),
			 describe(error));
	return error;
}

static int
agree(struct vhost_user *peer, uint64_t wanted_features, unsigned int n_pairs)
{
	int error = negotiate(peer, wanted_features, n_pairs);

	if (!error)
		error = vhost_request_set(peer, VHOST_USER_SET_OWNER, 0, -1);
	if (!error)
		error = open_backend_channel(peer);
	if (!error)
		error = set_status(peer, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	if (!error)
		error = vhost_request_set(peer, VHOST_USER_SET_FEATURES, peer->features, -1);
	if (!error)
		error = set_status(peer, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
						 VIRTIO_CONFIG_S_FEATURES_OK);
	return error;
}

int
vhost_user_connect(struct vhost_user *peer, uint64_t wanted_features, unsigned int n_pairs,
		   int timeout_ms)
{
	uint64_t deadline_ns = deadline_after_ms(timeout_ms);
	int error = vhost_user_wait(peer, timeout_ms);

	if (error == -ETIMEDOUT)
		log_error("vhost-user socket %s: %s in %d ms", peer->socket.path,
			  peer->socket.client ? "no backend listens there" : "no backend came",
			  timeout_ms);
	vhost_request_until(peer, deadline_ns);
	return error ? error : report(peer, "handshake", agree(peer, wanted_features, n_pairs));
}

/* The guest's own addresses are nobody's business: both addresses of the table are the device's. */
static int
set_memory(struct vhost_user *peer, const struct region *region)
{
	struct vhost_message message = {
		.request = VHOST_USER_SET_MEM_TABLE,
		.payload_bytes = sizeof(message.payload.memory),
		.payload.memory = {.n_regions = 1,
				   .region = {.guest_address = REGION_IOVA,
					      .size_bytes = region->size_bytes,
					      .user_address = REGION_IOVA}},
	};

	return vhost_request_send(peer, &message, region->fd, true);
}

static int
set_queue(struct vhost_user *peer, const struct region *region,
	  const struct vhost_user_queue *queue)
{
	const struct virtqueue *ring = queue->ring;
	struct vhost_message address = {
		.request = VHOST_USER_SET_VRING_ADDR,
		.payload_bytes = sizeof(address.payload.address),
		.payload.address = {.index = queue->index,
				    .desc_user_addr = region_iova(region, ring->descriptor_area),
				    .avail_user_addr = region_iova(region, ring->driver_area),
				    .used_user_addr = region_iova(region, ring->device_area)},
	};
	int error =
		vhost_request_set_ring(peer, VHOST_USER_SET_VRING_NUM, queue->index, ring->size);

	if (!error)
		error = vhost_request_set_ring(peer, VHOST_USER_SET_VRING_BASE, queue->index,
					       ring->format->start_base);
	if (!error)
		error = vhost_request_send(peer, &address, -1, true);
	if (!error)
		error = vhost_request_set(peer, VHOST_USER_SET_VRING_KICK, queue->index,
					  queue->kick_fd);
	if (!error)
		error = vhost_request_set(peer, VHOST_USER_SET_VRING_CALL, queue->index,
					  queue->call_fd);
	return error;
}

int
vhost_user_start(struct vhost_user *peer, const struct region *region,
		 const struct vhost_user_queue *queues, unsigned int n)
{
	int error = set_memory(peer, region);

	for (unsigned int i = 0; !error && i < n; i++)
		error = set_queue(peer, region, &queues[i]);
	for (unsigned int i = 0; !error && i < n; i++)
		error = vhost_request_set_ring(peer, VHOST_USER_SET_VRING_ENABLE, queues[i].index,
					       1);
	if (!error)
		error = set_status(peer, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
						 VIRTIO_CONFIG_S_FEATURES_OK |
						 VIRTIO_CONFIG_S_DRIVER_OK);
	vhost_request_until(peer, 0);
	if (!error)
		peer->last = (struct vhost_complaint){0};
	return report(peer, "handing over memory and rings", error);
}
