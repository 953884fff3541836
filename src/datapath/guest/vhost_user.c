/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vhost_user.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "datapath/guest/region.h"
#include "datapath/guest/vring_split.h"

/* Numbers of the vhost-user specification; no system header has them. */
enum request {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	SET_VRING_ENABLE = 18,
	SET_BACKEND_REQ_FD = 21,
	IOTLB_MSG = 22,
	SET_STATUS = 39,
};

enum backend_request {
	BACKEND_IOTLB_MSG = 1,
};

#define FLAG_VERSION_1 0x1u
#define FLAG_VERSION_MASK 0x3u
#define FLAG_REPLY 0x4u
#define FLAG_NEED_REPLY 0x8u

#define F_PROTOCOL_FEATURES 30
#define PROTOCOL_F_REPLY_ACK 3
#define PROTOCOL_F_BACKEND_REQ 5
#define PROTOCOL_F_STATUS 16
#define PROTOCOL_FEATURES                                                                          \
	(1ull << PROTOCOL_F_REPLY_ACK | 1ull << PROTOCOL_F_BACKEND_REQ | 1ull << PROTOCOL_F_STATUS)

#define REPLY_TIMEOUT_MS 5000
/* A reply is spun for first, as an IOMMU driver spins for its invalidation (Linux: qi_submit_sync()). */
#define REPLY_SPIN_NS 200000u

struct memory_table {
	uint32_t n_regions;
	uint32_t padding;
	struct {
		uint64_t guest_address;
		uint64_t size_bytes;
		uint64_t user_address;
		uint64_t mmap_offset;
	} region;
} __attribute__((packed));

struct message {
	uint32_t request;
	uint32_t flags;
	uint32_t payload_bytes;
	union {
		uint64_t u64;
		struct vhost_vring_state state;
		struct vhost_vring_addr address;
		struct memory_table memory;
		struct vhost_iotlb_msg iotlb;
	} payload;
} __attribute__((packed));

#define HEADER_BYTES offsetof(struct message, payload)

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

