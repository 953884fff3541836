/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vhost_user.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/log.h"
#include "datapath/guest/region.h"
#include "datapath/guest/vhost_message.h"
#include "datapath/guest/virtio_features.h"
#include "datapath/guest/virtqueue.h"

#define F_PROTOCOL_FEATURES 30
#define PROTOCOL_F_MQ 0
#define PROTOCOL_F_REPLY_ACK 3
#define PROTOCOL_F_BACKEND_REQ 5
#define PROTOCOL_F_STATUS 16
#define PROTOCOL_FEATURES                                                                          \
	(1ull << PROTOCOL_F_REPLY_ACK | 1ull << PROTOCOL_F_BACKEND_REQ | 1ull << PROTOCOL_F_STATUS)

int
vhost_user_open(struct vhost_user *peer, const struct vhost_user_options *options)
{
	*peer = (struct vhost_user){
		.reply_timeout_ms = options->reply_timeout_ms ? options->reply_timeout_ms :
								VHOST_REPLY_TIMEOUT_MS,
		.interrupt_fd = -1,
		.fd = -1,
		.backend_request_fd = -1,
	};
	pthread_mutex_init(&peer->lock, NULL);
	int error = vhost_socket_open(&peer->socket, options->path, options->client,
				      options->keep_name);

	if (error)
		return error;
	peer->interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (peer->interrupt_fd >= 0)
		return 0;
	error = -errno;
	log_error("vhost-user socket %s: interrupt: %s", peer->socket.path, strerror(-error));
	return error;
}

void
vhost_user_interrupt(struct vhost_user *peer)
{
	eventfd_write(peer->interrupt_fd, 1);
}

static void
set_deadline(struct vhost_user *peer, uint64_t deadline_ns)
{
	pthread_mutex_lock(&peer->lock);
	peer->deadline_ns = deadline_ns;
	pthread_mutex_unlock(&peer->lock);
}

void
vhost_user_hang_up(struct vhost_user *peer)
{
	if (peer->fd >= 0)
		shutdown(peer->fd, SHUT_RDWR);
	if (peer->backend_request_fd >= 0)
		shutdown(peer->backend_request_fd, SHUT_RDWR);
}

bool
vhost_user_gone(struct vhost_user *peer)
{
	struct pollfd connection = {.fd = peer->fd, .events = POLLIN | POLLRDHUP};
	bool gone;

	/* While a request is under way its reply may come; if it does not, the request hangs up. */
	if (pthread_mutex_trylock(&peer->lock))
		return false;
	gone = peer->fd < 0 || poll(&connection, 1, 0) != 0;
	pthread_mutex_unlock(&peer->lock);
	return gone;
}

static bool
is_reply(const struct vhost_message *message, uint32_t request)
{
	return message->request == request && (message->flags & VHOST_FLAG_REPLY) &&
	       message->payload_bytes == sizeof(message->payload.u64);
}

/* With the lock held. */
static int
receive_reply(struct vhost_user *peer, struct vhost_message *message)
{
	int timeout_ms = peer->reply_timeout_ms, left_ms;

	if (!peer->deadline_ns)
		return vhost_message_receive(peer->fd, message, timeout_ms, -1);
	left_ms = deadline_remaining_ms(peer->deadline_ns);
	return vhost_message_receive(peer->fd, message, left_ms < timeout_ms ? left_ms : timeout_ms,
				     peer->interrupt_fd);
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
		error = receive_reply(peer, message);
	if (!error && (get || wait) && !is_reply(message, request))
		error = -EPROTO;
	if (!error && wait && !get && message->payload.u64)
		error = -EREMOTEIO;
	if (error && !peer->failed)
		peer->failed = request;
	/* A reply that comes late must never pass for the next one's. */
	if (error)
		vhost_user_hang_up(peer);
	pthread_mutex_unlock(&peer->lock);
	return error;
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

int
vhost_user_wait(struct vhost_user *peer, int timeout_ms)
{
	const struct timeval patience = {.tv_sec = peer->reply_timeout_ms / 1000,
					 .tv_usec = peer->reply_timeout_ms % 1000 * 1000};

	if (peer->fd >= 0)
		return 0;
	int fd = vhost_socket_meet(&peer->socket, timeout_ms);

	if (fd < 0)
		return fd;
	peer->fd = fd;
	peer->failed = 0;
	/* A backend that takes nothing from its socket must not hold the guest up for ever. */
	if (setsockopt(peer->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0)
		return 0;
	int error = -errno;

	log_error("vhost-user socket %s: %s", peer->socket.path, strerror(-error));
	return error;
}

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
	int error = get_u64(peer, VHOST_USER_GET_FEATURES, &offered);

	if (error)
		return error;
	wanted |= 1ull << F_PROTOCOL_FEATURES;
	if (wanted & ~offered) {
		complain_of_features(peer, wanted & ~offered, offered);
		return -ENOTSUP;
	}
	error = get_u64(peer, VHOST_USER_GET_PROTOCOL_FEATURES, &protocol);
	if (error)
		return error;
	if (wanted_protocol & ~protocol) {
		complain(peer, "the backend lacks protocol features 0x%llx (it has 0x%llx)",
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
	error = exchange(peer, &message, ends[1], false, true);
	close(ends[1]);
	return error;
}

static int
set_status(struct vhost_user *peer, uint64_t status)
{
	return set_u64(peer, VHOST_USER_SET_STATUS, status, -1);
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
	set_deadline(peer, deadline_ns);
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
	set_deadline(peer, 0);
	if (!error)
		peer->last = (struct vhost_complaint){0};
	return report(peer, "handing over memory and rings", error);
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
	int error = vhost_message_receive(peer->backend_request_fd, &message,
					  peer->reply_timeout_ms, -1);

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
vhost_user_disconnect(struct vhost_user *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	if (peer->backend_request_fd >= 0)
		close(peer->backend_request_fd);
	peer->fd = peer->backend_request_fd = -1;
	peer->deadline_ns = 0;
}

void
vhost_user_close(struct vhost_user *peer)
{
	vhost_user_disconnect(peer);
	vhost_socket_close(&peer->socket);
	if (peer->interrupt_fd >= 0)
		close(peer->interrupt_fd);
	pthread_mutex_destroy(&peer->lock);
}
