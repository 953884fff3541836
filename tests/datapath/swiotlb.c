/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Areas of a bounce pool: how many there are, in which order they are searched,
 * and that queue pairs which share one wait for each other, and are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* CMocka wants the four above. */
#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "datapath/sources/swiotlb.h"

#define POOL_BYTES (2u << 20)
#define SLOTS (POOL_BYTES / SWIOTLB_SLOT_BYTES)
#define FRAME_BYTES 100u

static uint32_t
areas_of(uint64_t bytes, uint32_t areas)
{
	struct swiotlb *pool = swiotlb_open(bytes, areas);

	assert_non_null(pool);
	areas = swiotlb_areas(pool);
	swiotlb_close(pool);
	return areas;
}

/* A power of two, at most one for each segment of 256 KiB, and by default one for each core. */
static void
areas_are_powers_of_two(void **state)
{
	uint32_t cores = (uint32_t)sysconf(_SC_NPROCESSORS_CONF), by_default;

	(void)state;
	assert_int_equal(areas_of(POOL_BYTES, 1), 1);
	assert_int_equal(areas_of(POOL_BYTES, 3), 4);
	assert_int_equal(areas_of(POOL_BYTES, 8), 8);
	assert_int_equal(areas_of(POOL_BYTES, 64), 8);
	assert_int_equal(areas_of(6u << 20, 64), 16);
	by_default = areas_of(1u << 30, 0);
	assert_int_equal(by_default & (by_default - 1), 0);
	assert_true(by_default >= cores && (by_default < 2 * cores || by_default == 4096));
}

/* The area that the core's own number says is looked into first, then those behind it. */
static void
areas_follow_each_other(void **state)
{
	struct swiotlb *pool = swiotlb_open(POOL_BYTES, 4);
	struct swiotlb_counts counts = {0};

	(void)state;
	for (uint32_t area = 0; area < 4; area++) {
		for (uint32_t i = 0; i < SLOTS / 4; i++)
			assert_int_equal(swiotlb_find(pool, 6, FRAME_BYTES, 0, 0, &counts),
					 (2 + area) % 4 * (SLOTS / 4) + i);
		assert_int_equal(counts.areas, SLOTS / 4 * (area + 1) * (area + 2) / 2);
	}
	assert_int_equal(counts.found, SLOTS);
	assert_int_equal(counts.slots, SLOTS);
	/* A full area says so at once. */
	assert_int_equal(counts.searched, SLOTS);
	assert_int_equal(swiotlb_find(pool, 6, FRAME_BYTES, 0, 0, &counts), SWIOTLB_NO_SLOT);
	assert_int_equal(counts.full, 1);
	assert_int_equal(counts.searched, SLOTS);
	/* Freed in an area, found there from any core. */
	swiotlb_free(pool, 5, &counts);
	assert_int_equal(swiotlb_find(pool, 1, FRAME_BYTES, 0, 0, &counts), 5);
	assert_int_equal(counts.freed, 1);
	swiotlb_close(pool);
}

struct contender {
	pthread_t thread;
	struct swiotlb *pool;
	unsigned int core;
	uint32_t rounds, rounds_max; /* these; and more, up to that, until somebody had to wait */
	pthread_barrier_t *start;
	const struct contender *other;
	uint8_t *taken;
	struct swiotlb_counts counts;
};

static bool
waited(const struct contender *c)
{
	return __atomic_load_n(&c->counts.contended, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&c->other->counts.contended, __ATOMIC_RELAXED);
}

static void *
contend(void *arg)
{
	struct contender *c = arg;
	uint32_t held[8];

	pthread_barrier_wait(c->start);
	for (uint32_t round = 0; round < c->rounds_max; round++) {
		if (round >= c->rounds && waited(c))
			break;
		for (unsigned int i = 0; i < 8; i++) {
			held[i] = swiotlb_find(c->pool, c->core, FRAME_BYTES, 0, 0, &c->counts);
			/* Whoever is given a slot is the only one. */
			if (__atomic_exchange_n(&c->taken[held[i]], 1, __ATOMIC_RELAXED))
				abort();
		}
		for (unsigned int i = 0; i < 8; i++) {
			__atomic_store_n(&c->taken[held[i]], 0, __ATOMIC_RELAXED);
			swiotlb_free(c->pool, held[i], &c->counts);
		}
	}
	return NULL;
}

/* Two queue pairs' threads on cores 0 and 1, as far as the pool can tell. */
static uint64_t
contended(uint32_t areas, uint32_t rounds_max)
{
	static uint8_t taken[SLOTS];
	struct contender pair[2];
	struct swiotlb *pool = swiotlb_open(POOL_BYTES, areas);
	struct swiotlb_counts check = {0};
	pthread_barrier_t start;

	assert_non_null(pool);
	pthread_barrier_init(&start, NULL, 2);
	for (unsigned int i = 0; i < 2; i++)
		pair[i] = (struct contender){.pool = pool,
					     .core = i,
					     .rounds = 20000,
					     .rounds_max = rounds_max,
					     .start = &start,
					     .other = &pair[1 - i],
					     .taken = taken};
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&pair[i].thread, NULL, contend, &pair[i]), 0);
	for (unsigned int i = 0; i < 2; i++) {
		pthread_join(pair[i].thread, NULL);
		assert_true(pair[i].counts.found >= 20000 * 8);
		assert_int_equal(pair[i].counts.freed, pair[i].counts.found);
		assert_int_equal(pair[i].counts.slots, pair[i].counts.found);
		assert_int_equal(pair[i].counts.areas, pair[i].counts.found);
	}
	/* Nothing was lost on the way: all slots are there to be had. */
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_not_equal(swiotlb_find(pool, 0, FRAME_BYTES, 0, 0, &check),
				     SWIOTLB_NO_SLOT);
	pthread_barrier_destroy(&start);
	swiotlb_close(pool);
	return pair[0].counts.contended + pair[1].counts.contended;
}

static void
sharing_an_area_contends(void **state)
{
	(void)state;
	assert_true(contended(1, 5000000) > 0);
}

static void
areas_of_their_own_do_not(void **state)
{
	(void)state;
	assert_int_equal(contended(2, 20000), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_are_powers_of_two),
		cmocka_unit_test(areas_follow_each_other),
		cmocka_unit_test(sharing_an_area_contends),
		cmocka_unit_test(areas_of_their_own_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