static int
wait_readable(int fd, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&ready, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

static int
send_message(struct vhost_user *peer, const struct message *message, int fd)
{
	struct iovec part = {(void *)(uintptr_t)message, HEADER_BYTES + message->payload_bytes};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do
		sent = sendmsg(peer->fd, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == part.iov_len ? 0 : -EIO;
}

/* Reads exactly bytes; what the peer does not send in time is an error. */
static int
receive_bytes(int fd, void *buffer, size_t bytes)
{
	uint64_t spin_until_ns = clock_monotonic_ns() + REPLY_SPIN_NS;
	uint8_t *at = buffer;

	while (bytes) {
		ssize_t got = recv(fd, at, bytes, MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN) {
			int error = clock_monotonic_ns() < spin_until_ns
					    ? 0
					    : wait_readable(fd, REPLY_TIMEOUT_MS);

			if (error)
				return error;
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EPIPE;
		at += got;
		bytes -= (size_t)got;
	}
	return 0;
}

static int
receive_message(int fd, struct message *message)
{
	int error = receive_bytes(fd, message, HEADER_BYTES);

	if (error)
		return error;
	if ((message->flags & FLAG_VERSION_MASK) != FLAG_VERSION_1 ||
	    message->payload_bytes > sizeof(message->payload))
		return -EPROTO;
	return receive_bytes(fd, &message->payload, message->payload_bytes);
}

/*
 * One request. A request that GETs has its value as the reply; any other asks
 * for an acknowledgement where wait is set. The message then holds the reply.
 */
static int
exchange(struct vhost_user *peer, struct message *message, int fd, bool get, bool wait)
{
	uint32_t request = message->request;
	int error;

	message->flags = FLAG_VERSION_1 | (wait && !get ? FLAG_NEED_REPLY : 0);
	pthread_mutex_lock(&peer->lock);
	error = send_message(peer, message, fd);
	if (!error && (get || wait))
		error = receive_message(peer->fd, message);
	pthread_mutex_unlock(&peer->lock);
	if (error || !(get || wait))
		return error;
	if (message->request != request || !(message->flags & FLAG_REPLY) ||
	    message->payload_bytes != sizeof(message->payload.u64))
		return -EPROTO;
	return !get && message->payload.u64 ? -EREMOTEIO : 0;
}

static int
get_u64(struct vhost_user *peer, enum request request, uint64_t *value)
{
	struct message message = {.request = request};
	int error = exchange(peer, &message, -1, true, true);

	*value = error ? 0 : message.payload.u64;
	return error;
}

static int
set_u64(struct vhost_user *peer, enum request request, uint64_t value, int fd)
{
	struct message message = {
		.request = request, .payload_bytes = sizeof(value), .payload.u64 = value};

	return exchange(peer, &message, fd, false, false);
}

static int
set_state(struct vhost_user *peer, enum request request, unsigned int index, unsigned int value)
{
	struct message message = {.request = request,
				  .payload_bytes = sizeof(message.payload.state),
				  .payload.state = {.index = index, .num = value}};

	return exchange(peer, &message, -1, false, true);
}

static int
accept_backend(struct vhost_user *peer, int timeout_ms)
{
	int error = wait_readable(peer->listen_fd, timeout_ms);

	if (error)
		return error;
	peer->fd = accept4(peer->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	return peer->fd < 0 ? -errno : 0;
}

static int
negotiate_features(struct vhost_user *peer, uint64_t wanted)
{
	uint64_t offered, protocol;
	int error = get_u64(peer, GET_FEATURES, &offered);

	if (error)
		return error;
	wanted |= 1ull << F_PROTOCOL_FEATURES;
	if (wanted & ~offered) {
		log_error("vhost-user: the backend lacks features 0x%llx (it has 0x%llx)",
			  (unsigned long long)(wanted & ~offered), (unsigned long long)offered);
		return -ENOTSUP;
	}
	error = get_u64(peer, GET_PROTOCOL_FEATURES, &protocol);
	if (error)
		return error;
	if (PROTOCOL_FEATURES & ~protocol) {
		log_error("vhost-user: the backend lacks protocol features 0x%llx",
			  (unsigned long long)(PROTOCOL_FEATURES & ~protocol));
		return -ENOTSUP;
	}
	peer->features = wanted;
	return set_u64(peer, SET_PROTOCOL_FEATURES, PROTOCOL_FEATURES, -1);
}

static int
open_backend_channel(struct vhost_user *peer)
{
	struct message message = {.request = SET_BACKEND_REQ_FD};
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
	return set_u64(peer, SET_STATUS, status, -1);
}

int
vhost_user_connect(struct vhost_user *peer, uint64_t wanted_features, int timeout_ms)
{
	int error = accept_backend(peer, timeout_ms);

	stop_listening(peer);
	if (!error)
		error = negotiate_features(peer, wanted_features);
	if (!error)
		error = set_u64(peer, SET_OWNER, 0, -1);
	if (!error)
		error = open_backend_channel(peer);
	if (!error)
		error = set_status(peer, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	if (!error)
		error = set_u64(peer, SET_FEATURES, peer->features, -1);
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
	struct message message = {
		.request = SET_MEM_TABLE,
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
	const struct vring_split *ring = queue->ring;
	struct message address = {
		.request = SET_VRING_ADDR,
		.payload_bytes = sizeof(address.payload.address),
		.payload.address = {.index = queue->index,
				    .desc_user_addr = region_iova(region, ring->desc),
				    .avail_user_addr = region_iova(region, ring->avail),
				    .used_user_addr = region_iova(region, ring->used)},
	};
	int error = set_state(peer, SET_VRING_NUM, queue->index, ring->size);

	if (!error)
		error = set_state(peer, SET_VRING_BASE, queue->index, 0);
	if (!error)
		error = exchange(peer, &address, -1, false, true);
	if (!error)
		error = set_u64(peer, SET_VRING_KICK, queue->index, queue->kick_fd);
	if (!error)
		error = set_u64(peer, SET_VRING_CALL, queue->index, queue->call_fd);
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
		error = set_state(peer, SET_VRING_ENABLE, queues[i].index, 1);
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
	struct message message = {.request = IOTLB_MSG,
				  .payload_bytes = sizeof(message.payload.iotlb),
				  .payload.iotlb = *iotlb};

	return exchange(peer, &message, -1, false, wait);
}

int
vhost_user_receive_miss(struct vhost_user *peer, struct vhost_iotlb_msg *iotlb)
{
	struct message message;
	int error = receive_message(peer->backend_request_fd, &message);

	if (error)
		return error;
	if (message.request != BACKEND_IOTLB_MSG ||
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
