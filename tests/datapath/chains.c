/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames in several buffers against a hostile host, in both formats: chains that
 * were sent, and received buffers that are put together.
 */
#include "harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#include <rte_mbuf.h>

#include "base/log.h"
#include "base/random.h"
#include "datapath/guest/assembly.h"
#include "datapath/guest/memory.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue.h"

#define RING 64u
#define FULL (SLOT_BYTES - RTE_PKTMBUF_HEADROOM + VNET_HEADER_BYTES) /* of a received buffer */
#define LEAST (VNET_HEADER_BYTES + 14u)                              /* of a frame's first one */
#define FRAME_MAX LOWER_FRAME_SEGMENTS_MAX

struct fixture {
	struct region region;
	struct virtqueue ring;
	struct assembly assembly;
	struct rte_mbuf mbufs[RING];
	uint32_t host_index; /* where the host uses the next buffer */
};

static void
ignore(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)text;
	(void)arg;
}

static int
set_up(void **state, bool chained)
{
	const struct virtqueue_options options = {.format = *state,
						  .size = RING,
						  .least_bytes = chained ? 0 : 1,
						  .chained = chained,
						  .name = "queue 0"};
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_sink(ignore, NULL);
	if (!f || region_open(&f->region, 4u << 20, memory_chosen(0)) ||
	    virtqueue_open(&f->ring, &options, &f->region))
		return -1;
	for (unsigned int i = 0; i < RING; i++) {
		f->mbufs[i].buf_addr = region_carve(&f->region, SLOT_BYTES, 64);
		f->mbufs[i].buf_len = SLOT_BYTES;
		f->mbufs[i].data_off = RTE_PKTMBUF_HEADROOM;
		f->mbufs[i].nb_segs = 1;
	}
	*state = f;
	return 0;
}

static int
set_up_sent(void **state)
{
	return set_up(state, true);
}

/* All buffers are posted, to be received into. */
static int
set_up_received(void **state)
{
	struct rte_mbuf *bufs[RING];
	int error = set_up(state, false);
	struct fixture *f = *state;

	for (unsigned int i = 0; !error && i < RING; i++)
		bufs[i] = &f->mbufs[i];
	if (!error)
		f->ring.ops->post_rx(&f->ring, bufs, RING);
	return error;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	virtqueue_close(&f->ring);
	region_close(&f->region);
	free(f);
	log_set_sink(NULL, NULL);
	return 0;
}

static bool
is_split(const struct fixture *f)
{
	return f->ring.format == virtqueue_formats[0];
}

/* The id that the driver offered where the host uses the next buffer. */
static uint16_t
offered_id(const struct fixture *f)
{
	const struct vring_packed_desc *desc = f->ring.descriptor_area;
	const struct vring_avail *avail = f->ring.driver_area;
	uint32_t slot = f->host_index % RING;

	return is_split(f) ? avail->ring[slot] : desc[slot].id;
}

/* The host has used what id stands for, a chain of n descriptors, and written length bytes. */
static void
use(struct fixture *f, uint32_t id, uint16_t n, uint32_t length)
{
	uint16_t slot = f->host_index % RING;
	bool wrap = !(f->host_index / RING & 1);

	if (is_split(f)) {
		struct vring_used *used = f->ring.device_area;

		used->ring[slot] = (struct vring_used_elem){id, length};
		used->idx = (uint16_t)++f->host_index;
	} else {
		struct vring_packed_desc *desc = f->ring.descriptor_area;
		uint16_t both = 1u << VRING_PACKED_DESC_F_AVAIL | 1u << VRING_PACKED_DESC_F_USED;

		desc[slot].len = length;
		desc[slot].id = (uint16_t)id;
		desc[slot].flags = wrap ? both : 0;
		f->host_index += n;
	}
}

/* Chains that were sent. */

static void
post_chain(struct fixture *f, unsigned int first, uint16_t n)
{
	struct rte_mbuf *bufs[RING];

	for (unsigned int i = 0; i < n; i++) {
		bufs[i] = &f->mbufs[(first + i) % RING];
		bufs[i]->data_len = (uint16_t)(100 + i);
	}
	bufs[0]->nb_segs = n;
	f->ring.ops->post_tx(&f->ring, bufs, n);
}

