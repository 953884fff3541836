/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hostile host against the virtqueue, in both formats: whatever it writes, the
 * ring hands out only buffers that are outstanding, and a violation puts it out of service.
 */
#include "hosted_ring.h"

#include <string.h>

#include <linux/virtio_ring.h>

#include "base/random.h"

#define LEAST 26

static int
set_up(void **state)
{
	int error = hosted_ring_set_up(
		state, (struct virtqueue_options){.least_bytes = LEAST, .name = "receive queue 0"});

	if (!error)
		hosted_ring_post_all(*state);
	return error;
}

/* The host's side: it says that it has used buffer id, and written length bytes. */
static void
use(struct hosted_ring *f, uint32_t id, uint32_t length)
{
	use_chain(f, id, 1, length);
}

static uint16_t
harvest(struct hosted_ring *f)
{
	struct rte_mbuf *bufs[RING];
	uint32_t length_bytes[RING];

	return f->ring.ops->harvest(&f->ring, bufs, length_bytes, RING);
}

static void
expect_fault(struct hosted_ring *f, uint16_t taken, enum ring_fault fault)
{
	assert_int_equal(harvest(f), taken);
	assert_int_equal(f->ring.fault, fault);
	assert_int_equal(f->ring.faults, 1);
	/* Out of service for good, whatever comes after. */
	use(f, 0, LEAST);
	assert_int_equal(harvest(f), 0);
	assert_int_equal(f->ring.faults, 1);
}

