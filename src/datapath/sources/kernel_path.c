/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source kernel_path, routing within the VM: the workload is not a DPDK program on the
 * port but an ordinary socket program. Frames that the port received go through a TAP
 * into a network namespace of the guest's, through the kernel's network stack to a UDP
 * echo server, and its answers the same way back:
 *
 *   port rx -> write -> TAP -> IP, UDP -> recvfrom -> sendto -> UDP, IP -> TAP -> read -> port tx
 *
 * A TAP's frames go through the stack in the writer's context, so a burst is done when
 * the answers have been read, and one thread can drive all of it, as in lock-step. A
 * server that sleeps is another thread on the same core, woken by the kernel: the
 * burst then sleeps too, until the server has answered.
 *
 * Each port has a namespace of its own, since queue pairs share nothing. What the
 * kernel or the server does not answer is dropped, and counted.
 *
 * A server whose core is taken away answers later than a burst waits. Its answers must
 * not be taken for those to a later burst, so the next one first sends a datagram of the
 * source's own, a marker: one socket and one thread answer in order, and what comes
 * before the marker's answer is late. Until that has come, bursts are dropped.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "datapath/host/udp_frame.h"
#include "datapath/kernel/links.h"
#include "datapath/kernel/netns.h"
#include "datapath/kernel/socket_echo.h"
#include "datapath/kernel/tap.h"
#include "datapath/sources/bounce_copy.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/udp_net.h"

#define TAP_NAME "folio"

/* A server that sleeps answers within microseconds; its core may be taken away for longer. */
#define ANSWER_TIMEOUT_MS 20

enum server_wait { WAIT_SLEEP, WAIT_POLL };

static const char *const waits[] = {"sleep", "poll", NULL};

struct kernel_path_options {
	uint32_t server;
};

struct kernel_path {
	int netns, tap;
	uint16_t (*run)(struct kernel_path *path, struct rte_mbuf **bufs, uint16_t n);
	struct socket_echo *echo;
	bool late;         /* answers to earlier bursts may still come */
	uint32_t n_marker; /* the last marker's number */
	uint64_t frames_in;
	uint64_t frames_out;
	uint64_t unanswered;
	uint64_t late_answers;
};

static const struct option_spec options[] = {
	{.name = "server",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct kernel_path_options, server),
	 .preset = "sleep",
	 .choices = waits,
	 .help = "the socket program sleeps in recvfrom(), or polls its socket by bursts"},
	{0},
};

static const struct counter counters[] = {
	{"frames_in", offsetof(struct kernel_path, frames_in), "frames",
	 "handed to the guest's kernel"},
	{"frames_out", offsetof(struct kernel_path, frames_out), "frames",
	 "that came back from it, to be sent"},
	{"unanswered", offsetof(struct kernel_path, unanswered), "frames",
	 "that the guest's kernel or its program did not answer"},
	{"late_answers", offsetof(struct kernel_path, late_answers), "frames",
	 "that came when they were no longer waited for; dropped"},
	{0},
};

static const char *
conflict(const struct datapath_config *config)
{
	if (bounce_copy_mode(config) == COPY_HEADER)
		return "the guest's kernel takes frames whole, allowed: bounce_copy with another "
		       "mode";
	if (config->mergeable)
		return "its link carries frames of 1,514 bytes at most, allowed: mergeable: off";
	return NULL;
}

static void
kernel_path_close(void *state)
{
	struct kernel_path *path = state;

	socket_echo_close(path->echo);
	if (path->tap >= 0)
		close(path->tap);
	if (path->netns >= 0)
		close(path->netns);
	free(path);
}

/* Frames with the guest's MAC address: those that it answers. */
static uint16_t
count_addressed(struct rte_mbuf *const *bufs, uint16_t n)
{
	static const struct rte_ether_addr guest = {UDP_NET_GUEST_MAC};
	uint16_t addressed = 0;

	for (uint16_t i = 0; i < n; i++)
		addressed +=
			!memcmp(rte_pktmbuf_mtod(bufs[i], const void *), &guest, sizeof(guest));
	return addressed;
}

/*
 * Sleeps until as many answers as are expected are there, and takes others that came
 * with them. The mbufs' frames are in the kernel by now: they serve again.
 */
static uint16_t
await_answers(struct kernel_path *path, struct rte_mbuf *const *bufs, uint16_t n, uint16_t expected)
{
	struct pollfd ready = {.fd = path->tap, .events = POLLIN};
	uint16_t got = 0;

	while (got < expected && !path->late) {
		if (poll(&ready, 1, ANSWER_TIMEOUT_MS) > 0)
			got += tap_read_burst(path->tap, bufs + got, n - got);
		else
			path->late = true;
	}
	return expected < n ? got + tap_read_burst(path->tap, bufs + got, n - got) : got;
}

