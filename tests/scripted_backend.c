/* SPDX-License-Identifier: BSD-3-Clause */
#include "scripted_backend.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datapath/guest/memory.h"
#include "datapath/guest/vhost_message.h"

#define RING 64u
#define FDS_MAX 8u

/* VIRTIO_NET_F_MQ and the protocol's own feature besides; MQ, REPLY_ACK, BACKEND_REQ, STATUS. */
#define FEATURES (SCRIPTED_FEATURES | 1ull << 22 | 1ull << 30)
#define PROTOCOL (1ull << 0 | 1ull << 3 | 1ull << 5 | 1ull << 16)

int
scripted_lowest_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

int
scripted_open(struct scripted_backend *backend)
{
	const struct memory_provider *plain = memory_chosen(0);
	const struct virtqueue_options ring = {.format = virtqueue_formats[0], .size = RING};
	int error;

	memset(backend, 0, sizeof(*backend));
	backend->fd = backend->channel_fd = -1;
	backend->eventfd = eventfd(0, EFD_CLOEXEC);
	error = backend->eventfd < 0 ? -errno : region_open(&backend->region, 4u << 20, plain);
	for (unsigned int i = 0; !error && i < 2 * SCRIPTED_PAIRS; i++)
		error = virtqueue_open(&backend->rings[i], &ring, &backend->region);
	return error;
}

void
scripted_close(struct scripted_backend *backend)
{
	for (unsigned int i = 0; i < 2 * SCRIPTED_PAIRS; i++)
		virtqueue_close(&backend->rings[i]);
	region_close(&backend->region);
	close(backend->eventfd);
}

int
scripted_connect(struct scripted_backend *backend, int reply_timeout_ms)
{
	/* The path is never dialled: the connection is there already. */
	const struct vhost_user_options options = {
		.path = "/scripted", .client = true, .reply_timeout_ms = reply_timeout_ms};
	int ends[2], error = vhost_user_open(&backend->peer, &options);

	if (error || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error ? error : -errno;
	backend->peer.fd = ends[0];
	backend->fd = ends[1];
	backend->channel_fd = -1;
	return 0;
}

void
scripted_disconnect(struct scripted_backend *backend)
{
	vhost_user_close(&backend->peer);
	close(backend->fd);
	if (backend->channel_fd >= 0)
		close(backend->channel_fd);
}

void
scripted_say(struct scripted_backend *backend, const void *bytes, size_t size, unsigned int n_fds)
{
	struct iovec part = {(void *)(uintptr_t)bytes, size};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {0};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (n_fds) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		for (unsigned int i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &backend->eventfd, sizeof(int));
	}
	/* What does not fit is not said. */
	if (size)
		sendmsg(backend->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static uint32_t
request_of(unsigned int step)
{
	static const uint32_t first[] = {
		VHOST_USER_GET_FEATURES,  VHOST_USER_GET_PROTOCOL_FEATURES,
		VHOST_USER_GET_QUEUE_NUM, VHOST_USER_SET_BACKEND_REQ_FD,
		VHOST_USER_SET_MEM_TABLE,
	};
	static const uint32_t ring[] = {
		VHOST_USER_SET_VRING_NUM,
		VHOST_USER_SET_VRING_BASE,
		VHOST_USER_SET_VRING_ADDR,
	};

	if (step < 5)
		return first[step];
	return step < 5 + 3 * 2 * SCRIPTED_PAIRS ? ring[(step - 5) % 3] :
						   VHOST_USER_SET_VRING_ENABLE;
}

void
scripted_reply(unsigned int step, struct vhost_message *message)
{
	static const uint64_t values[] = {FEATURES, PROTOCOL, SCRIPTED_PAIRS};

	*message = (struct vhost_message){
		.request = request_of(step),
		.flags = VHOST_FLAG_VERSION_1 | VHOST_FLAG_REPLY,
		.payload_bytes = sizeof(message->payload.u64),
		.payload.u64 = step < 3 ? values[step] : 0,
	};
}

void
scripted_say_honestly(struct scripted_backend *backend, unsigned int from, unsigned int to)
{
	for (unsigned int step = from; step < to; step++) {
		struct vhost_message message;

		scripted_reply(step, &message);
		scripted_say(backend, &message, SCRIPTED_REPLY_BYTES, 0);
	}
}

void
scripted_end(struct scripted_backend *backend)
{
	shutdown(backend->fd, SHUT_WR);
}

int
scripted_handshake(struct scripted_backend *backend)
{
	struct vhost_user_queue queues[2 * SCRIPTED_PAIRS];
	int error = vhost_user_connect(&backend->peer, SCRIPTED_FEATURES, SCRIPTED_PAIRS,
				       VHOST_REPLY_TIMEOUT_MS);

	for (unsigned int i = 0; i < 2 * SCRIPTED_PAIRS; i++)
		queues[i] = (struct vhost_user_queue){i, &backend->rings[i], backend->eventfd,
						      backend->eventfd};
	return error ? error :
		       vhost_user_start(&backend->peer, &backend->region, queues,
					2 * SCRIPTED_PAIRS);
}

/* The first descriptor that comes in a handshake is the channel's other end. */
void
scripted_channel(struct scripted_backend *backend)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	char bytes[4096];

	for (;;) {
		struct iovec part = {bytes, sizeof(bytes)};
		struct msghdr header = {.msg_iov = &part,
					.msg_iovlen = 1,
					.msg_control = control.bytes,
					.msg_controllen = sizeof(control.bytes)};

		if (recvmsg(backend->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
			return;
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		int fd;

		if (!c || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
		if (backend->channel_fd < 0)
			backend->channel_fd = fd;
		else
			close(fd);
	}
}
