/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What leaves the guest: nothing but frames. Private memory (shadow buffers with
 * their headroom and unused ends, an application's own buffers, private fields of
 * mbufs, stack and heap) is filled with a marker, traffic of all sizes and kinds
 * runs against the stock backend, and then the region, all of it, on a mapping of
 * its own as a host has, holds neither the marker nor an address of the guest's.
 * And the other way: a frame that was copied does not change when the host
 * rewrites the region.
 *
 * Where nothing is copied the application's buffers are the region's, by design:
 * what it leaves in them the host can read. There the marker stands in the rest of
 * private memory, and addresses are looked for all the same. In copy mode header
 * the payload is the host's to change, by design; the headers are not.
 */
#include "harness.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/virtio_ring.h>

#include <rte_mbuf.h>

#include "base/clock.h"
#include "base/random.h"
#include "datapath/guest/port.h"
#include "datapath/host/backend.h"
#include "datapath/host/traffic.h"
#include "datapath/lane.h"
#include "datapath/sources/bounce_copy.h"
#include "datapath/sources/source.h"

#define MARKER 0x5c
/* So many in a row are no coincidence: frames have no byte that is the marker. */
#define MARKER_RUN 4u
#define BURST 32
#define SIZES (FRAME_BYTES_MAX - FIXED_BYTES_MIN + 1)
#define WAIT_NS 5000000000u
#define PACKED 1 /* in virtqueue_formats[] */

/* Bytes that are part of no marker and of no address, wherever they stand. */
static uint8_t
frame_byte(struct random_state *random)
{
	return (uint8_t)(0x80 | random_next(random));
}

/* One frame of each size. */
static void
every_size(struct traffic *traffic)
{
	struct random_state random = {3};

	*traffic = (struct traffic){.label = "every size", .n = SIZES};
	traffic->frames = calloc(SIZES, sizeof(*traffic->frames));
	traffic->storage = calloc(SIZES, FRAME_BYTES_MAX);
	assert_non_null(traffic->frames);
	assert_non_null(traffic->storage);
	for (uint32_t i = 0; i < SIZES; i++) {
		uint32_t at = (uint32_t)(i * 617ull % SIZES);
		uint8_t *bytes = traffic->storage + (size_t)i * FRAME_BYTES_MAX;

		for (uint32_t k = 0; k < FRAME_BYTES_MAX; k++)
			bytes[k] = frame_byte(&random);
		traffic->frames[i] = (struct frame){bytes, (uint16_t)(FIXED_BYTES_MIN + at)};
	}
}

static void
mark_shadow(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	struct rte_mbuf *mbuf = object;

	(void)pool, (void)arg, (void)index;
	memset(mbuf->buf_addr, MARKER, mbuf->buf_len);
	memset(mbuf->dynfield1, MARKER, sizeof(mbuf->dynfield1));
}

/* Its data lie in the region; its header does not. */
static void
mark_temporary(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	struct rte_mbuf *mbuf = object;

	(void)pool, (void)arg, (void)index;
	memset(mbuf->dynfield1, MARKER, sizeof(mbuf->dynfield1));
}

static void
mark_pools(const struct lane *lane)
{
	for (unsigned int q = 0; q < lane->config.queues; q++) {
		const struct pools *pools = &lane->device->guest.queues[q].pools;

		rte_mempool_obj_iter(pools->shadow, mark_shadow, NULL);
		rte_mempool_obj_iter(pools->temporary, mark_temporary, NULL);
	}
}

/* What later calls find on the stack, and later allocations in the heap. */
static void __attribute__((noinline)) mark_stack_and_heap(void)
{
	volatile uint8_t stack[64 << 10];
	void *blocks[64];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = MARKER;
	for (size_t i = 0; i < RTE_DIM(blocks); i++) {
		blocks[i] = malloc(64 << (i % 10));
		assert_non_null(blocks[i]);
		memset(blocks[i], MARKER, 64 << (i % 10));
	}
	for (size_t i = 0; i < RTE_DIM(blocks); i++)
		free(blocks[i]);
}

struct range {
	uint64_t start, end;
};

/* What is mapped: every address that would tell the host something. */
struct ranges {
	struct range list[1024];
	unsigned int n;
};

/* Larger ones are reservations, and what lies below is, if anything, the sanitizers' shadow. */
#define MAPPING_BYTES_MAX (16ull << 30)
#define MAPPING_START_MIN (4ull << 30)

static void
read_ranges(struct ranges *ranges)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];

	assert_non_null(file);
	ranges->n = 0;
	while (fgets(line, sizeof(line), file)) {
		struct range range, *before = ranges->list + ranges->n - (ranges->n > 0);

		if (sscanf(line, "%lx-%lx", &range.start, &range.end) != 2 ||
		    range.start < MAPPING_START_MIN || range.end - range.start > MAPPING_BYTES_MAX)
			continue;
		/* One range to us: psc leaves mappings of single pages. */
		if (ranges->n && before->end == range.start) {
			before->end = range.end;
			continue;
		}
		assert_true(ranges->n < RTE_DIM(ranges->list));
		ranges->list[ranges->n++] = range;
	}
	fclose(file);
}

