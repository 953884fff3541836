/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of 60 to 9000 B against the stock backend (option mergeable): what the
 * host sends in chains comes to the application and back to the host, byte for
 * byte, in every copy mode, ring format and size, with the sources that move
 * buffers, and however the application cuts it into segments.
 */
#include "harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "base/random.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/port.h"
#include "datapath/host/backend.h"
#include "datapath/lane.h"

#define BYTES_MIN 60u
#define BYTES_MAX 9000u
#define FRAMES 400u
#define HOST_MBUFS 4096u

/* Where the number of buffers changes: in slots behind a header, in slots of the driver, in mbufs. */
static const uint32_t edges[] = {60,   61,   64,   65,   127,  128,  1514, 2047, 2048, 2049,
				 4095, 4096, 4097, 4107, 4108, 4109, 6144, 6167, 6168, 6169,
				 8191, 8192, 8193, 8227, 8228, 8229, 8999, 9000};

#define EDGES (sizeof(edges) / sizeof(edges[0]))

static struct rte_mempool *host_pool;

static uint32_t
frame_bytes(uint32_t frame)
{
	struct random_state random = {frame};

	if (frame % 4 == 0)
		return edges[frame / 4 % EDGES];
	return BYTES_MIN + (uint32_t)random_below(&random, BYTES_MAX - BYTES_MIN + 1);
}

static uint8_t
frame_byte(uint32_t frame, uint32_t at)
{
	return (uint8_t)((frame * 2654435761u + at * 40503u) >> 8);
}

/* A chain of at most piece_bytes in each segment, of mbufs of pool. */
static struct rte_mbuf *
make_frame(struct rte_mempool *pool, uint32_t frame, uint32_t bytes, uint32_t piece_bytes)
{
	struct rte_mbuf *head = NULL, *segment = NULL;

	for (uint32_t at = 0; at < bytes;) {
		struct rte_mbuf *next = rte_pktmbuf_alloc(pool);

		assert_non_null(next);
		if (segment)
			segment->next = next;
		else
			head = next;
		segment = next;
		segment->data_len = (uint16_t)RTE_MIN(piece_bytes, bytes - at);
		for (uint32_t i = 0; i < segment->data_len; i++)
			rte_pktmbuf_mtod(segment, uint8_t *)[i] = frame_byte(frame, at + i);
		at += segment->data_len;
		head->nb_segs = segment == head ? 1 : head->nb_segs + 1;
	}
	head->pkt_len = bytes;
	return head;
}

static void
check_frame(struct rte_mbuf *mbuf, uint32_t frame, uint32_t bytes)
{
	uint8_t copy[BYTES_MAX];
	const uint8_t *data;

	assert_int_equal(rte_mbuf_check(mbuf, 1, &(const char *){NULL}), 0);
	assert_int_equal(mbuf->pkt_len, bytes);
	data = rte_pktmbuf_read(mbuf, 0, bytes, copy);
	assert_non_null(data);
	for (uint32_t i = 0; i < bytes; i++)
		if (data[i] != frame_byte(frame, i))
			fail_msg("frame %u of %u B differs at byte %u", frame, bytes, i);
}

/* One way to run: what the lane is, and what its application does with a frame. */
struct way {
	uint32_t ring_size;
	uint32_t burst;
	const char *mode; /* of bounce_copy; NULL: off */
	bool mapped;      /* bounce_alloc and psc act */
	bool recut;       /* the application sends chains of its own making */
};

static struct datapath_config
configuration(const struct way *way, uint32_t format)
{
	unsigned int on = (way->mode ? harness_bit("bounce_copy") : 0) |
			  (way->mapped ? harness_bit("bounce_alloc") | harness_bit("psc") : 0);
	struct datapath_config config = harness_config(on);

	if (way->mode)
		harness_set(&config, "bounce_copy", "mode", way->mode);
	config.mergeable = true;
	config.format = format;
	config.ring_size = way->ring_size;
	config.burst = way->burst;
	return config;
}

/* What has got how far. */
struct run {
	const struct way *way;
	struct port *port;
	struct backend *backend;
	uint32_t sent, forwarded, back;
};

/* As many more frames as the ring takes at once. */
static void
host_sends(struct run *run)
{
	struct rte_mbuf *bufs[32];
	uint16_t n;

	for (n = 0; n < 32 && run->sent + n < FRAMES; n++)
		bufs[n] = make_frame(host_pool, run->sent + n, frame_bytes(run->sent + n), 2048);
	run->sent += backend_send(run->backend, 0, bufs, n);
	rte_pktmbuf_free_bulk(bufs, n);
}