static uint16_t
harvest(struct fixture *f, struct rte_mbuf **bufs)
{
	uint32_t length_bytes[RING];

	return f->ring.ops->harvest(&f->ring, bufs, length_bytes, RING);
}

static void
expect_fault(struct fixture *f, uint16_t taken, enum ring_fault fault)
{
	struct rte_mbuf *bufs[RING];

	assert_int_equal(harvest(f, bufs), taken);
	assert_int_equal(f->ring.fault, fault);
	assert_int_equal(f->ring.faults, 1);
	assert_int_equal(harvest(f, bufs), 0);
}

/* What the device sees of the chain of n that begins where it looks next. */
static void
check_descriptors(const struct fixture *f, const struct rte_mbuf *first, uint16_t n)
{
	const struct vring_packed_desc *packed = f->ring.descriptor_area;
	const struct vring_desc *split = f->ring.descriptor_area;
	uint16_t id = offered_id(f);

	for (uint16_t i = 0; i < n; i++) {
		const struct rte_mbuf *mbuf = &f->mbufs[(first - f->mbufs + i) % RING];
		uint32_t header_bytes = i ? 0 : VNET_HEADER_BYTES, at = (f->host_index + i) % RING;
		uint64_t addr = region_iova(&f->region, (const uint8_t *)mbuf->buf_addr +
								mbuf->data_off - header_bytes);
		uint16_t flags = is_split(f) ? split[id].flags : packed[at].flags;

		assert_int_equal(is_split(f) ? split[id].addr : packed[at].addr, addr);
		assert_int_equal(is_split(f) ? split[id].len : packed[at].len,
				 mbuf->data_len + header_bytes);
		assert_int_equal(flags & (VRING_DESC_F_NEXT | VRING_DESC_F_WRITE),
				 i + 1 < n ? VRING_DESC_F_NEXT : 0);
		if (is_split(f))
			id = split[id].next;
		else
			assert_int_equal(packed[at].id, id);
	}
}

