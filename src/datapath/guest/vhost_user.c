/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vhost_user.h"

#include <errno.h>
#include <linux/vhost_types.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/guest/vhost_message.h"
#include "datapath/guest/vhost_request.h"

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

int
vhost_user_iotlb(struct vhost_user *peer, const struct vhost_iotlb_msg *iotlb, int wait)
{
	struct vhost_message message = {.request = VHOST_USER_IOTLB_MSG,
					.payload_bytes = sizeof(message.payload.iotlb),
					.payload.iotlb = *iotlb};

	return vhost_request_send(peer, &message, -1, wait);
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
