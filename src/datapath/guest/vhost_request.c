/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vhost_request.h"

#include <errno.h>

#include "base/deadline.h"
#include "datapath/guest/vhost_user.h"

void
vhost_request_until(struct vhost_user *peer, uint64_t deadline_ns)
{
	pthread_mutex_lock(&peer->lock);
	peer->deadline_ns = deadline_ns;
	pthread_mutex_unlock(&peer->lock);
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

int
vhost_request_send(struct vhost_user *peer, struct vhost_message *message, int fd, bool wait)
{
	return exchange(peer, message, fd, false, wait);
}

int
vhost_request_get(struct vhost_user *peer, enum vhost_request request, uint64_t *value)
{
	struct vhost_message message = {.request = request};
	int error = exchange(peer, &message, -1, true, true);

	*value = error ? 0 : message.payload.u64;
	return error;
}

int
vhost_request_set(struct vhost_user *peer, enum vhost_request request, uint64_t value, int fd)
{
	struct vhost_message message = {
		.request = request, .payload_bytes = sizeof(value), .payload.u64 = value};

	return vhost_request_send(peer, &message, fd, false);
}

int
vhost_request_set_ring(struct vhost_user *peer, enum vhost_request request, unsigned int index,
		       unsigned int value)
{
	struct vhost_message message = {.request = request,
					.payload_bytes = sizeof(message.payload.state),
					.payload.state = {.index = index, .num = value}};

	return vhost_request_send(peer, &message, -1, true);
}
