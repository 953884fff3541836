/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Real UDP between two ordinary socket programs, through both kernels: the client's
 * socket is in the namespace of host_path's bridge, the server's in kernel_path's.
 *
 *   client | host's kernel | TAP | vhost-user | TAP | guest's kernel | echo server
 *
 *   test_kernel_paths [SECONDS]     of 5,000 packets a second (default 1)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "base/clock.h"
#include "datapath/forward.h"
#include "datapath/host/host_path.h"
#include "datapath/host/traffic.h"
#include "datapath/kernel/links.h"
#include "datapath/kernel/netns.h"
#include "datapath/lane.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/udp_net.h"
#include "harness.h"
#include "paths.h"

#define RATE_PPS 5000u
#define PAYLOAD_BYTES_MAX 1472u
/* That an answer may take, on a machine that is busy. */
#define PATIENCE_NS 2000000000u

static unsigned int seconds = 1;

struct client {
	struct host_path *path;
	atomic_bool done;
	uint32_t sent, back, wrong;
};

static uint16_t
length_of(uint32_t number)
{
	return (uint16_t)(sizeof(number) + number * 31 % (PAYLOAD_BYTES_MAX - sizeof(number) + 1));
}

static void
fill(uint8_t *payload, uint32_t number)
{
	memcpy(payload, &number, sizeof(number));
	for (uint16_t i = sizeof(number); i < length_of(number); i++)
		payload[i] = (uint8_t)(number + i);
}

/* In the bridge's namespace: the client's address, and a socket to the server. */
static int
open_client(const struct host_path *path)
{
	const struct rte_ether_addr own = {UDP_NET_CLIENT_MAC}, guest = {UDP_NET_GUEST_MAC};
	const struct sockaddr_in server = {
		.sin_family = AF_INET,
		.sin_port = htons(UDP_NET_GUEST_PORT),
		.sin_addr = {htonl(UDP_NET_GUEST_ADDRESS)},
	};
	int outside = netns_enter(host_path_netns(path)), fd;
	struct mnl_socket *links;

	assert_true(outside >= 0);
	assert_int_equal(links_open(&links), 0);
	assert_int_equal(links_up(links, HOST_PATH_BRIDGE, &own, NULL), 0);
	assert_int_equal(links_add_address(links, HOST_PATH_BRIDGE, UDP_NET_CLIENT_ADDRESS,
					   UDP_NET_PREFIX_BITS),
			 0);
	assert_int_equal(
		links_add_neighbour(links, HOST_PATH_BRIDGE, UDP_NET_GUEST_ADDRESS, &guest), 0);
	links_close(links);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&server, sizeof(server)), 0);
	netns_leave(outside);
	return fd;
}

/* Answers come in order: there is one way. */
static void
take_answers(struct client *client, int fd)
{
	uint8_t wanted[PAYLOAD_BYTES_MAX], got[PAYLOAD_BYTES_MAX + 1];
	ssize_t bytes;

	while ((bytes = recv(fd, got, sizeof(got), MSG_DONTWAIT)) >= 0) {
		fill(wanted, client->back);
		client->wrong += bytes != length_of(client->back) ||
				 memcmp(wanted, got, (size_t)bytes);
		client->back++;
	}
}

static void *
run_client(void *arg)
{
	struct client *client = arg;
	uint32_t total = seconds * RATE_PPS;
	int fd = open_client(client->path);
	uint64_t start_ns = clock_monotonic_ns(), last_ns = start_ns;
	uint8_t payload[PAYLOAD_BYTES_MAX];

	while (client->back < total && clock_monotonic_ns() - last_ns < PATIENCE_NS) {
		uint64_t now_ns = clock_monotonic_ns();

		if (client->sent < total &&
		    now_ns - start_ns >= client->sent * (1000000000ull / RATE_PPS)) {
			fill(payload, client->sent);
			client->wrong += send(fd, payload, length_of(client->sent), 0) < 0;
			client->sent++;
			last_ns = now_ns;
		} else {
			usleep(50);
		}
		take_answers(client, fd);
	}
	close(fd);
	atomic_store(&client->done, true);
	return NULL;
}

static struct lane *
open_lane(struct lockstep *bench, const char *server)
{
	struct datapath_config config = harness_config(
		harness_bit("bounce_copy") | harness_bit("kernel_path") | harness_bit("host_path"));

	harness_set(&config, "kernel_path", "server", server);
	return harness_lane(bench, &config);
}

/* Host and guest, until the client is done. */
static void
carry(struct lane *lane, const struct client *client)
{
	struct host_path *path = lane->device->host_paths[0];
	struct rte_mbuf *bufs[FORWARD_BURST_MAX];

	assert_int_equal(port_attach(&lane->ports[0]), 0);
	while (!atomic_load(&client->done)) {
		struct forwarded forwarded;

		host_path_push(path);
		forwarded =
			forward_burst(&lane->ports[0], &lane->applications[0], FORWARD_BURST_MAX);
		/* The bridge hands the client's frames to the wire too, where nobody is. */
		rte_pktmbuf_free_bulk(bufs, host_path_receive(path, bufs, FORWARD_BURST_MAX));
		if (!forwarded.in)
			usleep(20);
	}
}

static void
sockets_with(const char *server)
{
	struct lockstep *bench = harness_bench_of("udp_echo");
	struct lane *lane = open_lane(bench, server);
	struct client client = {.path = lane->device->host_paths[0]};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, run_client, &client), 0);
	carry(lane, &client);
	pthread_join(thread, NULL);
	print_message("%s: %u sent, %u back, %u wrong\n", server, client.sent, client.back,
		      client.wrong);
	assert_int_equal(client.sent, seconds * RATE_PPS);
	assert_int_equal(client.back, client.sent);
	assert_int_equal(client.wrong, 0);
	paths_close_used(bench, lane);
}

static void
test_sockets_sleeping(void **state)
{
	(void)state;
	sockets_with("sleep");
}

static void
test_sockets_polling(void **state)
{
	(void)state;
	sockets_with("poll");
}

/* Lanes on one device, with a kernel and without, take turns: counters close, frames are whole. */
static void
test_slices(void **state)
{
	static const char *const sets[][2] = {{NULL, NULL},
					      {"kernel_path", NULL},
					      {"host_path", NULL},
					      {"kernel_path", "host_path"}};
	struct lockstep *bench = harness_bench_of("udp_echo");
	struct lane *lanes[4];
	struct traffic traffic;
	char why[256];

	(void)state;
	assert_int_equal(traffic_open("imix", 1, &traffic, why, sizeof(why)), 0);
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int on = 0;

		for (unsigned int k = 0; k < 2; k++)
			on |= sets[i][k] ? harness_bit(sets[i][k]) : 0;
		struct datapath_config config = harness_config(on);

		lanes[i] = harness_lane(bench, &config);
		assert_true(lane_same_device(lanes[0], lanes[i]));
	}
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int i = 0; i < 12; i++) {
		struct slice slice = harness_slice(lanes[i % 4], 1000000);

		assert_int_equal(slice.packets_kept, 0);
		assert_int_equal(slice.packets_dropped, 0);
		if (i % 4 % 2) /* counted over the metered part */
			assert_int_equal(harness_counter(&slice, "kernel_path.frames_out"),
					 slice.counted_packets);
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_sockets_sleeping),
		cmocka_unit_test(test_sockets_polling),
	};

	if (argc > 1)
		seconds = (unsigned int)strtoul(argv[1], NULL, 10);
	if (!paths_allowed())
		return 77;
	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
