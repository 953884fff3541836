/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An application on a net_folio port that does what testpmd does not: forgets to set a
 * queue up, leaves the port started, stops it while a host keeps it waiting.
 *
 *   net_folio_app CASE SOCKET EAL-ARGUMENT...
 *
 * The port is number 0, net_folio0, and listens on SOCKET. Ends with 0, or 1 after it
 * said what was wrong.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#define PORT 0
#define POOL_MBUFS 4095
/* Nothing here takes so long unless it waits for a host, which has 5 s for a reply. */
#define PROMPT_MS 2500

static struct rte_mempool *pool;
static int failures;

static void
check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "FAILED: %s\n", what);
	failures++;
}

static int
configure(uint16_t n_queues)
{
	const struct rte_eth_conf conf = {0};

	return rte_eth_dev_configure(PORT, n_queues, n_queues, &conf);
}

static int
set_up_queue(uint16_t queue)
{
	int error = rte_eth_rx_queue_setup(PORT, queue, 256, 0, NULL, pool);

	return error ? error : rte_eth_tx_queue_setup(PORT, queue, 256, 0, NULL);
}

static int
start(uint16_t n_queues)
{
	int error = configure(n_queues);

	for (uint16_t q = 0; !error && q < n_queues; q++)
		error = set_up_queue(q);
	return error ? error : rte_eth_dev_start(PORT);
}

static void
queue_not_set_up(const char *path)
{
	check(configure(2) == 0 && set_up_queue(1) == 0, "one of two queues is set up");
	check(rte_eth_dev_start(PORT) == -EINVAL, "a port without its receive queue starts");
	check(set_up_queue(0) == 0, "the queue is set up later");
	check(rte_eth_dev_start(PORT) == 0, "a port with all queues does not start");
	check(rte_eth_dev_stop(PORT) == 0, "stop");
	/* Fewer queues, then more again: the second one was released in between. */
	check(configure(1) == 0 && configure(2) == 0, "configure");
	check(rte_eth_dev_start(PORT) == -EINVAL, "a port with a released queue starts");
	(void)path;
}

static void
removed_while_started(const char *path)
{
	check(start(1) == 0, "start");
	check(access(path, F_OK) == 0, "the port does not listen");
	check(rte_vdev_uninit("net_folio0") == 0, "a started port cannot be removed");
	check(!rte_eth_dev_is_valid_port(PORT), "the removed port is still there");
}

static void
left_started(const char *path)
{
	check(start(1) == 0, "start");
	check(access(path, F_OK) == 0, "the port does not listen");
}

/* Connects, and never answers. */
static int
dial(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	check(!connect(fd, (struct sockaddr *)&address, sizeof(address)), "connect");
	return fd;
}

static void
host_does_not_answer(const char *path)
{
	char request[12];
	uint64_t begin;

	check(start(1) == 0, "start");
	int fd = dial(path);

	check(read(fd, request, sizeof(request)) == sizeof(request), "the port asks for nothing");
	begin = rte_get_timer_cycles();
	check(rte_eth_dev_stop(PORT) == 0, "stop");
	check((rte_get_timer_cycles() - begin) * 1000 / rte_get_timer_hz() < PROMPT_MS,
	      "stop waits for a host that does not answer");
	close(fd);
	check(rte_eth_dev_start(PORT) == 0, "a stopped port does not start again");
}

/* Receives and frees for so long, or until each queue got something. */
static bool
receive(uint16_t n_queues, unsigned int seconds)
{
	uint64_t end = rte_get_timer_cycles() + seconds * rte_get_timer_hz();
	struct rte_mbuf *bufs[32];
	uint32_t got = 0;

	while (got != (1u << n_queues) - 1 && rte_get_timer_cycles() < end)
		for (uint16_t q = 0; q < n_queues; q++) {
			uint16_t n = rte_eth_rx_burst(PORT, q, bufs, 32);

			rte_pktmbuf_free_bulk(bufs, n);
			got |= n ? 1u << q : 0;
		}
	return got == (1u << n_queues) - 1;
}

