/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any port of DPDK as the lower device, here net_ring: its rings give back what was
 * sent and can be looked into on the way.
 */
#include "ethdev_guest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_ring.h>

#include "base/random.h"
#include "datapath/sources/source.h"

#define BURST 32
#define RING_NAME "net_ring0"

static struct rte_ring *
device_ring(unsigned int queue)
{
	char name[64];

	snprintf(name, sizeof(name), "ETH_RXTX%u_" RING_NAME, queue);
	return rte_ring_lookup(name);
}

/* net_ring leaves them behind, as many as it has queues. */
static void
free_device_rings(void)
{
	for (unsigned int q = 0; q < 16; q++)
		rte_ring_free(device_ring(q));
}

static void
close_guest(void)
{
	ethdev_guest_close();
	free_device_rings();
}

/* The application's mbufs: private where packets are copied, the region's where they are not. */
static struct rte_mempool *
application_pool(unsigned int queue)
{
	const struct pools *pools = &guest.queues[queue].pools;

	return ports[queue].copy ? pools->shadow : pools->temporary;
}

static void
fill(struct rte_mbuf *mbuf, struct random_state *random)
{
	uint16_t length = (uint16_t)(60 + random_below(random, 1455));
	uint8_t *bytes = (uint8_t *)rte_pktmbuf_append(mbuf, length);

	assert_non_null(bytes);
	for (uint16_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random_next(random);
}

/* The same frames as fill() made from the same state of the generator. */
static void
expect(const struct rte_mbuf *mbuf, struct random_state *random)
{
	uint16_t length = (uint16_t)(60 + random_below(random, 1455));
	const uint8_t *bytes = rte_pktmbuf_mtod(mbuf, const uint8_t *);

	assert_int_equal(mbuf->data_len, length);
	assert_int_equal(mbuf->pkt_len, length);
	assert_int_equal(mbuf->nb_segs, 1);
	for (uint16_t i = 0; i < length; i++)
		assert_int_equal(bytes[i], (uint8_t)random_next(random));
}

static uint16_t
send_burst(unsigned int queue, struct random_state *random, uint16_t n)
{
	struct rte_mbuf *bufs[BURST];
	uint16_t taken;

	assert_int_equal(rte_pktmbuf_alloc_bulk(application_pool(queue), bufs, n), 0);
	for (uint16_t i = 0; i < n; i++)
		fill(bufs[i], random);
	taken = port_tx_burst(&ports[queue], bufs, n);
	rte_pktmbuf_free_bulk(bufs + taken, n - taken);
	return taken;
}

/* What is in the device's hands lies in the shared region. */
static void
look_into(unsigned int queue, uint16_t n)
{
	struct rte_ring *ring = device_ring(queue);
	struct rte_mbuf *bufs[BURST];

	assert_non_null(ring);
	assert_int_equal(rte_ring_dequeue_bulk(ring, (void **)bufs, n, NULL), n);
	for (uint16_t i = 0; i < n; i++)
		assert_true(in_region(bufs[i]));
	assert_int_equal(rte_ring_enqueue_bulk(ring, (void **)bufs, n, NULL), n);
}

static void
receive_burst(unsigned int queue, struct random_state *random, uint16_t n)
{
	struct rte_mbuf *bufs[BURST];

	assert_int_equal(port_rx_burst(&ports[queue], bufs, n), n);
	for (uint16_t i = 0; i < n; i++) {
		expect(bufs[i], random);
		assert_int_equal(bufs[i]->port, 40 + queue);
		assert_int_equal(in_region(bufs[i]), !ports[queue].copy);
	}
	rte_pktmbuf_free_bulk(bufs, n);
}

static void
loop_back(unsigned int sources_on, uint32_t queues)
{
	struct datapath_config config = ethdev_config(RING_NAME, sources_on, queues);
	struct random_state out = {11}, in = {11};

	ethdev_guest_open(&config);
	for (unsigned int round = 0; round < 200; round++) {
		unsigned int queue = round % queues;
		uint16_t n = (uint16_t)(1 + round % BURST);

		assert_int_equal(send_burst(queue, &out, n), n);
		look_into(queue, n);
		receive_burst(queue, &in, n);
	}
	close_guest();
}

static void
frames_come_back(void **state)
{
	(void)state;
	for (uint32_t queues = 1; queues <= 2; queues++) {
		loop_back(0, queues);
		loop_back(harness_bit("bounce_copy"), queues);
		loop_back(harness_bit("bounce_copy") | harness_bit("vc"), queues);
	}
}

/* All of a pool's mbufs are in it. */
static void
assert_full(const struct rte_mempool *pool)
{
	assert_int_equal(rte_mempool_avail_count(pool), pool->size);
}

/* A driver that takes fewer frames than it is offered loses none. */
static void
full_driver(void **state)
{
	struct datapath_config config = ethdev_config(RING_NAME, harness_bit("bounce_copy"), 1);
	struct random_state out = {5}, in = {5};
	unsigned int sent = 0, received = 0;

	(void)state;
	config.ring_size = 1024;
	ethdev_guest_open(&config);
	/* The ring of net_ring holds 1023. A burst of 31 does not divide that. */
	while (sent < 1023 + 31) {
		struct random_state before = out;
		uint16_t n = send_burst(0, &out, 31);

		sent += n;
		if (n == 31)
			continue;
		assert_int_equal(n, 0);
		out = before;
		break;
	}
	assert_true(sent > 1023 - 31);
	assert_int_equal(ports[0].lower->ops->tx_pending(ports[0].lower->device), sent - 1023);
	assert_int_equal(ports[0].lower->ops->tx_room(ports[0].lower->device), 0);
	for (; received + 31 <= 1023; received += 31)
		receive_burst(0, &in, 31);
	assert_int_equal(ports[0].lower->ops->tx_room(ports[0].lower->device), 32);
	assert_int_equal(ports[0].lower->ops->tx_pending(ports[0].lower->device), 0);
	for (; received < sent; received += 31)
		receive_burst(0, &in, 31);
	assert_int_equal(received, sent);
	port_drain(&ports[0]);
	assert_true(port_drained(&ports[0]));
	assert_full(guest.queues[0].pools.temporary);
	assert_full(guest.queues[0].pools.shadow);
	close_guest();
}

static uint64_t
unfit(void)
{
	const struct counter *counter = ports[0].lower->ops->counters;

	while (strcmp(counter->name, "drop.unfit"))
		counter++;
	return *(const uint64_t *)((const uint8_t *)ports[0].lower->device + counter->offset);
}

/* Frames that no driver would give: of another pool, in two segments, beyond the buffer's end. */
static void
unfit_frames(void **state)
{
	struct datapath_config config = ethdev_config(RING_NAME, harness_bit("bounce_copy"), 1);
	struct rte_mbuf *bufs[4], *received[4];

	(void)state;
	ethdev_guest_open(&config);
	const struct pools *pools = &guest.queues[0].pools;

	bufs[0] = rte_pktmbuf_alloc(pools->shadow);
	for (int i = 1; i < 4; i++)
		bufs[i] = rte_pktmbuf_alloc(pools->temporary);
	for (int i = 0; i < 4; i++)
		rte_pktmbuf_append(bufs[i], 100);
	assert_int_equal(rte_pktmbuf_chain(bufs[1], rte_pktmbuf_alloc(pools->temporary)), 0);
	bufs[2]->data_len = SLOT_BYTES - RTE_PKTMBUF_HEADROOM + 1;
	bufs[3]->data_len = 13;
	assert_int_equal(rte_ring_enqueue_bulk(device_ring(0), (void **)bufs, 4, NULL), 4);
	assert_int_equal(port_rx_burst(&ports[0], received, 4), 0);
	assert_int_equal(unfit(), 4);
	port_drain(&ports[0]);
	assert_true(port_drained(&ports[0]));
	assert_full(pools->temporary);
	assert_full(pools->shadow);
	close_guest();
}

static void
sources_are_refused(void **state)
{
	static const char *const refused[] = {"bounce_alloc", "psc", "iotlb"};
	static const char *const allowed[] = {"bounce_copy", "vc"};
	unsigned int source;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct datapath_config config =
			ethdev_config(RING_NAME, harness_bit(refused[i]), 1);

		assert_non_null(strstr(datapath_config_conflict(&config, &source), "by itself"));
		assert_string_equal(sources[source]->name, refused[i]);
	}
	for (int i = 0; i < 2; i++) {
		struct datapath_config config =
			ethdev_config(RING_NAME, harness_bit(allowed[i]), 1);

		assert_null(datapath_config_conflict(&config, &source));
	}
}

