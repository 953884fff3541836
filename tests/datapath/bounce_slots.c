/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bounce allocator under random load, through the source's own hooks: runs
 * never overlap, stay inside the pool, are all found again as free, and a full
 * pool is counted, not overrun.
 */
#include "harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/random.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/source.h"
#include "datapath/sources/swiotlb.h"

#define POOL_BYTES (2u << 20)
#define SLOT 2048u
#define SLOTS (POOL_BYTES / SLOT)
#define MBUFS 2048u
#define PAGE_MASK 4095u

struct fixture {
	struct guest guest;
	struct rte_mbuf *mbufs[MBUFS];
	bool mapped[MBUFS];
	uint8_t taken[SLOTS];
	const struct source *source;
	void *state;
};

static uint64_t
counter(const struct fixture *f, const char *name)
{
	const struct counter *c = f->source->counters;

	while (strcmp(c->name, name))
		c++;
	return *(const uint64_t *)((const uint8_t *)f->state + c->offset);
}

static int
set_up_with(void **state, const char *areas, const char *align)
{
	static struct fixture f;
	const struct source_env env = {.guest = &f.guest, .copying = true};
	struct datapath_config config;
	const struct guest_options options = {.config = &config, .bounce_bytes = POOL_BYTES};
	int index = source_find("bounce_alloc");

	memset(&f, 0, sizeof(f));
	datapath_config_init(&config);
	config.ring_size = 1024;
	harness_set(&config, "bounce_alloc", "pool", "2 MiB");
	harness_set(&config, "bounce_alloc", "areas", areas);
	harness_set(&config, "bounce_alloc", "align", align);
	f.source = sources[index];
	if (guest_open(&f.guest, &options) ||
	    f.source->open(&env, config.sources[index].options, &f.state) ||
	    rte_mempool_get_bulk(f.guest.queues[0].pools.temporary, (void **)f.mbufs, MBUFS))
		return -1;
	*state = &f;
	return 0;
}

static int
set_up(void **state)
{
	return set_up_with(state, "1", "none");
}

static int
set_up_areas(void **state)
{
	return set_up_with(state, "3", "none"); /* rounded up to 4 */
}

static int
set_up_aligned(void **state)
{
	return set_up_with(state, "1", "page");
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	rte_mempool_put_bulk(f->guest.queues[0].pools.temporary, (void **)f->mbufs, MBUFS);
	f->source->close(f->state);
	guest_close(&f->guest);
	return 0;
}

/* First slot and number of slots that the mbuf's data lie in. */
static unsigned int
slots_of(const struct fixture *f, unsigned int i, unsigned int *n)
{
	const struct rte_mbuf *mbuf = f->mbufs[i];
	const uint8_t *data = (const uint8_t *)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM;
	size_t offset = (size_t)(data - 12 - f->guest.bounce);

	assert_true(data - 12 >= f->guest.bounce);
	assert_true(offset + 12 + mbuf->data_len <= POOL_BYTES);
	*n = (unsigned int)((offset + 11 + mbuf->data_len) / SLOT - offset / SLOT + 1);
	return (unsigned int)(offset / SLOT);
}

static void
mark(struct fixture *f, unsigned int i, bool take)
{
	unsigned int n, first = slots_of(f, i, &n);

	for (unsigned int k = first; k < first + n; k++) {
		assert_int_equal(f->taken[k], !take);
		f->taken[k] = take;
	}
}

static void
map(struct fixture *f, unsigned int i, uint16_t length_bytes)
{
	f->mbufs[i]->data_off = RTE_PKTMBUF_HEADROOM;
	f->mbufs[i]->data_len = length_bytes;
	f->source->map(f->state, &f->mbufs[i], 1, DIRECTION_TX);
	mark(f, i, true);
	f->mapped[i] = true;
}

static void
unmap(struct fixture *f, unsigned int i)
{
	mark(f, i, false);
	f->source->unmap(f->state, &f->mbufs[i], 1, DIRECTION_TX);
	f->mapped[i] = false;
}

static void
runs_never_overlap(void **state)
{
	struct fixture *f = *state;
	struct random_state random = {3};
	unsigned int n_mapped = 0;

	for (int round = 0; round < 200000; round++) {
		unsigned int i = (unsigned int)random_below(&random, 300);

		if (f->mapped[i]) {
			unmap(f, i);
			n_mapped--;
		} else {
			map(f, i, (uint16_t)(60 + random_below(&random, 1989)));
			n_mapped++;
		}
	}
	assert_int_equal(counter(f, "full"), 0);
	assert_int_equal(counter(f, "found") - counter(f, "freed"), n_mapped);
	for (unsigned int i = 0; i < 300; i++)
		if (f->mapped[i])
			unmap(f, i);
	assert_int_equal(counter(f, "found"), counter(f, "freed"));
	assert_true(counter(f, "searched") >= counter(f, "found"));
	assert_true(counter(f, "areas") >= counter(f, "found"));
	assert_int_equal(counter(f, "contended"), 0);
}

