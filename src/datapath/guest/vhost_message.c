/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vhost_message.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

/* A reply is spun for first, as an IOMMU driver spins for its invalidation (Linux: qi_submit_sync()). */
#define REPLY_SPIN_NS 200000u

#define HEADER_BYTES offsetof(struct vhost_message, payload)

static const char *const request_names[] = {
	[VHOST_USER_GET_FEATURES] = "GET_FEATURES",
	[VHOST_USER_SET_FEATURES] = "SET_FEATURES",
	[VHOST_USER_SET_OWNER] = "SET_OWNER",
	[VHOST_USER_SET_MEM_TABLE] = "SET_MEM_TABLE",
	[VHOST_USER_SET_VRING_NUM] = "SET_VRING_NUM",
	[VHOST_USER_SET_VRING_ADDR] = "SET_VRING_ADDR",
	[VHOST_USER_SET_VRING_BASE] = "SET_VRING_BASE",
	[VHOST_USER_SET_VRING_KICK] = "SET_VRING_KICK",
	[VHOST_USER_SET_VRING_CALL] = "SET_VRING_CALL",
	[VHOST_USER_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
	[VHOST_USER_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
	[VHOST_USER_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
	[VHOST_USER_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
	[VHOST_USER_SET_BACKEND_REQ_FD] = "SET_BACKEND_REQ_FD",
	[VHOST_USER_IOTLB_MSG] = "IOTLB_MSG",
	[VHOST_USER_SET_STATUS] = "SET_STATUS",
};

const char *
vhost_request_name(uint32_t request)
{
	size_t n = sizeof(request_names) / sizeof(request_names[0]);

	return request < n && request_names[request] ? request_names[request] : "a request";
}

int
vhost_wait_readable(int fd, int timeout_ms, int interrupt_fd)
{
	/* One of -1 is left out. */
	struct pollfd ready[] = {{.fd = fd, .events = POLLIN},
				 {.fd = interrupt_fd, .events = POLLIN}};
	int n;

	do
		n = poll(ready, 2, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (ready[1].revents)
		return -ECANCELED;
	return n ? 0 : -ETIMEDOUT;
}

int
vhost_message_send(int socket_fd, const struct vhost_message *message, int fd)
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
		sent = sendmsg(socket_fd, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == part.iov_len ? 0 : -EIO;
}

/* What the peer has for a message. */
struct patience {
	uint64_t start_ns;
	int timeout_ms;
	int interrupt_fd;
};

static int
wait_for_more(int fd, const struct patience *patience)
{
	uint64_t gone_ns = clock_monotonic_ns() - patience->start_ns;
	int gone_ms = (int)(gone_ns / 1000000);

	if (gone_ns < REPLY_SPIN_NS)
		return 0;
	if (gone_ms >= patience->timeout_ms)
		return -ETIMEDOUT;
	return vhost_wait_readable(fd, patience->timeout_ms - gone_ms, patience->interrupt_fd);
}

/* Reads exactly bytes; what the peer does not send in time, all of it, is an error. */
static int
receive_bytes(int fd, void *buffer, size_t bytes, const struct patience *patience)
{
	uint8_t *at = buffer;

	while (bytes) {
		ssize_t got = recv(fd, at, bytes, MSG_DONTWAIT);

		if (got == 0)
			return -EPIPE;
		if (got < 0 && errno == EAGAIN) {
			int error = wait_for_more(fd, patience);

			if (error)
				return error;
		} else if (got < 0 && errno != EINTR) {
			return -errno;
		} else if (got > 0) {
			at += got;
			bytes -= (size_t)got;
		}
	}
	return 0;
}

int
vhost_message_receive(int socket_fd, struct vhost_message *message, int timeout_ms,
		      int interrupt_fd)
{
	const struct patience patience = {clock_monotonic_ns(), timeout_ms, interrupt_fd};
	int error = receive_bytes(socket_fd, message, HEADER_BYTES, &patience);

	if (error)
		return error;
	if ((message->flags & VHOST_FLAG_VERSION_MASK) != VHOST_FLAG_VERSION_1 ||
	    message->payload_bytes > sizeof(message->payload))
		return -EPROTO;
	return receive_bytes(socket_fd, &message->payload, message->payload_bytes, &patience);
}