static bool
is_address(const struct ranges *ranges, uint64_t value)
{
	if (value < MAPPING_START_MIN || value > ranges->list[ranges->n - 1].end)
		return false;
	for (unsigned int i = 0; i < ranges->n; i++)
		if (value >= ranges->list[i].start && value < ranges->list[i].end)
			return true;
	return false;
}

static void
expect_no_marker(const uint8_t *memory, size_t bytes)
{
	const uint8_t *at = memory, *end = memory + bytes;
	static const uint8_t run[MARKER_RUN] = {MARKER, MARKER, MARKER, MARKER};

	at = memmem(at, (size_t)(end - at), run, sizeof(run));
	if (at)
		fail_msg("private memory in the region, at %zu of %zu", (size_t)(at - memory),
			 bytes);
}

/* Frames and virtio headers. Addresses are stored whole and aligned. */
static void
expect_no_address(const uint8_t *memory, size_t bytes, const struct ranges *ranges)
{
	for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
		uint64_t value;

		memcpy(&value, memory + at, sizeof(value));
		if (is_address(ranges, value))
			fail_msg("an address of the guest's in the region, at %zu: %lx", at, value);
	}
}

/* What the driver writes into a ring: places in the device's address space, and ids. */
static void
expect_ring(const struct region *region, const struct virtqueue *ring, const uint8_t *memory)
{
	const uint8_t *descriptors =
		memory + ((const uint8_t *)ring->descriptor_area - region->base);
	const uint8_t *driver = memory + ((const uint8_t *)ring->driver_area - region->base);

	for (uint16_t i = 0; i < ring->size; i++) {
		/* In both formats a descriptor is 16 bytes, and begins with the address. */
		uint64_t iova;

		memcpy(&iova, descriptors + 16u * i, sizeof(iova));
		assert_true(!iova ||
			    (iova >= REGION_IOVA && iova < REGION_IOVA + region->size_bytes));
		if (ring->format == virtqueue_formats[PACKED])
			continue;
		assert_true(((const struct vring_avail *)driver)->ring[i] < ring->size);
	}
}

static void
expect_nothing_leaked(const struct lane *lane)
{
	const struct guest *guest = &lane->device->guest;
	const struct region *region = &guest->region;
	size_t rings_bytes = (size_t)(guest->data - region->base);
	static struct ranges ranges;
	uint8_t *memory = mmap(NULL, region->size_bytes, PROT_READ, MAP_SHARED, region->fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	read_ranges(&ranges);
	expect_no_marker(memory, region->size_bytes);
	expect_no_address(memory + rings_bytes, region->size_bytes - rings_bytes, &ranges);
	for (unsigned int q = 0; q < guest->n_queues; q++) {
		expect_ring(region, &guest->virtio_net->queues[q].rx, memory);
		expect_ring(region, &guest->virtio_net->queues[q].tx, memory);
	}
	munmap(memory, region->size_bytes);
}

/* The application's own frames: anywhere in a buffer that holds the marker all around. */
static uint16_t
make_frames(struct rte_mempool *pool, struct random_state *random, struct rte_mbuf **bufs)
{
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, bufs, BURST), 0);
	for (uint16_t i = 0; i < BURST; i++) {
		struct rte_mbuf *mbuf = bufs[i];

		memset(mbuf->buf_addr, MARKER, mbuf->buf_len);
		mbuf->data_off = (uint16_t)random_below(random, RTE_PKTMBUF_HEADROOM);
		mbuf->data_len = (uint16_t)(FIXED_BYTES_MIN + random_below(random, SIZES));
		mbuf->pkt_len = mbuf->data_len;
		for (uint16_t k = 0; k < mbuf->data_len; k++)
			rte_pktmbuf_mtod(mbuf, uint8_t *)[k] = frame_byte(random);
	}
	return BURST;
}

static void
send_frames(struct lane *lane, unsigned int q, struct rte_mempool *pool,
	    struct random_state *random)
{
	struct rte_mbuf *bufs[BURST], *back[BURST];
	uint16_t n = make_frames(pool, random, bufs), got = 0;
	uint64_t deadline_ns = clock_monotonic_ns() + WAIT_NS;

	assert_int_equal(port_tx_burst(lane_port(lane, q), bufs, n), n);
	while (got < n) {
		got += backend_receive(lane->device->backend, q, lane->bench->sink.pool, back + got,
				       n - got);
		assert_true(clock_monotonic_ns() < deadline_ns);
	}
	expect_nothing_leaked(lane);
	rte_pktmbuf_free_bulk(back, got);
}

/* From the port's own pool, whose mbufs it knows, and from one that it does not. */
static void
application_sends(struct lane *lane, struct rte_mempool *foreign)
{
	struct random_state random = {5};

	for (unsigned int q = 0; q < lane->config.queues; q++) {
		struct port *port = lane_port(lane, q);

		assert_int_equal(port_attach(port), 0);
		send_frames(lane, q, lane->device->guest.queues[q].pools.shadow, &random);
		send_frames(lane, q, foreign, &random);
		port_drain(port);
		assert_true(port_drained(port));
	}
}