static void
host_receives(struct run *run)
{
	struct rte_mbuf *bufs[32];
	uint16_t n = backend_receive(run->backend, 0, host_pool, bufs, 32);

	for (uint16_t i = 0; i < n; i++, run->back++)
		check_frame(bufs[i], run->back, frame_bytes(run->back));
	rte_pktmbuf_free_bulk(bufs, n);
}

/* The application has checked a frame and sends it on, or the same bytes in pieces of a size of its own. */
static struct rte_mbuf *
recut(struct rte_mbuf *mbuf, uint32_t frame)
{
	static const uint32_t pieces[] = {100, 999, 2048, 1};
	uint32_t bytes = mbuf->pkt_len, piece = pieces[frame % 4];

	rte_pktmbuf_free(mbuf);
	return make_frame(host_pool, frame, bytes, piece == 1 && bytes > 200 ? 300 : piece);
}

/* What the ring has no room for goes when the host has taken some. */
static void
guest_forwards(struct run *run)
{
	struct rte_mbuf *bufs[32];
	uint16_t n = port_rx_burst(run->port, bufs, (uint16_t)run->way->burst), taken;

	for (uint16_t i = 0; i < n; i++, run->forwarded++) {
		check_frame(bufs[i], run->forwarded, frame_bytes(run->forwarded));
		if (run->way->recut)
			bufs[i] = recut(bufs[i], run->forwarded);
	}
	taken = port_tx_burst(run->port, bufs, n);
	while (taken < n) {
		uint32_t before = run->back;

		host_receives(run);
		assert_true(run->back > before);
		taken += port_tx_burst(run->port, &bufs[taken], n - taken);
	}
}

/* The buffers still posted are used up by short frames, so that the next lane finds the device drained. */
static void
drain(struct run *run)
{
	port_drain(run->port);
	while (!port_drained(run->port)) {
		struct rte_mbuf *frame = make_frame(host_pool, 0, BYTES_MIN, 2048), *bufs[32];

		assert_int_equal(backend_send(run->backend, 0, &frame, 1), 1);
		rte_pktmbuf_free(frame);
		assert_int_equal(port_rx_burst(run->port, bufs, 1), 1);
		rte_pktmbuf_free(bufs[0]);
	}
}

static void
go_round(struct lockstep *bench, const struct way *way, uint32_t format)
{
	struct datapath_config config = configuration(way, format);
	struct lane *lane = harness_lane(bench, &config);
	struct port *port = lane_port(lane, 0);
	struct run run = {way, port, lane->device->backend, 0, 0, 0};
	uint32_t idle = 0;

	assert_int_equal(port_attach(port), 0);
	assert_int_equal(port_rx_burst(port, (struct rte_mbuf *[32]){0}, 32), 0);
	while (run.back < FRAMES) {
		uint32_t before = run.sent + run.forwarded + run.back;

		host_sends(&run);
		guest_forwards(&run);
		host_receives(&run);
		idle = run.sent + run.forwarded + run.back == before ? idle + 1 : 0;
		assert_true(idle < 100);
	}
	assert_int_equal(run.forwarded, FRAMES);
	assert_int_equal(port->drop_no_shadow + port->drop_no_temporary + port->drop_unsendable, 0);
	drain(&run);
}

static const struct way ways[] = {
	{64, 32, NULL, false, false},      {64, 32, "shadow", false, false},
	{64, 7, "shadow", false, true},    {256, 32, NULL, false, false},
	{256, 1, NULL, false, false},      {256, 32, "shadow", false, true},
	{256, 32, "header", false, false}, {256, 3, "header", false, true},
	{256, 32, NULL, true, false},      {256, 32, "shadow", true, true},
	{1024, 32, "shadow", false, true}, {4096, 32, NULL, false, false},
	{4096, 32, "shadow", false, true},
};

/* A bench for each, since their devices differ in size. */
static void
every_way(uint32_t format)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct lockstep *bench = harness_bench();

		go_round(bench, &ways[i], format);
		lockstep_close(bench);
	}
	assert_int_equal(rte_mempool_avail_count(host_pool), HOST_MBUFS);
}

static void
split(void **state)
{
	(void)state;
	every_way(0);
}

static void
packed(void **state)
{
	(void)state;
	every_way(1);
}

/* Lanes of all kinds take turns on one device, and leave its pools as they found them. */
static void
turns(void **state)
{
	static const struct way same_device[] = {
		{256, 32, NULL, false, false},     {256, 32, "shadow", true, true},
		{256, 32, "header", false, false}, {256, 32, "shadow", false, true},
		{256, 32, NULL, true, false},
	};
	struct lockstep *bench = harness_bench();
	struct rte_mempool *temporary = NULL;
	unsigned int before = 0;

	(void)state;
	for (unsigned int turn = 0; turn < 10; turn++) {
		go_round(bench, &same_device[turn % 5], 0);
		temporary = bench->devices[0]->guest.queues[0].pools.temporary;
		if (!turn)
			before = rte_mempool_avail_count(temporary);
		assert_int_equal(rte_mempool_avail_count(temporary), before);
	}
	assert_int_equal(bench->n_devices, 1);
	lockstep_close(bench);
}

