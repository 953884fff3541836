/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hostile host against the virtqueue: whatever it writes, the ring hands out
 * only buffers that are outstanding, and a violation puts it out of service.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/log.h"
#include "base/random.h"
#include "datapath/guest/region.h"
#include "datapath/guest/vring_split.h"

#define RING 64
#define LEAST 26

struct fixture {
	struct region region;
	struct vring_split ring;
	struct rte_mbuf mbufs[RING];
};

static void
ignore(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)text;
	(void)arg;
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rte_mbuf *bufs[RING];

	log_set_sink(ignore, NULL);
	if (!f || region_open(&f->region, 4u << 20, false) ||
	    vring_split_open(&f->ring, &f->region, RING, LEAST))
		return -1;
	for (unsigned int i = 0; i < RING; i++) {
		f->mbufs[i].buf_addr = region_carve(&f->region, 2176, 64);
		f->mbufs[i].buf_len = 2176;
		bufs[i] = &f->mbufs[i];
	}
	vring_split_post_rx(&f->ring, bufs, RING);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	vring_split_close(&f->ring);
	region_close(&f->region);
	free(f);
	log_set_sink(NULL, NULL);
	return 0;
}

/* The host's side: the used element that comes next, and how many there are. */
static void
use(struct fixture *f, uint16_t at, uint32_t id, uint32_t length, uint16_t index)
{
	f->ring.used->ring[at % RING] = (struct vring_used_elem){id, length};
	f->ring.used->idx = index;
}

static uint16_t
harvest(struct fixture *f)
{
	struct rte_mbuf *bufs[RING];
	uint32_t length_bytes[RING];

	return vring_split_harvest(&f->ring, bufs, length_bytes, RING);
}

static void
expect_fault(struct fixture *f, uint16_t taken, enum ring_fault fault)
{
	assert_int_equal(harvest(f), taken);
	assert_int_equal(f->ring.fault, fault);
	assert_int_equal(f->ring.faults, 1);
	/* Out of service for good, whatever comes after. */
	use(f, 0, 0, LEAST, taken + 1);
	assert_int_equal(harvest(f), 0);
	assert_int_equal(f->ring.faults, 1);
}

static void
honest(void **state)
{
	struct fixture *f = *state;

	use(f, 0, 63, LEAST, 1);
	assert_int_equal(harvest(f), 1);
	use(f, 1, 0, 2060, 2);
	assert_int_equal(harvest(f), 1);
	assert_int_equal(harvest(f), 0);
	assert_int_equal(f->ring.fault, RING_FAULT_NONE);
}

static void
index_passes_outstanding(void **state)
{
	use(*state, 0, 0, LEAST, RING + 1);
	expect_fault(*state, 0, RING_FAULT_USED_INDEX);
}

static void
index_goes_back(void **state)
{
	use(*state, 0, 0, LEAST, UINT16_MAX);
	expect_fault(*state, 0, RING_FAULT_USED_INDEX);
}

static void
id_out_of_range(void **state)
{
	use(*state, 0, RING, LEAST, 1);
	expect_fault(*state, 0, RING_FAULT_ID);
}

static void
id_wide(void **state)
{
	use(*state, 0, 0x10000, LEAST, 1);
	expect_fault(*state, 0, RING_FAULT_ID);
}

static void
id_twice(void **state)
{
	use(*state, 0, 5, LEAST, 2);
	use(*state, 1, 5, LEAST, 2);
	expect_fault(*state, 1, RING_FAULT_ID);
}

static void
length_too_long(void **state)
{
	use(*state, 0, 5, 2061, 1);
	expect_fault(*state, 0, RING_FAULT_LENGTH);
}

static void
length_of_no_frame(void **state)
{
	use(*state, 0, 5, LEAST - 1, 1);
	expect_fault(*state, 0, RING_FAULT_LENGTH);
}

/* What the driver wrote is its own business: changing it changes nothing. */
static void
descriptors_are_not_read_back(void **state)
{
	struct fixture *f = *state;
	struct rte_mbuf *bufs[1];
	uint32_t length_bytes[1];

	memset(f->ring.desc, 0xff, sizeof(f->ring.desc[0]) * RING);
	memset(f->ring.avail->ring, 0xff, sizeof(f->ring.avail->ring[0]) * RING);
	use(f, 0, 7, 100, 1);
	assert_int_equal(vring_split_harvest(&f->ring, bufs, length_bytes, 1), 1);
	assert_ptr_equal(bufs[0], f->ring.mbufs[7] ? NULL : bufs[0]);
	assert_int_equal(length_bytes[0], 100);
	assert_true(bufs[0] >= &f->mbufs[0] && bufs[0] < &f->mbufs[RING]);
}

/* Random writes by the host, for ever: only outstanding buffers come out, each once. */
static void
random_host(void **state)
{
	struct fixture *f = *state;
	struct random_state random = {1};

	for (int round = 0; round < 20000; round++) {
		struct rte_mbuf *bufs[RING];
		uint32_t length_bytes[RING];
		uint16_t outstanding = f->ring.size - f->ring.n_free;

		use(f, (uint16_t)random_next(&random), (uint32_t)random_below(&random, RING + 2),
		    (uint32_t)random_below(&random, 2100), f->ring.used_index +
		    (uint16_t)random_below(&random, outstanding + 2u));
		uint16_t n = vring_split_harvest(&f->ring, bufs, length_bytes, RING);

		assert_true(n <= outstanding);
		for (uint16_t i = 0; i < n; i++) {
			assert_in_range((uintptr_t)bufs[i], (uintptr_t)&f->mbufs[0],
					(uintptr_t)&f->mbufs[RING - 1]);
			assert_in_range(length_bytes[i], LEAST, 2060);
		}
		vring_split_post_rx(&f->ring, bufs, n);
		f->ring.fault = RING_FAULT_NONE;
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(honest),          CASE(index_passes_outstanding),
		CASE(index_goes_back), CASE(id_out_of_range),
		CASE(id_wide),         CASE(id_twice),
		CASE(length_too_long), CASE(length_of_no_frame),
		CASE(random_host),     CASE(descriptors_are_not_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
