/* SPDX-License-Identifier: BSD-3-Clause */
/* Any port of DPDK as the lower device, here net_af_packet on a veth pair. */
#include "ethdev_guest.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_mbuf.h>

#define ETHERTYPE 0x88b5 /* for local experiments (IEEE 802) */

/* A network namespace of this thread's own, with a veth pair. Returns the old one, or -1. */
static int
enter_namespace(void)
{
	int old = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (old < 0 || unshare(CLONE_NEWNET) < 0) {
		close(old);
		return -1;
	}
	if (!system("ip link add folio0 type veth peer name folio1 2>/dev/null && "
		    "ip link set folio0 up && ip link set folio1 up"))
		return old;
	setns(old, CLONE_NEWNET);
	close(old);
	return -1;
}

static int
open_other_end(void)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE),
		.sll_ifindex = (int)if_nametoindex("folio1"),
	};
	const struct timeval timeout = {.tv_sec = 2};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERTYPE));

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static uint16_t
ethertype(const struct rte_mbuf *mbuf)
{
	const struct ether_header *header = rte_pktmbuf_mtod(mbuf, const struct ether_header *);

	return ntohs(header->ether_type);
}

/* The next frame of ours; the kernel sends some of its own. NULL: none in time. */
static struct rte_mbuf *
next_received(void)
{
	struct rte_mbuf *mbuf;

	for (int i = 0; i < 20000; i++) {
		if (!port_rx_burst(&ports[0], &mbuf, 1)) {
			usleep(100);
			continue;
		}
		if (ethertype(mbuf) == ETHERTYPE)
			return mbuf;
		rte_pktmbuf_free(mbuf);
	}
	return NULL;
}

static void
exchange(int fd, uint16_t length)
{
	uint8_t frame[1514], back[1514];
	struct rte_mbuf *mbuf;

	for (uint16_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(i * 7 + length);
	memset(frame, 0xff, 6);
	frame[12] = ETHERTYPE >> 8;
	frame[13] = ETHERTYPE & 0xff;
	assert_int_equal(send(fd, frame, length, 0), length);
	mbuf = next_received();
	assert_non_null(mbuf);
	assert_int_equal(mbuf->data_len, length);
	assert_memory_equal(rte_pktmbuf_mtod(mbuf, void *), frame, length);
	assert_int_equal(in_region(mbuf), !ports[0].copy);
	assert_int_equal(port_tx_burst(&ports[0], &mbuf, 1), 1);
	assert_int_equal(recv(fd, back, sizeof(back), 0), length);
	assert_memory_equal(back, frame, length);
}

static void
exchange_over_veth(unsigned int sources_on)
{
	struct datapath_config config = ethdev_config("net_af_packet0,iface=folio0", sources_on, 1);
	int fd = open_other_end();

	ethdev_guest_open(&config);
	for (uint16_t length = 60; length <= 1514; length += 97)
		exchange(fd, length);
	ethdev_guest_close();
	close(fd);
}

static bool lacks_veth;

static void
veth(void **state)
{
	int old = enter_namespace();

	(void)state;
	lacks_veth = old < 0;
	if (lacks_veth) {
		puts("SKIP: no network namespace with a veth pair");
		skip();
	}
	exchange_over_veth(0);
	exchange_over_veth(harness_bit("bounce_copy"));
	assert_int_equal(setns(old, CLONE_NEWNET), 0);
	close(old);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(veth),
	};
	int failed = cmocka_run_group_tests(tests, harness_start, harness_stop);

	return lacks_veth ? 77 : failed;
}