/* Chains of every length at every place of the ring, three times round. */
static void
sent_and_back(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[RING];

	for (uint16_t n = 1; n <= LOWER_SEGMENTS_MAX; n++) {
		for (unsigned int at = 0; at < 3 * RING; at++) {
			post_chain(f, at, n);
			assert_int_equal(f->ring.n_free, RING - n);
			check_descriptors(f, &f->mbufs[at % RING], n);
			assert_int_equal(harvest(f, bufs), 0);
			use(f, offered_id(f), n, 0);
			assert_int_equal(harvest(f, bufs), n);
			for (uint16_t i = 0; i < n; i++)
				assert_ptr_equal(bufs[i], &f->mbufs[(at + i) % RING]);
			assert_int_equal(f->ring.n_free, RING);
		}
	}
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

/* A chain that the caller's array has no more room for stays where it is. */
static void
whole_chains_only(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[RING];
	uint32_t length_bytes[RING];

	post_chain(f, 0, 3);
	use(f, offered_id(f), 3, 0);
	post_chain(f, 3, 3);
	use(f, offered_id(f), 3, 0);
	assert_int_equal(f->ring.ops->harvest(&f->ring, bufs, length_bytes, 5), 3);
	assert_int_equal(f->ring.ops->harvest(&f->ring, bufs, length_bytes, 5), 3);
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

/* An id in the middle of a chain stands for nothing. */
static void
id_of_no_head(void **state)
{
	struct fixture *f = *state;

	post_chain(f, 0, 3);

	uint16_t head = offered_id(f);

	use(f, f->ring.links[head].next, 3, 0);
	expect_fault(f, 0, RING_FAULT_ID);
}

static void
chain_id_out_of_range(void **state)
{
	struct fixture *f = *state;

	post_chain(f, 0, 3);
	use(f, RING, 3, 0);
	expect_fault(f, 0, RING_FAULT_ID);
}

static void
chain_twice(void **state)
{
	struct fixture *f = *state;

	post_chain(f, 0, 3);

	uint16_t head = offered_id(f);

	post_chain(f, 3, 4);
	use(f, head, 3, 0);
	use(f, head, 3, 0);
	expect_fault(f, 3, RING_FAULT_ID);
}

/* A split ring's index counts chains, not descriptors. */
static void
more_chains_than_outstanding(void **state)
{
	struct fixture *f = *state;

	post_chain(f, 0, 3);
	use(f, offered_id(f), 3, 0);
	use(f, 0, 3, 0);
	expect_fault(f, 0, RING_FAULT_USED_INDEX);
}

/* What the driver wrote about a chain is its own business. */
static void
links_are_not_read_back(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[RING];

	post_chain(f, 0, 4);

	uint16_t head = offered_id(f);

	memset(f->ring.descriptor_area, 0xff,
	       RING * (is_split(f) ? sizeof(struct vring_desc) : sizeof(struct vring_packed_desc)));
	use(f, head, 4, 0);
	assert_int_equal(harvest(f, bufs), 4);
	assert_ptr_equal(bufs[3], &f->mbufs[3]);
}

/* The ring is given up with chains in it: all mbufs come back, and the frames are counted. */
static void
abandoned(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[RING];
	uint64_t frames = 0;

	post_chain(f, 0, 3);

	uint16_t head = offered_id(f);

	post_chain(f, 3, 5);
	assert_int_equal(virtqueue_abandon(&f->ring, bufs, RING, &frames), 8);
	assert_int_equal(frames, 2);
	memset(f->region.base, 0, f->region.size_bytes);
	virtqueue_reset(&f->ring, &f->region);
	f->host_index = 0;
	assert_int_equal(f->ring.n_free, RING);
	post_chain(f, 0, 1);
	use(f, head == offered_id(f) ? head + 1u : head, 1, 0);
	expect_fault(f, 0, RING_FAULT_ID);
}

/* Received buffers. */

/* The host fills the next buffer that was offered; the header's number stands in it anyhow. */
static void
receive(struct fixture *f, uint16_t num_buffers, uint32_t length)
{
	uint16_t id = offered_id(f);
	struct virtio_net_hdr_v1 *header = (void *)((uint8_t *)f->ring.mbufs[id]->buf_addr +
						    RTE_PKTMBUF_HEADROOM - VNET_HEADER_BYTES);

	header->num_buffers = num_buffers;
	use(f, id, 1, length);
}

static uint16_t
assemble(struct fixture *f, struct rte_mbuf **bufs, uint16_t n)
{
	return assembly_rx_burst(&f->assembly, &f->ring, bufs, n, 7);
}

static void
expect_bad_frame(struct fixture *f, enum ring_fault fault)
{
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];
	uint16_t held = f->ring.n_free;

	assert_int_equal(assemble(f, bufs, 32), 0);
	assert_int_equal(f->ring.fault, fault);
	assert_int_equal(f->ring.faults, 1);
	/* Nothing is lost: what was taken off the ring waits. */
	assert_int_equal(f->assembly.n, f->ring.n_free);
	assert_true(f->ring.n_free >= held);
	assert_int_equal(assemble(f, bufs, 32), 0);
}

static void
put_back(struct fixture *f, struct rte_mbuf **bufs, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		segment_detach(bufs[i]);
	f->ring.ops->post_rx(&f->ring, bufs, n);
}

static void
check_frame(struct rte_mbuf *const *segments, uint16_t n, uint32_t last_bytes)
{
	assert_int_equal(segments[0]->nb_segs, n);
	assert_int_equal(segments[0]->pkt_len, (n - 1) * FULL + last_bytes - VNET_HEADER_BYTES);
	for (uint16_t i = 0; i < n; i++) {
		uint32_t bytes = i + 1u < n ? FULL : last_bytes;

		assert_int_equal(segments[i]->data_len, bytes - (i ? 0 : VNET_HEADER_BYTES));
		assert_int_equal(segments[i]->data_off,
				 RTE_PKTMBUF_HEADROOM - (i ? VNET_HEADER_BYTES : 0));
		assert_int_equal(segments[i]->port, 7);
		assert_ptr_equal(segments[i]->next, i + 1u < n ? segments[i + 1] : NULL);
	}
}

/* Frames of every number of buffers at every place of the ring, three times round. */
static void
put_together(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	for (uint16_t n = 1; n <= FRAME_MAX; n++) {
		for (unsigned int at = 0; at < 3 * RING; at++) {
			uint32_t last_bytes = n == 1 ? LEAST + at : 1 + at;

			for (uint16_t i = 1; i <= n; i++)
				receive(f, n, i < n ? FULL : last_bytes);
			assert_int_equal(assemble(f, bufs, 1), n);
			check_frame(bufs, n, last_bytes);
			put_back(f, bufs, n);
		}
	}
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

/* The buffers come one by one; none goes up before the last has come. */
static void
bit_by_bit(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	for (unsigned int i = 1; i < FRAME_MAX; i++) {
		receive(f, i == 1 ? FRAME_MAX : 0, FULL);
		assert_int_equal(assemble(f, bufs, 32), 0);
		assert_int_equal(f->assembly.n, i);
	}
	receive(f, 0, 20);
	receive(f, 1, LEAST);
	assert_int_equal(assemble(f, bufs, 32), FRAME_MAX + 1);
	check_frame(bufs, FRAME_MAX, 20);
	check_frame(&bufs[FRAME_MAX], 1, LEAST);
	assert_int_equal(f->assembly.n, 0);
}

/* No more frames than were asked for, and no fewer than the array holds. */
static void
frames_not_segments(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	for (unsigned int frame = 0; frame < 12; frame++)
		for (unsigned int i = 1; i <= FRAME_MAX; i++)
			receive(f, FRAME_MAX, i < FRAME_MAX ? FULL : 1);
	for (uint16_t n = 1; n <= 3; n++)
		assert_int_equal(assemble(f, bufs, n), n * FRAME_MAX);
	assert_int_equal(assemble(f, bufs, 32), 30);
	assert_int_equal(f->assembly.n, 0);
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

static void
no_buffers(void **state)
{
	receive(*state, 0, 100);
	expect_bad_frame(*state, RING_FAULT_BUFFERS);
}

static void
too_many_buffers(void **state)
{
	struct fixture *f = *state;

	receive(f, FRAME_MAX + 1, FULL);
	for (unsigned int i = 0; i < FRAME_MAX; i++)
		receive(f, 0, FULL);
	expect_bad_frame(f, RING_FAULT_BUFFERS);
}

static void
absurdly_many_buffers(void **state)
{
	receive(*state, UINT16_MAX, FULL);
	expect_bad_frame(*state, RING_FAULT_BUFFERS);
}

/* While a ring is drained it runs short of buffers: a frame that says it takes more will never be whole. */
static void
more_buffers_than_outstanding(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	for (unsigned int i = 0; i < RING - 3; i++) {
		receive(f, 1, LEAST);
		assert_int_equal(assemble(f, bufs, 32), 1);
	}
	receive(f, 4, FULL);
	assert_int_equal(assemble(f, bufs, 32), 0);
	assert_int_equal(f->ring.fault, RING_FAULT_BUFFERS);
}

/* Three are left, and three make a frame. */
static void
as_many_buffers_as_outstanding(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	for (unsigned int i = 0; i < RING - 3; i++) {
		receive(f, 1, LEAST);
		assert_int_equal(assemble(f, bufs, 32), 1);
	}
	receive(f, 3, FULL);
	assert_int_equal(assemble(f, bufs, 32), 0);
	receive(f, 0, FULL);
	receive(f, 0, 1);
	assert_int_equal(assemble(f, bufs, 32), 3);
	check_frame(bufs, 3, 1);
}

static void
first_too_short(void **state)
{
	receive(*state, 1, LEAST - 1);
	expect_bad_frame(*state, RING_FAULT_LENGTH);
}

static void
first_not_full(void **state)
{
	receive(*state, 2, FULL - 1);
	expect_bad_frame(*state, RING_FAULT_LENGTH);
}

static void
middle_not_full(void **state)
{
	receive(*state, 3, FULL);
	receive(*state, 0, FULL - 1);
	expect_bad_frame(*state, RING_FAULT_LENGTH);
}

static void
last_empty(void **state)
{
	struct fixture *f = *state;

	receive(f, 2, FULL);
	receive(f, 0, 0);
	expect_bad_frame(f, RING_FAULT_LENGTH);
}

static void
last_too_long(void **state)
{
	receive(*state, 2, FULL);
	receive(*state, 0, FULL + 1);
	expect_bad_frame(*state, RING_FAULT_LENGTH);
}

static void
longest_frame(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];
	uint32_t last_bytes = LOWER_FRAME_BYTES_MAX + VNET_HEADER_BYTES - (FRAME_MAX - 1) * FULL;

	for (unsigned int longer = 0; longer < 2; longer++) {
		for (unsigned int i = 1; i < FRAME_MAX; i++)
			receive(f, FRAME_MAX, FULL);
		receive(f, 0, last_bytes + longer);
		if (longer)
			break;
		assert_int_equal(assemble(f, bufs, 32), FRAME_MAX);
		assert_int_equal(bufs[0]->pkt_len, LOWER_FRAME_BYTES_MAX);
		put_back(f, bufs, FRAME_MAX);
	}
	expect_bad_frame(f, RING_FAULT_LENGTH);
}

/* Whole frames in front of a violation are handed up. */
static void
good_before_bad(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	receive(f, 2, FULL);
	receive(f, 0, 5);
	receive(f, 9, 100);
	receive(f, 1, 100);
	assert_int_equal(assemble(f, bufs, 32), 2);
	check_frame(bufs, 2, 5);
	assert_int_equal(f->ring.fault, RING_FAULT_BUFFERS);
	assert_int_equal(f->assembly.n, 2);
}

/* Random numbers and lengths, mostly of honest frames: whatever goes up is sound, and nothing is lost. */
static void
random_host(void **state)
{
	struct fixture *f = *state;
	struct random_state random = {3};
	uint64_t frames = 0;

	for (int round = 0; round < 50000; round++) {
		struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];
		uint64_t n = random_below(&random, 3) + 1;
		bool honest = random_below(&random, 8) > 0;

		for (uint64_t i = 0; i < n && f->ring.n_free < RING / 2; i++)
			receive(f, (uint16_t)(honest ? n : random_below(&random, 7)),
				(uint32_t)(honest && i + 1 < n ?
						   FULL :
						   LEAST + random_below(&random, FULL - LEAST)));
		uint16_t got = assemble(f, bufs, (uint16_t)(1 + random_below(&random, 32)));

		for (uint16_t i = 0, k; i < got; i += k, frames++) {
			k = bufs[i]->nb_segs;
			assert_in_range(k, 1, FRAME_MAX);
			assert_in_range(i + k, 1, got);
			check_frame(&bufs[i], k,
				    bufs[i + k - 1]->data_len + (k > 1 ? 0 : VNET_HEADER_BYTES));
		}
		assert_int_equal(f->assembly.n + got, f->ring.n_free);
		put_back(f, bufs, got);
		if (!f->ring.fault)
			continue;
		put_back(f, f->assembly.segments, f->assembly.n);
		f->assembly.n = f->assembly.missing = 0;
		f->ring.fault = RING_FAULT_NONE;
	}
	assert_true(frames > 10000);
}

#define CASE(name, set_up, format)                                                                 \
	{                                                                                          \
#name, name, set_up, tear_down, (void *)(uintptr_t)(format)                        \
	}

#define SENT(name)                                                                                 \
	CASE(name, set_up_sent, &virtqueue_format_split),                                          \
		CASE(name, set_up_sent, &virtqueue_format_packed)

#define RECEIVED(name)                                                                             \
	CASE(name, set_up_received, &virtqueue_format_split),                                      \
		CASE(name, set_up_received, &virtqueue_format_packed)

extern const struct virtqueue_format virtqueue_format_split;
extern const struct virtqueue_format virtqueue_format_packed;

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SENT(sent_and_back),
		SENT(whole_chains_only),
		SENT(id_of_no_head),
		SENT(chain_id_out_of_range),
		SENT(chain_twice),
		CASE(more_chains_than_outstanding, set_up_sent, &virtqueue_format_split),
		SENT(links_are_not_read_back),
		SENT(abandoned),
		RECEIVED(put_together),
		RECEIVED(bit_by_bit),
		RECEIVED(frames_not_segments),
		RECEIVED(no_buffers),
		RECEIVED(too_many_buffers),
		RECEIVED(absurdly_many_buffers),
		RECEIVED(more_buffers_than_outstanding),
		RECEIVED(as_many_buffers_as_outstanding),
		RECEIVED(first_too_short),
		RECEIVED(first_not_full),
		RECEIVED(middle_not_full),
		RECEIVED(last_empty),
		RECEIVED(last_too_long),
		RECEIVED(longest_frame),
		RECEIVED(good_before_bad),
		RECEIVED(random_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
