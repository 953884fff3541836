/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that are sent in several buffers, as chains, against a hostile host, in both formats. */
#include "hosted_ring.h"

#include <string.h>

#include <linux/virtio_ring.h>

#include "datapath/guest/lower.h"

static int
set_up(void **state)
{
	return hosted_ring_set_up(state,
				  (struct virtqueue_options){.chained = true, .name = "queue 0"});
}

static void
post_chain(struct hosted_ring *f, unsigned int first, uint16_t n)
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
harvest(struct hosted_ring *f, struct rte_mbuf **bufs)
{
	uint32_t length_bytes[RING];

	return f->ring.ops->harvest(&f->ring, bufs, length_bytes, RING);
}

static void
expect_fault(struct hosted_ring *f, uint16_t taken, enum ring_fault fault)
{
	struct rte_mbuf *bufs[RING];

	assert_int_equal(harvest(f, bufs), taken);
	assert_int_equal(f->ring.fault, fault);
	assert_int_equal(f->ring.faults, 1);
	assert_int_equal(harvest(f, bufs), 0);
}

/* What the device sees of the chain of n that begins where it looks next. */
static void
check_descriptors(const struct hosted_ring *f, const struct rte_mbuf *first, uint16_t n)
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
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[RING];

	for (uint16_t n = 1; n <= LOWER_SEGMENTS_MAX; n++) {
		for (unsigned int at = 0; at < 3 * RING; at++) {
			post_chain(f, at, n);
			assert_int_equal(f->ring.n_free, RING - n);
			check_descriptors(f, &f->mbufs[at % RING], n);
			assert_int_equal(harvest(f, bufs), 0);
			use_chain(f, offered_id(f), n, 0);
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
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[RING];
	uint32_t length_bytes[RING];

	post_chain(f, 0, 3);
	use_chain(f, offered_id(f), 3, 0);
	post_chain(f, 3, 3);
	use_chain(f, offered_id(f), 3, 0);
	assert_int_equal(f->ring.ops->harvest(&f->ring, bufs, length_bytes, 5), 3);
	assert_int_equal(f->ring.ops->harvest(&f->ring, bufs, length_bytes, 5), 3);
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

/* An id in the middle of a chain stands for nothing. */
static void
id_of_no_head(void **state)
{
	struct hosted_ring *f = *state;

	post_chain(f, 0, 3);

	uint16_t head = offered_id(f);

	use_chain(f, f->ring.links[head].next, 3, 0);
	expect_fault(f, 0, RING_FAULT_ID);
}

static void
chain_id_out_of_range(void **state)
{
	struct hosted_ring *f = *state;

	post_chain(f, 0, 3);
	use_chain(f, RING, 3, 0);
	expect_fault(f, 0, RING_FAULT_ID);
}

static void
chain_twice(void **state)
{
	struct hosted_ring *f = *state;

	post_chain(f, 0, 3);

	uint16_t head = offered_id(f);

	post_chain(f, 3, 4);
	use_chain(f, head, 3, 0);
	use_chain(f, head, 3, 0);
	expect_fault(f, 3, RING_FAULT_ID);
}

/* A split ring's index counts chains, not descriptors. */
static void
more_chains_than_outstanding(void **state)
{
	struct hosted_ring *f = *state;

	post_chain(f, 0, 3);
	use_chain(f, offered_id(f), 3, 0);
	use_chain(f, 0, 3, 0);
	expect_fault(f, 0, RING_FAULT_USED_INDEX);
}

/* What the driver wrote about a chain is its own business. */
static void
links_are_not_read_back(void **state)
{
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[RING];

	post_chain(f, 0, 4);

	uint16_t head = offered_id(f);

	memset(f->ring.descriptor_area, 0xff,
	       RING * (is_split(f) ? sizeof(struct vring_desc) : sizeof(struct vring_packed_desc)));
	use_chain(f, head, 4, 0);
	assert_int_equal(harvest(f, bufs), 4);
	assert_ptr_equal(bufs[3], &f->mbufs[3]);
}

/* The ring is given up with chains in it: all mbufs come back, and the frames are counted. */
static void
abandoned(void **state)
{
	struct hosted_ring *f = *state;
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
	use_chain(f, head == offered_id(f) ? head + 1u : head, 1, 0);
	expect_fault(f, 0, RING_FAULT_ID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOSTED_BOTH(sent_and_back, set_up),
		HOSTED_BOTH(whole_chains_only, set_up),
		HOSTED_BOTH(id_of_no_head, set_up),
		HOSTED_BOTH(chain_id_out_of_range, set_up),
		HOSTED_BOTH(chain_twice, set_up),
		HOSTED_CASE(more_chains_than_outstanding, set_up, &virtqueue_format_split),
		HOSTED_BOTH(links_are_not_read_back, set_up),
		HOSTED_BOTH(abandoned, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
