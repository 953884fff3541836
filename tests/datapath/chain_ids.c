/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chains of descriptors to send, and a host that speaks of others: ids out of range,
 * of a descriptor in the middle, of a chain that came back already or that a device
 * before this one had.
 */
#include "harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_ring.h>

#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/guest/memory.h"
#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue.h"

#define RING 64
#define SEGMENTS 3
#define SEGMENT_BYTES 100

struct fixture {
	struct region region;
	struct virtqueue ring;
	struct rte_mbuf mbufs[SEGMENTS];
	struct rte_mbuf *bufs[SEGMENTS];
	uint16_t host_index; /* where the host uses the next buffer */
};

static void
ignore(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

static void
post(struct fixture *f)
{
	f->mbufs[0].nb_segs = SEGMENTS;
	f->ring.ops->post_tx(&f->ring, f->bufs, SEGMENTS);
}

/* *state is the format at first, and the fixture from then on: a frame of three segments is outstanding. */
static int
set_up(void **state)
{
	const struct virtqueue_options options = {
		.format = *state, .size = RING, .chained = true, .name = "transmit queue 0"};
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_sink(ignore, NULL);
	if (!f || region_open(&f->region, 4u << 20, memory_chosen(0)) ||
	    virtqueue_open(&f->ring, &options, &f->region))
		return -1;
	for (unsigned int i = 0; i < SEGMENTS; i++) {
		f->mbufs[i].buf_addr = region_carve(&f->region, 2176, 64);
		f->mbufs[i].buf_len = 2176;
		f->mbufs[i].data_off = RTE_PKTMBUF_HEADROOM;
		f->mbufs[i].data_len = SEGMENT_BYTES;
		f->mbufs[i].next = i + 1 < SEGMENTS ? &f->mbufs[i + 1] : NULL;
		f->bufs[i] = &f->mbufs[i];
	}
	post(f);
	*state = f;
	return 0;
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

/* The host says that it has used the chain of that id. */
static void
use(struct fixture *f, uint16_t id)
{
	uint16_t slot = f->host_index;

	if (f->ring.format == virtqueue_formats[0]) {
		struct vring_used *used = f->ring.device_area;

		used->ring[slot] = (struct vring_used_elem){id, 0};
		used->idx = ++f->host_index;
	} else {
		struct vring_packed_desc *desc = f->ring.descriptor_area;

		desc[slot].id = id;
		desc[slot].flags = 1u << VRING_PACKED_DESC_F_AVAIL | 1u << VRING_PACKED_DESC_F_USED;
		f->host_index += SEGMENTS;
	}
}

/* The ids are taken from the stack's end, so the frame's first segment has 0. */
static uint16_t
harvest(struct fixture *f)
{
	struct rte_mbuf *bufs[RING];
	uint32_t length_bytes[RING];

	return f->ring.ops->harvest(&f->ring, bufs, length_bytes, RING);
}

static void
expect_refused(struct fixture *f, uint16_t id)
{
	uint16_t free_before = f->ring.n_free;

	use(f, id);
	assert_int_equal(harvest(f), 0);
	assert_int_equal(f->ring.fault, RING_FAULT_ID);
	assert_int_equal(f->ring.faults, 1);
	assert_int_equal(f->ring.n_free, free_before);
}

static void
honest(void **state)
{
	struct fixture *f = *state;

	use(f, 0);
	assert_int_equal(harvest(f), SEGMENTS);
	assert_int_equal(f->ring.n_free, RING);
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

/* Nothing is written at such an id's place, wherever that would be. */
static void
id_out_of_range(void **state)
{
	expect_refused(*state, RING);
}

static void
id_far_out_of_range(void **state)
{
	expect_refused(*state, UINT16_MAX);
}

static void
id_in_the_middle(void **state)
{
	expect_refused(*state, 1);
}

static void
id_not_outstanding(void **state)
{
	expect_refused(*state, SEGMENTS);
}

static void
chain_twice(void **state)
{
	struct fixture *f = *state;

	post(f);
	use(f, 0);
	assert_int_equal(harvest(f), SEGMENTS);
	expect_refused(f, 0);
}

/* A device that has gone held a chain: the next one cannot give it back. */
static void
chain_of_the_device_before(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[RING];
	uint64_t frames = 0;

	f->bufs[0]->nb_segs = 1;
	f->bufs[0]->next = NULL;
	f->ring.ops->post_tx(&f->ring, f->bufs, 1);
	assert_int_equal(virtqueue_abandon(&f->ring, bufs, RING, &frames), SEGMENTS + 1);
	assert_int_equal(frames, 2);
	memset(f->region.base, 0, f->region.used_bytes);
	virtqueue_reset(&f->ring, &f->region);
	/* Now id 0 is outstanding, and id SEGMENTS, a chain of one before, is not. */
	f->ring.ops->post_tx(&f->ring, f->bufs, 1);
	expect_refused(f, SEGMENTS);
}

#define BOTH(name)                                                                                 \
	{#name " split", name, set_up, tear_down, (void *)(uintptr_t)(&virtqueue_format_split)},   \
	{                                                                                          \
#name " packed", name, set_up, tear_down,                                          \
			(void *)(uintptr_t)(&virtqueue_format_packed)                              \
	}

extern const struct virtqueue_format virtqueue_format_split;
extern const struct virtqueue_format virtqueue_format_packed;

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(honest),
		BOTH(id_out_of_range),
		BOTH(id_far_out_of_range),
		BOTH(id_in_the_middle),
		BOTH(id_not_outstanding),
		BOTH(chain_twice),
		BOTH(chain_of_the_device_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