static void
honest(void **state)
{
	struct hosted_ring *f = *state;

	use(f, 63, LEAST);
	assert_int_equal(harvest(f), 1);
	use(f, 0, 2060);
	assert_int_equal(harvest(f), 1);
	assert_int_equal(harvest(f), 0);
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

/* More is used than was ever offered. A packed ring has no index: what is not outstanding is not looked at. */
static void
more_than_outstanding(void **state)
{
	struct hosted_ring *f = *state;

	for (uint32_t id = 0; id < RING; id++)
		use(f, id, LEAST);
	if (is_split(f)) {
		use(f, 0, LEAST);
		expect_fault(f, 0, RING_FAULT_USED_INDEX);
		return;
	}
	assert_int_equal(harvest(f), RING);
	use(f, 0, LEAST);
	assert_int_equal(harvest(f), 0);
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

static void
index_goes_back(void **state)
{
	struct hosted_ring *f = *state;

	f->host_index = (uint16_t)-2;
	use(f, 0, LEAST);
	expect_fault(f, 0, RING_FAULT_USED_INDEX);
}

static void
id_out_of_range(void **state)
{
	use(*state, RING, LEAST);
	expect_fault(*state, 0, RING_FAULT_ID);
}

static void
id_far_out_of_range(void **state)
{
	use(*state, UINT16_MAX, LEAST);
	expect_fault(*state, 0, RING_FAULT_ID);
}

/* The split ring's id has 32 bits, of which only 16 could be an index. */
static void
id_wide(void **state)
{
	use(*state, 0x10000, LEAST);
	expect_fault(*state, 0, RING_FAULT_ID);
}

static void
id_twice(void **state)
{
	use(*state, 5, LEAST);
	use(*state, 5, LEAST);
	expect_fault(*state, 1, RING_FAULT_ID);
}

static void
length_too_long(void **state)
{
	use(*state, 5, 2061);
	expect_fault(*state, 0, RING_FAULT_LENGTH);
}

static void
length_of_no_frame(void **state)
{
	use(*state, 5, LEAST - 1);
	expect_fault(*state, 0, RING_FAULT_LENGTH);
}

/* What the driver wrote is its own business: changing it changes nothing. */
static void
addresses_are_not_read_back(void **state)
{
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[1];
	uint32_t length_bytes[1];

	memset(f->ring.descriptor_area, 0xff, is_split(f) ? sizeof(struct vring_desc) * RING : 8);
	memset(f->ring.driver_area, 0xff, 4);
	use(f, 7, 100);
	assert_int_equal(f->ring.ops->harvest(&f->ring, bufs, length_bytes, 1), 1);
	assert_int_equal(length_bytes[0], 100);
	assert_true(bufs[0] >= &f->mbufs[0] && bufs[0] < &f->mbufs[RING]);
}

/* Random writes by the host, for ever: only outstanding buffers come out, each once. */
static void
random_host(void **state)
{
	struct hosted_ring *f = *state;
	struct random_state random = {1};

	for (int round = 0; round < 20000; round++) {
		struct rte_mbuf *bufs[RING];
		uint32_t length_bytes[RING];
		uint16_t outstanding = f->ring.size - f->ring.n_free;

		for (uint64_t k = random_below(&random, 4); k > 0; k--)
			use(f, (uint32_t)random_below(&random, RING + 2),
			    (uint32_t)random_below(&random, 2100));
		if (random_below(&random, 8) == 0)
			f->host_index = (uint16_t)random_next(&random);
		uint16_t n = f->ring.ops->harvest(&f->ring, bufs, length_bytes, RING);

		assert_true(n <= outstanding);
		for (uint16_t i = 0; i < n; i++) {
			assert_in_range((uintptr_t)bufs[i], (uintptr_t)&f->mbufs[0],
					(uintptr_t)&f->mbufs[RING - 1]);
			assert_in_range(length_bytes[i], LEAST, 2060);
			assert_int_equal(bufs[i]->buf_len, 2176);
			bufs[i]->buf_len = 0; /* handed out a second time, it would show */
		}
		for (uint16_t i = 0; i < n; i++)
			bufs[i]->buf_len = 2176;
		f->ring.ops->post_rx(&f->ring, bufs, n);
		f->ring.fault = RING_FAULT_NONE;
	}
}

/* The host asks for a kick when the driver offers its index-th buffer, counted from the start. */
static void
ask_kick_at(struct hosted_ring *f, uint32_t index)
{
	struct vring_used *used = f->ring.device_area;
	struct vring_packed_desc_event *device = f->ring.device_area;
	uint16_t wrap = !(index / RING & 1);

	if (is_split(f)) {
		uint16_t event = (uint16_t)index;

		memcpy(&used->ring[RING], &event, sizeof(event));
		return;
	}
	device->flags = VRING_PACKED_EVENT_FLAG_DESC;
	device->off_wrap = index % RING | wrap << VRING_PACKED_EVENT_F_WRAP_CTR;
}

/* A kick is due when the event index is passed, and only then: at every place of the ring, by every step. */
static void
kicks_by_event_index(void **state)
{
	struct hosted_ring *f = *state;
	struct rte_mbuf *bufs[RING];
	uint32_t length_bytes[RING], offered = RING;

	f->ring.ops = &f->ring.format->ops[0][1];
	f->ring.ops->wants_kick(&f->ring);
	for (uint16_t round = 0; round < 3 * RING; round++) {
		uint16_t n = round % RING + 1;
		/* From two before the burst to two behind it. */
		uint32_t at = offered + round * 7u % (n + 4) - 2;

		for (uint16_t i = 0; i < n; i++)
			use(f, offered_id(f), LEAST);
		assert_int_equal(f->ring.ops->harvest(&f->ring, bufs, length_bytes, RING), n);
		ask_kick_at(f, at);
		f->ring.ops->post_rx(&f->ring, bufs, n);
		assert_int_equal(f->ring.ops->wants_kick(&f->ring),
				 at >= offered && at < offered + n);
		offered += n;
	}
}

/* Where the driver wants the next interrupt; 65,535 buffers ahead is never. */
static void
interrupts_by_event_index(void **state)
{
	struct hosted_ring *f = *state;
	const struct vring_avail *avail = f->ring.driver_area;
	const struct vring_packed_desc_event *driver = f->ring.driver_area;

	f->ring.ops = &f->ring.format->ops[0][1];
	for (uint16_t ahead = 0; ahead < 2; ahead++) {
		f->ring.event_ahead = -ahead;
		use(f, offered_id(f), LEAST);
		assert_int_equal(harvest(f), 1);
		if (is_split(f))
			assert_int_equal(avail->ring[RING], (uint16_t)(f->ring.used_index - ahead));
		else
			assert_int_equal(driver->off_wrap, f->ring.used_index | 1u << 15);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOSTED_BOTH(honest, set_up),
		HOSTED_BOTH(more_than_outstanding, set_up),
		HOSTED_CASE(index_goes_back, set_up, &virtqueue_format_split),
		HOSTED_BOTH(id_out_of_range, set_up),
		HOSTED_BOTH(id_far_out_of_range, set_up),
		HOSTED_CASE(id_wide, set_up, &virtqueue_format_split),
		HOSTED_BOTH(id_twice, set_up),
		HOSTED_BOTH(length_too_long, set_up),
		HOSTED_BOTH(length_of_no_frame, set_up),
		HOSTED_BOTH(addresses_are_not_read_back, set_up),
		HOSTED_BOTH(random_host, set_up),
		HOSTED_BOTH(kicks_by_event_index, set_up),
		HOSTED_BOTH(interrupts_by_event_index, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