static void
bad_devices(void **state)
{
	static const char *const names[] = {"", "net_nothing0", "net_af_packet0,no_such=1",
					    "0000:ff:1f.7", "net_af_packet0,iface=folio-none"};

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct datapath_config config = ethdev_config(names[i], 0, 1);
		const struct guest_options options = {.config = &config};

		assert_true(guest_open(&guest, &options) < 0);
		assert_int_equal(rte_eth_dev_count_total(), 0);
	}
}

/* A port is one guest's; who comes second leaves it alone. */
static void
port_in_use(void **state)
{
	struct datapath_config config = ethdev_config(RING_NAME, harness_bit("bounce_copy"), 1);
	const struct guest_options options = {.config = &config};
	struct random_state out = {3}, in = {3};
	static struct guest second;

	(void)state;
	ethdev_guest_open(&config);
	assert_true(guest_open(&second, &options) < 0);
	assert_int_equal(send_burst(0, &out, 8), 8);
	receive_burst(0, &in, 8);
	close_guest();
}

static void
lockstep_has_no_host_for_it(void **state)
{
	struct lockstep *bench = harness_bench();
	struct datapath_config config = ethdev_config(RING_NAME, 0, 1);
	struct lane *lane;

	(void)state;
	assert_int_equal(lockstep_add(bench, &config, "vhost-user", false, &lane), -ENOTSUP);
	lockstep_close(bench);
}

