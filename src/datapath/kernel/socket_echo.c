/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/kernel/socket_echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/workloads/udp_net.h"

#define DATAGRAMS_MAX 32u
/* What an Ethernet frame carries, and more. */
#define DATAGRAM_BYTES_MAX 2048u

struct socket_echo {
	int socket;
	bool sleeps;
	pthread_t thread;
	atomic_bool stop;
	struct mmsghdr messages[DATAGRAMS_MAX];
	struct iovec pieces[DATAGRAMS_MAX];
	struct sockaddr_in peers[DATAGRAMS_MAX];
	uint8_t payloads[DATAGRAMS_MAX][DATAGRAM_BYTES_MAX];
};

/* What could not be sent back is lost, as datagrams are: the client notices. */
static void *
echo_and_sleep(void *arg)
{
	struct socket_echo *echo = arg;
	struct sockaddr_in *peer = &echo->peers[0];
	uint8_t *payload = echo->payloads[0];

	while (!atomic_load(&echo->stop)) {
		socklen_t peer_bytes = sizeof(*peer);
		ssize_t bytes = recvfrom(echo->socket, payload, DATAGRAM_BYTES_MAX, 0,
					 (struct sockaddr *)peer, &peer_bytes);

		if (bytes >= 0 && peer_bytes)
			sendto(echo->socket, payload, (size_t)bytes, 0, (struct sockaddr *)peer,
			       peer_bytes);
	}
	return NULL;
}

void
socket_echo_step(struct socket_echo *echo)
{
	int n = recvmmsg(echo->socket, echo->messages, DATAGRAMS_MAX, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++)
		echo->pieces[i].iov_len = echo->messages[i].msg_len;
	if (n > 0)
		sendmmsg(echo->socket, echo->messages, (unsigned int)n, 0);
	for (int i = 0; i < n; i++)
		echo->pieces[i].iov_len = DATAGRAM_BYTES_MAX;
}

static void
lay_out(struct socket_echo *echo)
{
	for (unsigned int i = 0; i < DATAGRAMS_MAX; i++) {
		echo->pieces[i] = (struct iovec){echo->payloads[i], DATAGRAM_BYTES_MAX};
		echo->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &echo->peers[i],
			.msg_namelen = sizeof(echo->peers[i]),
			.msg_iov = &echo->pieces[i],
			.msg_iovlen = 1,
		};
	}
}

static int
open_socket(void)
{
	const struct sockaddr_in own = {
		.sin_family = AF_INET,
		.sin_port = htons(UDP_NET_GUEST_PORT),
		.sin_addr = {htonl(UDP_NET_GUEST_ADDRESS)},
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&own, sizeof(own)) == 0)
		return fd;
	error = -errno;
	log_error("UDP echo on port %u: %s", UDP_NET_GUEST_PORT, strerror(-error));
	if (fd >= 0)
		close(fd);
	return error;
}

int
socket_echo_open(bool sleeps, struct socket_echo **out)
{
	struct socket_echo *echo = calloc(1, sizeof(*echo));
	int error;

	if (!echo)
		return -ENOMEM;
	lay_out(echo);
	echo->sleeps = sleeps;
	echo->socket = open_socket();
	if (echo->socket < 0) {
		error = echo->socket;
		goto fail;
	}
	error = sleeps ? -pthread_create(&echo->thread, NULL, echo_and_sleep, echo) : 0;
	if (!error) {
		*out = echo;
		return 0;
	}
	log_error("UDP echo's thread: %s", strerror(-error));
	close(echo->socket);

fail:
	free(echo);
	return error;
}

void
socket_echo_close(struct socket_echo *echo)
{
	if (!echo)
		return;
	if (echo->sleeps) {
		atomic_store(&echo->stop, true);
		/* Wakes who sleeps in recvfrom(), also on a socket that is not connected. */
		shutdown(echo->socket, SHUT_RD);
		pthread_join(echo->thread, NULL);
	}
	close(echo->socket);
	free(echo);
}
