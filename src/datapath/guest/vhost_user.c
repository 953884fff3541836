/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vhost_user.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/guest/region.h"
#include "datapath/guest/vhost_message.h"
#include "datapath/guest/virtqueue.h"

#define F_PROTOCOL_FEATURES 30
#define PROTOCOL_F_MQ 0
#define PROTOCOL_F_REPLY_ACK 3
#define PROTOCOL_F_BACKEND_REQ 5
#define PROTOCOL_F_STATUS 16
#define PROTOCOL_FEATURES                                                                          \
	(1ull << PROTOCOL_F_REPLY_ACK | 1ull << PROTOCOL_F_BACKEND_REQ | 1ull << PROTOCOL_F_STATUS)

int
vhost_user_listen(struct vhost_user *peer, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;

	*peer = (struct vhost_user){.listen_fd = -1, .fd = -1, .backend_request_fd = -1};
	pthread_mutex_init(&peer->lock, NULL);
	if (strlen(path) >= sizeof(address.sun_path)) {
		log_error("vhost-user socket %s: the path is longer than %zu bytes", path,
			  sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	peer->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (peer->listen_fd < 0 ||
	    bind(peer->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(peer->listen_fd, 1) < 0) {
		error = -errno;
		log_error("vhost-user socket %s: %s", path, strerror(-error));
		return error;
	}
	snprintf(peer->path, sizeof(peer->path), "%s", path);
	return 0;
}

/* The name is of use until the backend has connected; afterwards a kill must not leave it behind. */
static void
stop_listening(struct vhost_user *peer)
{
	if (peer->path[0])
		unlink(peer->path);
	peer->path[0] = '\0';
	if (peer->listen_fd >= 0)
		close(peer->listen_fd);
	peer->listen_fd = -1;
}

void
vhost_user_hang_up(struct vhost_user *peer)
{
	if (peer->fd >= 0)
		shutdown(peer->fd, SHUT_RDWR);
}

static bool
is_reply(const struct vhost_message *message, uint32_t request)
{
	return message->request == request && (message->flags & VHOST_FLAG_REPLY) &&
	       message->payload_bytes == sizeof(message->payload.u64);
}

/*
 * One request. A request that GETs has its value as the reply; any other asks
 * for an acknowledgement where wait is set. The message then holds the reply.
 */
static int
exchange(struct vhost_user *peer, struct vhost_message *message, int fd, bool get, bool wait)
{
	uint32_t request = message->request;
	int error;

	message->flags = VHOST_FLAG_VERSION_1 | (wait && !get ? VHOST_FLAG_NEED_REPLY : 0);
	pthread_mutex_lock(&peer->lock);
	error = vhost_message_send(peer->fd, message, fd);
	if (!error && (get || wait))
		error = vhost_message_receive(peer->fd, message);
	if (!error && (get || wait) && !is_reply(message, request))
		error = -EPROTO;
	/* A reply that comes late must never pass for the next one's. */
	if (error)
		vhost_user_hang_up(peer);
	pthread_mutex_unlock(&peer->lock);
	return !error && wait && !get && message->payload.u64 ? -EREMOTEIO : error;
}

static int
get_u64(struct vhost_user *peer, enum vhost_request request, uint64_t *value)
{
	struct vhost_message message = {.request = request};
	int error = exchange(peer, &message, -1, true, true);

	*value = error ? 0 : message.payload.u64;
	return error;
}

static int
set_u64(struct vhost_user *peer, enum vhost_request request, uint64_t value, int fd)
{
	struct vhost_message message = {
		.request = request, .payload_bytes = sizeof(value), .payload.u64 = value};

	return exchange(peer, &message, fd, false, false);
}

static int
set_state(struct vhost_user *peer, enum vhost_request request, unsigned int index,
	  unsigned int value)
{
	struct vhost_message message = {.request = request,
					.payload_bytes = sizeof(message.payload.state),
					.payload.state = {.index = index, .num = value}};

	return exchange(peer, &message, -1, false, true);
}

static int
accept_backend(struct vhost_user *peer, int timeout_ms)
{
	const struct timeval patience = {.tv_sec = VHOST_TIMEOUT_MS / 1000};
	int error = vhost_wait_readable(peer->listen_fd, timeout_ms);

	if (error)
		return error;
	peer->fd = accept4(peer->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (peer->fd < 0)
		return -errno;
	/* A backend that takes nothing from its socket must not hold the guest up for ever. */
	return setsockopt(peer->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ?
		       -errno :
		       0;
}

static int
negotiate_features(struct vhost_user *peer, uint64_t wanted, uint64_t wanted_protocol)
{
	uint64_t offered, protocol;
	int error = get_u64(peer, VHOST_USER_GET_FEATURES, &offered);

	if (error)
		return error;
	wanted |= 1ull << F_PROTOCOL_FEATURES;
	if (wanted & ~offered) {
		log_error("vhost-user: the backend lacks features 0x%llx (it has 0x%llx)",
			  (unsigned long long)(wanted & ~offered), (unsigned long long)offered);
		return -ENOTSUP;
	}
	error = get_u64(peer, VHOST_USER_GET_PROTOCOL_FEATURES, &protocol);
	if (error)
		return error;
	if (wanted_protocol & ~protocol) {
		log_error("vhost-user: the backend lacks protocol features 0x%llx (it has 0x%llx)",
			  (unsigned long long)(wanted_protocol & ~protocol),
			  (unsigned long long)protocol);
		return -ENOTSUP;
	}
	peer->features = wanted;
	return set_u64(peer, VHOST_USER_SET_PROTOCOL_FEATURES, wanted_protocol, -1);
}

static int
check_pairs(struct vhost_user *peer, unsigned int n_pairs)
{
	uint64_t pairs;
	int error = get_u64(peer, VHOST_USER_GET_QUEUE_NUM, &pairs);

	if (error || pairs >= n_pairs)
		return error;
	log_error("vhost-user: %u queue pairs are wanted, the backend has %llu", n_pairs,
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

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	peer->backend_request_fd = ends[0];
	error = exchange(peer, &message, ends[1], false, true);
	close(ends[1]);
	return error;
}

static int
set_status(struct vhost_user *peer, uint64_t status)
{
	return set_u64(peer, VHOST_USER_SET_STATUS, status, -1);
}

int
vhost_user_connect(struct vhost_user *peer, uint64_t wanted_features, unsigned int n_pairs,
		   int timeout_ms)
{
	int error = accept_backend(peer, timeout_ms);

	stop_listening(peer);
	if (!error)
		error = negotiate(peer, wanted_features, n_pairs);
	if (!error)
		error = set_u64(peer, VHOST_USER_SET_OWNER, 0, -1);
	if (!error)
		error = open_backend_channel(peer);
	if (!error)
		error = set_status(peer, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	if (!error)
		error = set_u64(peer, VHOST_USER_SET_FEATURES, peer->features, -1);
	if (!error)
		error = set_status(peer, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
						 VIRTIO_CONFIG_S_FEATURES_OK);
	if (error)
		log_error("vhost-user: handshake with the backend: %s", strerror(-error));
	return error;
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

	return exchange(peer, &message, region->fd, false, true);
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
	int error = set_state(peer, VHOST_USER_SET_VRING_NUM, queue->index, ring->size);

	if (!error)
		error = set_state(peer, VHOST_USER_SET_VRING_BASE, queue->index,
				  ring->format->start_base);
	if (!error)
		error = exchange(peer, &address, -1, false, true);
	if (!error)
		error = set_u64(peer, VHOST_USER_SET_VRING_KICK, queue->index, queue->kick_fd);
	if (!error)
		error = set_u64(peer, VHOST_USER_SET_VRING_CALL, queue->index, queue->call_fd);
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
		error = set_state(peer, VHOST_USER_SET_VRING_ENABLE, queues[i].index, 1);
	if (!error)
		error = set_status(peer, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
						 VIRTIO_CONFIG_S_FEATURES_OK |
						 VIRTIO_CONFIG_S_DRIVER_OK);
	if (error)
		log_error("vhost-user: handing rings and memory to the backend: %s",
			  strerror(-error));
	return error;
}

int
vhost_user_iotlb(struct vhost_user *peer, const struct vhost_iotlb_msg *iotlb, int wait)
{
	struct vhost_message message = {.request = VHOST_USER_IOTLB_MSG,
					.payload_bytes = sizeof(message.payload.iotlb),
					.payload.iotlb = *iotlb};

	return exchange(peer, &message, -1, false, wait);
}

int
vhost_user_receive_miss(struct vhost_user *peer, struct vhost_iotlb_msg *iotlb)
{
	struct vhost_message message;
	int error = vhost_message_receive(peer->backend_request_fd, &message);

	if (error)
		return error;
	if (message.request != VHOST_USER_BACKEND_IOTLB_MSG ||
	    message.payload_bytes != sizeof(message.payload.iotlb) ||
	    message.payload.iotlb.type != VHOST_IOTLB_MISS)
		return 0;
	*iotlb = message.payload.iotlb;
	return 1;
}

void
vhost_user_close(struct vhost_user *peer)
{
	stop_listening(peer);
	if (peer->fd >= 0)
		close(peer->fd);
	if (peer->backend_request_fd >= 0)
		close(peer->backend_request_fd);
	peer->fd = peer->backend_request_fd = -1;
	pthread_mutex_destroy(&peer->lock);
}