static void
expect_unsendable(struct port *port, struct rte_mbuf *frame)
{
	uint64_t before = port->drop_unsendable;

	assert_int_equal(port_tx_burst(port, &frame, 1), 1);
	assert_int_equal(port->drop_unsendable, before + 1);
	assert_int_equal(port->lower->ops->tx_pending(port->lower->device), 0);
}

/* Too long; a chain with fewer segments than its head says; in mode none, memory of others. */
static void
unsendable_frames(void **state)
{
	static const struct way modes[] = {
		{256, 32, "shadow", false, false},
		{256, 32, NULL, false, false},
		{256, 32, "header", false, false},
	};
	struct lockstep *bench = harness_bench();

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct datapath_config config = configuration(&modes[i], 0);
		struct lane *lane = harness_lane(bench, &config);
		struct port *port = lane_port(lane, 0);
		struct rte_mbuf *torn = make_frame(host_pool, 0, 3000, 1000), *many;

		assert_int_equal(port_attach(port), 0);
		port_drain(port);
		expect_unsendable(port, make_frame(host_pool, 0, BYTES_MAX + 1, 2048));
		torn->nb_segs++;
		expect_unsendable(port, torn);
		/* The application's own buffers, where no copy is made of them. */
		if (i == 1)
			expect_unsendable(port, make_frame(host_pool, 0, 300, 100));
		/* More segments than a call of the device carries, though they are the port's own. */
		if (i == 1) {
			many = make_frame(port->hot_temporary.pool, 0, LOWER_SEGMENTS_MAX + 1, 1);
			expect_unsendable(port, many);
			many = make_frame(port->hot_temporary.pool, 0, 90, 30);
			rte_mbuf_refcnt_update(many->next, 1);
			struct rte_mbuf *shared = many->next;

			expect_unsendable(port, many);
			rte_pktmbuf_free_seg(shared);
		}
		assert_true(port_drained(port));
	}
	lockstep_close(bench);
	assert_int_equal(rte_mempool_avail_count(host_pool), HOST_MBUFS);
}

/* A frame for which there is no shadow buffer is dropped and counted; others go on. */
static void
no_shadow_buffers(void **state)
{
	const struct way way = {256, 32, "shadow", false, false};
	struct lockstep *bench = harness_bench();
	struct datapath_config config = configuration(&way, 0);
	struct lane *lane = harness_lane(bench, &config);
	struct port *port = lane_port(lane, 0);
	struct rte_mempool *pool = port->hot_shadow.pool;
	unsigned int n_free = rte_mempool_avail_count(pool), temporary;
	struct rte_mbuf **all = calloc(n_free, sizeof(*all)), *bufs[32];
	struct run run = {&way, port, lane->device->backend, 0, 0, 0};

	(void)state;
	assert_int_equal(port_attach(port), 0);
	assert_int_equal(port_rx_burst(port, bufs, 32), 0);
	temporary = rte_mempool_avail_count(port->hot_temporary.pool) + port->hot_temporary.n +
		    port->spare_temporary.n;
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, all, n_free), 0);
	host_sends(&run);
	assert_int_equal(port_rx_burst(port, bufs, 32), 0);
	assert_int_equal(port->drop_no_shadow, 32);
	rte_pktmbuf_free_bulk(all, n_free);
	host_sends(&run);
	assert_int_equal(port_rx_burst(port, bufs, 32), 32);
	for (uint32_t i = 0; i < 32; i++)
		check_frame(bufs[i], 32 + i, frame_bytes(32 + i));
	rte_pktmbuf_free_bulk(bufs, 32);
	assert_int_equal(rte_mempool_avail_count(port->hot_temporary.pool) + port->hot_temporary.n +
				 port->spare_temporary.n,
			 temporary);
	free(all);
	lockstep_close(bench);
}

static int
start(void **state)
{
	if (harness_start(state))
		return -1;
	host_pool = rte_pktmbuf_pool_create("jumbo", HOST_MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + 2048,
					    SOCKET_ID_ANY);
	return host_pool ? 0 : -1;
}

static int
stop(void **state)
{
	rte_mempool_free(host_pool);
	return harness_stop(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split),
		cmocka_unit_test(packed),
		cmocka_unit_test(turns),
		cmocka_unit_test(unsendable_frames),
		cmocka_unit_test(no_shadow_buffers),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