struct fixture {
	struct lockstep *bench;
	struct traffic traffic;
	struct rte_mempool *foreign;
};

static int
set_up(void **state)
{
	static struct fixture f;

	mark_stack_and_heap();
	f = (struct fixture){.bench = harness_bench()};
	every_size(&f.traffic);
	f.foreign = rte_pktmbuf_pool_create("application", 256, 0, 64, RTE_MBUF_DEFAULT_BUF_SIZE,
					    SOCKET_ID_ANY);
	*state = &f;
	return !f.foreign || lockstep_set_traffic(f.bench, &f.traffic);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	lockstep_close(f->bench);
	traffic_close(&f->traffic);
	rte_mempool_free(f->foreign);
	return 0;
}

static void
leaks_nothing(struct fixture *f, const struct datapath_config *config)
{
	struct lane *lane = harness_lane(f->bench, config);
	uint64_t moved = 0;

	while (moved < SIZES) {
		mark_pools(lane);
		mark_stack_and_heap();
		moved += harness_slice(lane, 1000000).packets_out;
	}
	expect_nothing_leaked(lane);
	if (bounce_copy_mode(config) != COPY_NONE)
		application_sends(lane, f->foreign);
}

/* Both formats, where the sources can work in both. */
static void
in_both_formats(struct fixture *f, struct datapath_config *config)
{
	for (config->format = 0; virtqueue_formats[config->format]; config->format++)
		if (harness_allowed(config))
			leaks_nothing(f, config);
}

static void
every_combination(void **state)
{
	for (unsigned int i = 0; i < harness_sets(); i++) {
		struct datapath_config config = harness_config(harness_set_of(i));

		in_both_formats(*state, &config);
	}
}

static void
header_mode(void **state)
{
	struct datapath_config config =
		harness_config(harness_bit("bounce_copy") | harness_bit("vc"));

	harness_set(&config, "bounce_copy", "mode", "header");
	in_both_formats(*state, &config);
}

static void
many_queues(void **state)
{
	struct datapath_config config =
		harness_config(harness_bit("bounce_copy") | harness_bit("bounce_alloc"));

	config.queues = 3;
	in_both_formats(*state, &config);
	config = harness_config(0);
	config.queues = 2;
	in_both_formats(*state, &config);
}

static void
event_indices(void **state)
{
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));

	config.event_idx = true;
	in_both_formats(*state, &config);
}

/* The host rewrites all that is packet memory; what the application has of a frame stays. */
static void
expect_kept(struct fixture *f, const struct datapath_config *config, uint32_t kept_bytes)
{
	struct lane *lane = harness_lane(f->bench, config);
	const struct guest *guest = &lane->device->guest;
	struct port *port = lane_port(lane, 0);
	struct rte_mbuf *bufs[BURST];
	uint8_t *memory = mmap(NULL, guest->region.size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			       guest->region.fd, 0);
	size_t rings_bytes = (size_t)(guest->data - guest->region.base);

	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(port_attach(port), 0);
	/* The first burst posts buffers, the second one finds frames in them. */
	assert_int_equal(port_rx_burst(port, bufs, BURST), 0);
	assert_int_equal(backend_send(lane->device->backend, 0, sink_next(&f->bench->sink), BURST),
			 BURST);
	assert_int_equal(port_rx_burst(port, bufs, BURST), BURST);
	memset(memory + rings_bytes, MARKER, guest->region.size_bytes - rings_bytes);
	for (unsigned int i = 0; i < BURST; i++) {
		const struct frame *sent = &f->traffic.frames[i];

		assert_false(region_contains(&guest->region, bufs[i]->buf_addr, 1));
		assert_int_equal(bufs[i]->pkt_len, sent->length_bytes);
		assert_int_equal(bufs[i]->data_len, RTE_MIN(kept_bytes, sent->length_bytes));
		assert_memory_equal(rte_pktmbuf_mtod(bufs[i], void *), sent->bytes,
				    bufs[i]->data_len);
	}
	rte_pktmbuf_free_bulk(bufs, BURST);
	munmap(memory, guest->region.size_bytes);
}

static void
copies_do_not_change(void **state)
{
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));

	for (config.format = 0; virtqueue_formats[config.format]; config.format++)
		expect_kept(*state, &config, FRAME_BYTES_MAX);
}

static void
copies_out_of_bounce_slots_do_not_change(void **state)
{
	struct datapath_config config =
		harness_config(harness_bit("bounce_copy") | harness_bit("bounce_alloc"));

	expect_kept(*state, &config, FRAME_BYTES_MAX);
}

static void
headers_do_not_change(void **state)
{
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));

	harness_set(&config, "bounce_copy", "mode", "header");
	expect_kept(*state, &config, COPY_HEADER_BYTES);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_combination),     CASE(header_mode),
		CASE(many_queues),           CASE(event_indices),
		CASE(copies_do_not_change),  CASE(copies_out_of_bounce_slots_do_not_change),
		CASE(headers_do_not_change),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