/* Counts since a reset, of a port that then has fewer queues. */
static void
reset_then_fewer_queues(const char *path)
{
	struct rte_eth_stats stats;

	check(start(2) == 0, "start");
	check(receive(2, 10), "a queue receives nothing");
	check(rte_eth_stats_reset(PORT) == 0, "reset");
	check(rte_eth_dev_stop(PORT) == 0 && configure(1) == 0, "configure");
	check(rte_eth_stats_get(PORT, &stats) == 0, "statistics");
	check(stats.ipackets == 0 && stats.ibytes == 0 && stats.oerrors == 0,
	      "counts below their last reset");
	(void)path;
}

static bool
comes_up(unsigned int seconds)
{
	uint64_t end = rte_get_timer_cycles() + seconds * rte_get_timer_hz();
	struct rte_eth_link link = {0};

	while (!link.link_status && rte_get_timer_cycles() < end)
		rte_eth_link_get_nowait(PORT, &link);
	return link.link_status;
}

/* An IPv4 packet of packet_bytes, and more behind it: of a frame of WHOLE_BYTES. */
#define WHOLE_BYTES 600

static struct rte_mbuf *
make_frame(uint16_t packet_bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	char *frame = rte_pktmbuf_append(mbuf, WHOLE_BYTES);
	struct rte_ether_hdr *ethernet = (struct rte_ether_hdr *)frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ethernet + 1);

	memset(frame, 0x5a, WHOLE_BYTES);
	ethernet->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(packet_bytes);
	return mbuf;
}

/* The front of a buffer in a clone: ESP's padding would fall on what others read behind it. */
static void
clone_is_not_padded(const char *path)
{
	const uint16_t packet_bytes = 61, frame_bytes = RTE_ETHER_HDR_LEN + packet_bytes;
	struct rte_eth_stats stats;
	struct rte_mbuf *whole, *front;
	const char *behind;

	check(start(1) == 0 && comes_up(10), "the link does not come up");
	whole = make_frame(packet_bytes);
	front = rte_pktmbuf_clone(whole, pool);
	rte_pktmbuf_trim(front, WHOLE_BYTES - frame_bytes);
	behind = rte_pktmbuf_mtod_offset(whole, const char *, frame_bytes);
	check(rte_eth_tx_burst(PORT, 0, &front, 1) == 1, "the clone is not taken");
	for (uint16_t i = 0; i < WHOLE_BYTES - frame_bytes; i++)
		if (behind[i] != 0x5a) {
			check(false, "padding fell into another's data");
			break;
		}
	check(rte_eth_stats_get(PORT, &stats) == 0 && stats.oerrors == 1 && stats.opackets == 0,
	      "the clone is not among the errors");
	rte_pktmbuf_trim(whole, WHOLE_BYTES - frame_bytes);
	check(rte_eth_tx_burst(PORT, 0, &whole, 1) == 1, "the frame is not taken");
	check(rte_eth_stats_get(PORT, &stats) == 0 && stats.opackets == 1, "the frame is not sent");
	(void)path;
}

static const struct {
	const char *name;
	void (*run)(const char *path);
} cases[] = {
	{"queue_not_set_up", queue_not_set_up},
	{"removed_while_started", removed_while_started},
	{"left_started", left_started},
	{"host_does_not_answer", host_does_not_answer},
	{"reset_then_fewer_queues", reset_then_fewer_queues},
	{"clone_is_not_padded", clone_is_not_padded},
};

int
main(int argc, char **argv)
{
	const char *name = argc > 2 ? argv[1] : "", *path = argc > 2 ? argv[2] : "";
	bool found = false;

	if (argc < 3 || rte_eal_init(argc - 2, argv + 2) < 0) {
		fprintf(stderr, "usage: net_folio_app CASE SOCKET EAL-ARGUMENT...\n");
		return 2;
	}
	pool = rte_pktmbuf_pool_create("application", POOL_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	check(pool, "no pool");
	for (size_t i = 0; pool && i < RTE_DIM(cases); i++)
		if (!strcmp(cases[i].name, name)) {
			found = true;
			cases[i].run(path);
		}
	check(found, "no such case");
	check(rte_eal_cleanup() == 0, "rte_eal_cleanup()");
	check(access(path, F_OK) < 0, "the socket is left");
	return failures > 0;
}
