/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames received in several buffers and put together, against a hostile host, in both formats. */
#include "hosted_ring.h"

#include <linux/virtio_net.h>

#include "base/random.h"
#include "datapath/guest/assembly.h"
#include "datapath/guest/pools.h"

#define FULL (SLOT_BYTES - RTE_PKTMBUF_HEADROOM + VNET_HEADER_BYTES) /* of a received buffer */
#define LEAST (VNET_HEADER_BYTES + 14u)                              /* of a frame's first one */
#define FRAME_MAX LOWER_FRAME_SEGMENTS_MAX

static struct assembly assembly;

static int
set_up(void **state)
{
	int error = hosted_ring_set_up(state, (struct virtqueue_options){.least_bytes = 1,
									 .name = "queue 0"});

	assembly = (struct assembly){0};
	if (!error)
		hosted_ring_post_all(*state);
	return error;
}

/* The host fills the next buffer that was offered; the header's number stands in it anyhow. */
static void
receive(struct hosted_ring *f, uint16_t num_buffers, uint32_t length)
{
	uint16_t id = offered_id(f);
	struct virtio_net_hdr_v1 *header = (void *)((uint8_t *)f->ring.mbufs[id]->buf_addr +
						    RTE_PKTMBUF_HEADROOM - VNET_HEADER_BYTES);

	header->num_buffers = num_buffers;
	use_chain(f, id, 1, length);
}

static uint16_t
assemble(struct hosted_ring *f, struct rte_mbuf **bufs, uint16_t n)
{
	return assembly_rx_burst(&assembly, &f->ring, bufs, n, 7);
}

static void
expect_bad_frame(struct hosted_ring *f, enum ring_fault fault)
{
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];
	uint16_t held = f->ring.n_free;

	assert_int_equal(assemble(f, bufs, 32), 0);
	assert_int_equal(f->ring.fault, fault);
	assert_int_equal(f->ring.faults, 1);
	/* Nothing is lost: what was taken off the ring waits. */
	assert_int_equal(assembly.n, f->ring.n_free);
	assert_true(f->ring.n_free >= held);
	assert_int_equal(assemble(f, bufs, 32), 0);
}

static void
put_back(struct hosted_ring *f, struct rte_mbuf **bufs, uint16_t n)
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
	struct hosted_ring *f = *state;
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
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	for (unsigned int i = 1; i < FRAME_MAX; i++) {
		receive(f, i == 1 ? FRAME_MAX : 0, FULL);
		assert_int_equal(assemble(f, bufs, 32), 0);
		assert_int_equal(assembly.n, i);
	}
	receive(f, 0, 20);
	receive(f, 1, LEAST);
	assert_int_equal(assemble(f, bufs, 32), FRAME_MAX + 1);
	check_frame(bufs, FRAME_MAX, 20);
	check_frame(&bufs[FRAME_MAX], 1, LEAST);
	assert_int_equal(assembly.n, 0);
}

/* No more frames than were asked for, and no fewer than the array holds. */
static void
frames_not_segments(void **state)
{
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	for (unsigned int frame = 0; frame < 12; frame++)
		for (unsigned int i = 1; i <= FRAME_MAX; i++)
			receive(f, FRAME_MAX, i < FRAME_MAX ? FULL : 1);
	for (uint16_t n = 1; n <= 3; n++)
		assert_int_equal(assemble(f, bufs, n), n * FRAME_MAX);
	assert_int_equal(assemble(f, bufs, 32), 30);
	assert_int_equal(assembly.n, 0);
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
	struct hosted_ring *f = *state;

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
	struct hosted_ring *f = *state;
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
	struct hosted_ring *f = *state;
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
	struct hosted_ring *f = *state;

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
	struct hosted_ring *f = *state;
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
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[LOWER_SEGMENTS_MAX];

	receive(f, 2, FULL);
	receive(f, 0, 5);
	receive(f, 9, 100);
	receive(f, 1, 100);
	assert_int_equal(assemble(f, bufs, 32), 2);
	check_frame(bufs, 2, 5);
	assert_int_equal(f->ring.fault, RING_FAULT_BUFFERS);
	assert_int_equal(assembly.n, 2);
}

/* Random numbers and lengths, mostly of honest frames: whatever goes up is sound, and nothing is lost. */
static void
random_host(void **state)
{
	struct hosted_ring *f = *state;
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
		assert_int_equal(assembly.n + got, f->ring.n_free);
		put_back(f, bufs, got);
		if (!f->ring.fault)
			continue;
		put_back(f, assembly.segments, assembly.n);
		assembly.n = assembly.missing = 0;
		f->ring.fault = RING_FAULT_NONE;
	}
	assert_true(frames > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOSTED_BOTH(put_together, set_up),
		HOSTED_BOTH(bit_by_bit, set_up),
		HOSTED_BOTH(frames_not_segments, set_up),
		HOSTED_BOTH(no_buffers, set_up),
		HOSTED_BOTH(too_many_buffers, set_up),
		HOSTED_BOTH(absurdly_many_buffers, set_up),
		HOSTED_BOTH(more_buffers_than_outstanding, set_up),
		HOSTED_BOTH(as_many_buffers_as_outstanding, set_up),
		HOSTED_BOTH(first_too_short, set_up),
		HOSTED_BOTH(first_not_full, set_up),
		HOSTED_BOTH(middle_not_full, set_up),
		HOSTED_BOTH(last_empty, set_up),
		HOSTED_BOTH(last_too_long, set_up),
		HOSTED_BOTH(longest_frame, set_up),
		HOSTED_BOTH(good_before_bad, set_up),
		HOSTED_BOTH(random_host, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