/* All of the pool can be had, again and again: freed runs join up. */
static void
whole_pool_is_usable(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < SLOTS / 2; i++)
			map(f, i, 2048);
		for (unsigned int i = 0; i < SLOTS / 2; i++)
			unmap(f, i);
		for (unsigned int i = 0; i < SLOTS; i++)
			map(f, i, 100);
		for (unsigned int i = SLOTS; i-- > 0;)
			unmap(f, i);
	}
	assert_int_equal(counter(f, "full"), 0);
	assert_int_equal(counter(f, "slots"), 3 * 2 * SLOTS);
}

static void
full_pool_is_counted(void **state)
{
	struct fixture *f = *state;
	uint8_t *home = f->mbufs[SLOTS]->buf_addr;

	for (unsigned int i = 0; i < SLOTS; i++)
		map(f, i, 100);
	/* A pool that was empty is walked through slot by slot, and then not at all. */
	assert_int_equal(counter(f, "searched"), SLOTS);
	f->mbufs[SLOTS]->data_len = 100;
	f->source->map(f->state, &f->mbufs[SLOTS], 1, DIRECTION_TX);
	assert_int_equal(counter(f, "full"), 1);
	assert_int_equal(counter(f, "searched"), SLOTS);
	assert_ptr_equal(f->mbufs[SLOTS]->buf_addr, home);
	f->source->unmap(f->state, &f->mbufs[SLOTS], 1, DIRECTION_TX);
	assert_int_equal(counter(f, "freed"), 0);
	for (unsigned int i = 0; i < SLOTS; i++)
		unmap(f, i);
}

/* The next search starts behind the last run: what was freed meanwhile is passed by. */
static void
searches_walk_on(void **state)
{
	struct fixture *f = *state;
	unsigned int n;

	for (unsigned int i = 0; i < SLOTS; i++) {
		map(f, i, 100);
		assert_int_equal(slots_of(f, i, &n), i);
		unmap(f, i);
	}
	map(f, 0, 100);
	assert_int_equal(slots_of(f, 0, &n), 0);
	unmap(f, 0);
	assert_int_equal(counter(f, "searched"), SLOTS + 1);
}

/* A run of two does not fit around a taken slot, nor across the end of a segment. */
static void
runs_are_contiguous(void **state)
{
	static const unsigned int apart[] = {10, 12, SWIOTLB_SEGMENT_SLOTS - 1,
					     SWIOTLB_SEGMENT_SLOTS};
	struct fixture *f = *state;
	unsigned int n;

	for (unsigned int i = 0; i < SLOTS; i++)
		map(f, i, 100);
	for (unsigned int i = 0; i < 4; i++)
		unmap(f, apart[i]);
	f->mbufs[SLOTS]->data_len = 2048;
	f->source->map(f->state, &f->mbufs[SLOTS], 1, DIRECTION_TX);
	assert_int_equal(counter(f, "full"), 1);
	f->source->unmap(f->state, &f->mbufs[SLOTS], 1, DIRECTION_TX);
	unmap(f, 11);
	map(f, 11, 2048);
	assert_int_equal(slots_of(f, 11, &n), 10);
	assert_int_equal(n, 2);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (f->mapped[i])
			unmap(f, i);
	assert_int_equal(counter(f, "found"), counter(f, "freed"));
}

/* A buffer keeps its place in the page, down to the byte. */
static void
address_bits_are_kept(void **state)
{
	struct fixture *f = *state;

	for (unsigned int i = 0; i < 200; i++) {
		uintptr_t origin = (uintptr_t)f->mbufs[i]->buf_addr;

		map(f, i, 1500);
		assert_int_equal((uintptr_t)f->mbufs[i]->buf_addr & PAGE_MASK, origin & PAGE_MASK);
	}
	assert_int_equal(counter(f, "full"), 0);
	for (unsigned int i = 0; i < 200; i++)
		unmap(f, i);
}

#define CASE(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(runs_never_overlap, set_up),   CASE(runs_never_overlap, set_up_areas),
		CASE(whole_pool_is_usable, set_up), CASE(whole_pool_is_usable, set_up_areas),
		CASE(full_pool_is_counted, set_up), CASE(searches_walk_on, set_up),
		CASE(runs_are_contiguous, set_up),  CASE(address_bits_are_kept, set_up_aligned),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