/* The client's ports begin behind it. */
#define MARKER_PORT (UDP_NET_CLIENT_PORT - 1)

struct marker {
	struct udp_headers headers;
	uint32_t number;
} __attribute__((packed, aligned(2)));

static bool
is_marker(const uint8_t *bytes, ssize_t length_bytes, uint32_t number)
{
	struct udp_datagram datagram;

	return udp_frame_read(bytes, (uint32_t)length_bytes, &datagram) &&
	       datagram.client_port == MARKER_PORT && datagram.payload_bytes == sizeof(number) &&
	       !memcmp(datagram.payload, &number, sizeof(number));
}

/* Drops all answers before the marker's. Returns whether that came in time. */
static bool
drop_late_answers(struct kernel_path *path)
{
	struct pollfd ready = {.fd = path->tap, .events = POLLIN};
	uint8_t frame[RTE_ETHER_MAX_LEN];

	while (poll(&ready, 1, ANSWER_TIMEOUT_MS) > 0) {
		ssize_t bytes = read(path->tap, frame, sizeof(frame));

		if (bytes > 0 && is_marker(frame, bytes, path->n_marker))
			return true;
		path->late_answers++;
	}
	return false;
}

static bool
catch_up(struct kernel_path *path)
{
	struct marker marker = {.number = ++path->n_marker};

	udp_headers_write(&marker.headers, MARKER_PORT, sizeof(marker.number));
	if (write(path->tap, &marker, sizeof(marker)) != (ssize_t)sizeof(marker))
		return false;
	return drop_late_answers(path);
}

static uint16_t
run_sleeping(struct kernel_path *path, struct rte_mbuf **bufs, uint16_t n)
{
	uint16_t expected = count_addressed(bufs, n);

	if (path->late && !catch_up(path))
		return 0;
	path->late = false;
	tap_write_burst(path->tap, bufs, n);
	return await_answers(path, bufs, n, expected);
}

static uint16_t
run_polling(struct kernel_path *path, struct rte_mbuf **bufs, uint16_t n)
{
	tap_write_burst(path->tap, bufs, n);
	socket_echo_step(path->echo);
	return tap_read_burst(path->tap, bufs, n);
}

static uint16_t
kernel_path_run(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n)
{
	struct kernel_path *path = (struct kernel_path *)state;
	uint16_t out = path->run(path, bufs, n);

	path->frames_in += n;
	path->frames_out += out;
	path->unanswered += (uint64_t)(n - out);
	rte_pktmbuf_free_bulk(bufs + out, n - out);
	return out;
}

/* In the namespace: a link with the guest's address, the client's known for good. */
static int
set_up_link(void)
{
	const struct rte_ether_addr guest = {UDP_NET_GUEST_MAC}, client = {UDP_NET_CLIENT_MAC};
	struct mnl_socket *links;
	int error = links_open(&links);

	if (error)
		return error;
	error = links_up(links, TAP_NAME, &guest, NULL);
	if (!error)
		error = links_add_address(links, TAP_NAME, UDP_NET_GUEST_ADDRESS,
					  UDP_NET_PREFIX_BITS);
	if (!error)
		error = links_add_neighbour(links, TAP_NAME, UDP_NET_CLIENT_ADDRESS, &client);
	links_close(links);
	return error;
}

static int
furnish(struct kernel_path *path, bool sleeps)
{
	int outside = netns_enter(path->netns), error;

	if (outside < 0)
		return outside;
	path->tap = tap_open("source kernel_path", TAP_NAME);
	error = path->tap < 0 ? path->tap : set_up_link();
	if (!error)
		error = socket_echo_open(sleeps, &path->echo);
	netns_leave(outside);
	return error;
}

static int
kernel_path_open(const struct source_env *env, const void *settings, void **state)
{
	const struct kernel_path_options *chosen = settings;
	bool sleeps = chosen->server == WAIT_SLEEP;
	struct kernel_path *path = calloc(1, sizeof(*path));
	int error;

	(void)env;
	if (!path)
		return -ENOMEM;
	path->run = sleeps ? run_sleeping : run_polling;
	path->tap = -1;
	path->netns = netns_open("source kernel_path");
	error = path->netns < 0 ? path->netns : furnish(path, sleeps);
	if (error) {
		kernel_path_close(path);
		return error;
	}
	*state = path;
	return 0;
}

extern const struct source source_kernel_path;

const struct source source_kernel_path = {
	.name = "kernel_path",
	.help = "routing within the VM: the guest kernel's network stack and sockets",
	.acts_at = "packet",
	.fidelity = FIDELITY_REAL,
	.options = options,
	.counters = counters,
	.workload = "udp_echo",
	.conflict = conflict,
	.open = kernel_path_open,
	.close = kernel_path_close,
	.application = kernel_path_run,
};