static unsigned int
threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	unsigned int n = 0;

	assert_non_null(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

/* The socket number of the device's heap, or -1. */
static int
heap_socket(void)
{
	struct rte_malloc_socket_stats stats;

	/* External heaps are numbered from where the machine's own sockets end. */
	for (int socket = RTE_MAX_NUMA_NODES; socket < RTE_MAX_NUMA_NODES + 1024; socket++)
		if (!rte_malloc_get_socket_stats(socket, &stats) && stats.heap_totalsz_bytes)
			return socket;
	return -1;
}

/* Descriptor rings come from the region, and nothing stays, however often. */
static void
nothing_is_left(void **state)
{
	unsigned int before = threads();

	(void)state;
	assert_int_equal(heap_socket(), -1);
	for (unsigned int i = 0; i < 40; i++) {
		struct datapath_config config = ethdev_config(RING_NAME, 0, 1 + i % 2);

		ethdev_guest_open(&config);
		void *ring = rte_malloc_socket(NULL, config.ring_size * 64, 4096, heap_socket());

		assert_non_null(ring);
		assert_true(region_contains(&guest.region, ring, config.ring_size * 64));
		rte_free(ring);
		close_guest();
		assert_int_equal(heap_socket(), -1);
	}
	assert_int_equal(threads(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_back),
		cmocka_unit_test(full_driver),
		cmocka_unit_test(unfit_frames),
		cmocka_unit_test(sources_are_refused),
		cmocka_unit_test(bad_devices),
		cmocka_unit_test(port_in_use),
		cmocka_unit_test(lockstep_has_no_host_for_it),
		cmocka_unit_test(nothing_is_left),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
