/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page state changes: pages change with their first and last buffer, whichever
 * queue pair's it is, and requests list as many as they hold.
 */
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/fidelity.h"
#include "base/random.h"
#include "datapath/exits/exit.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/psc_guest_memfd.h"
#include "datapath/sources/psc_stand_in.h"
#include "datapath/sources/source.h"

#define SMALL PSC_SMALL_PAGE_BYTES
#define BOUNCE_BYTES (2u << 20)

struct fixture {
	struct guest guest;
	struct exit_engine exits[2];
	const struct source *source;
	void *queues[2]; /* states of two queue pairs */
	struct rte_mbuf **mbufs;
	unsigned int n_mbufs;
};

static struct fixture f;

static void
open_pairs(const char *const (*set)[2])
{
	struct datapath_config config;
	const struct guest_options options = {.config = &config, .bounce_bytes = BOUNCE_BYTES};
	int index = source_find("psc");
	const char *why;

	memset(&f, 0, sizeof(f));
	datapath_config_init(&config);
	config.queues = 2;
	config.ring_size = 1024;
	for (; (*set)[0]; set++)
		harness_set(&config, "psc", (*set)[0], (*set)[1]);
	config.sources[index].on = true;
	f.source = sources[index];
	why = f.source->conflict(&config);
	assert_null(why);
	assert_int_equal(guest_open(&f.guest, &options), 0);
	for (unsigned int q = 0; q < 2; q++) {
		const struct source_env env = {.guest = &f.guest, .queue = q, .exits = &f.exits[q]};

		assert_int_equal(exit_engine_open(&f.exits[q], &config), 0);
		assert_int_equal(f.source->open(&env, config.sources[index].options, &f.queues[q]),
				 0);
	}
	f.n_mbufs = f.guest.queues[0].pools.n_slots;
	f.mbufs = calloc(f.n_mbufs, sizeof(struct rte_mbuf *));
	assert_int_equal(rte_mempool_get_bulk(f.guest.queues[0].pools.temporary, (void **)f.mbufs,
					      f.n_mbufs),
			 0);
}

static void
close_pairs(void)
{
	for (unsigned int q = 0; q < 2; q++) {
		f.source->close(f.queues[q]);
		exit_engine_close(&f.exits[q]);
	}
	rte_mempool_put_bulk(f.guest.queues[0].pools.temporary, (void **)f.mbufs, f.n_mbufs);
	free(f.mbufs);
	guest_close(&f.guest);
}

static uint64_t
counted(unsigned int q, const char *name)
{
	const struct counter *c = f.source->counters;

	while (strcmp(c->name, name))
		c++;
	return *(const uint64_t *)((const uint8_t *)f.queues[q] + c->offset);
}

static uint64_t
exits(void)
{
	return f.exits[0].counts.by_reason[EXIT_REASON_PSC] +
	       f.exits[1].counts.by_reason[EXIT_REASON_PSC];
}

/* Frame i lies in page number page of the data area, right behind its virtio header, and nowhere else. */
static struct rte_mbuf **
place(unsigned int i, uint32_t page)
{
	struct rte_mbuf *mbuf = f.mbufs[i];

	mbuf->buf_addr = f.guest.data + (size_t)page * SMALL + i % 2 * 2048;
	mbuf->data_off = RTE_PKTMBUF_HEADROOM;
	mbuf->data_len = 60;
	return &f.mbufs[i];
}

/* One burst of n frames, each in a page of its own: conversions, and the exits that they take. */
static void
check_burst(uint16_t n, const char *per, const char *entries, uint64_t expected)
{
	const char *const set[][2] = {
		{"per", per}, {"entries", entries}, {"stand_in", "none"}, {NULL, NULL}};

	open_pairs(set);
	for (uint16_t i = 0; i < n; i++)
		place(i, i);
	for (unsigned int round = 1; round <= 3; round++) {
		f.source->map(f.queues[0], f.mbufs, n, DIRECTION_TX);
		assert_int_equal(counted(0, "conversions"), (2 * round - 1) * n);
		assert_int_equal(exits(), (2 * round - 1) * expected);
		f.source->unmap(f.queues[0], f.mbufs, n, DIRECTION_TX);
		assert_int_equal(counted(0, "conversions"), 2 * round * n);
		assert_int_equal(exits(), 2 * round * expected);
	}
	close_pairs();
}

static void
requests_hold_so_many_pages(void **state)
{
	(void)state;
	check_burst(1, "burst", "253", 1);
	check_burst(32, "burst", "253", 1);
	check_burst(252, "burst", "253", 1);
	check_burst(253, "burst", "253", 1);
	check_burst(254, "burst", "253", 2);
	check_burst(506, "burst", "253", 2);
	check_burst(507, "burst", "253", 3);
	check_burst(64, "burst", "64", 1);
	check_burst(65, "burst", "64", 2);
	check_burst(32, "burst", "1", 32);
	check_burst(32, "packet", "253", 32);
}

/* A packet in two pages asks for both at once, or with the MSR protocol one by one. */
static void
packets_ask_for_all_their_pages(void **state)
{
	static const char *const entries[] = {"253", "1"};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const char *const set[][2] = {
			{"entries", entries[i]}, {"stand_in", "none"}, {NULL, NULL}};

		open_pairs(set);
		(*place(0, 5))->data_len = SMALL;
		f.source->map(f.queues[0], f.mbufs, 1, DIRECTION_TX);
		assert_int_equal(counted(0, "conversions"), 2);
		assert_int_equal(exits(), i + 1);
		f.source->unmap(f.queues[0], f.mbufs, 1, DIRECTION_TX);
		assert_int_equal(counted(0, "conversions"), 4);
		close_pairs();
	}
}

/* Pages of packets that are back stay shared until there are so many; what goes out meanwhile finds them so. */
static void
packets_wait_until_they_are_so_many(void **state)
{
	static const char *const set[][2] = {
		{"per", "every"}, {"every", "8"}, {"stand_in", "none"}, {NULL, NULL}};

	(void)state;
	open_pairs(set);
	for (unsigned int i = 0; i < 20; i++)
		place(i, i);
	f.source->map(f.queues[0], f.mbufs, 20, DIRECTION_TX);
	assert_int_equal(exits(), 1);
	f.source->unmap(f.queues[0], f.mbufs, 7, DIRECTION_TX);
	assert_int_equal(counted(0, "conversions"), 20);
	f.source->map(f.queues[0], f.mbufs, 1, DIRECTION_TX);
	assert_int_equal(counted(0, "conversions"), 20);
	assert_int_equal(exits(), 1);
	/* The eighth, behind which seven pages go back: the first one's buffer has gone out again. */
	f.source->unmap(f.queues[0], f.mbufs + 7, 1, DIRECTION_TX);
	assert_int_equal(counted(0, "conversions"), 27);
	assert_int_equal(exits(), 2);
	/* Two requests in one call, and four packets that wait on. */
	f.source->unmap(f.queues[0], f.mbufs + 8, 12, DIRECTION_TX);
	assert_int_equal(counted(0, "conversions"), 35);
	assert_int_equal(exits(), 3);
	f.source->unmap(f.queues[0], f.mbufs, 1, DIRECTION_TX);
	assert_int_equal(exits(), 3);
	close_pairs();
}

/* Buffers of two queue pairs in one page: the first shares it, the last takes it back. */
static void
queue_pairs_share_pages(void **state)
{
	static const char *const set[][2] = {{NULL, NULL}};
	uint64_t conversions;

	(void)state;
	open_pairs(set);
	place(0, 9);
	place(1, 9);
	f.source->map(f.queues[0], &f.mbufs[0], 1, DIRECTION_TX);
	f.source->map(f.queues[1], &f.mbufs[1], 1, DIRECTION_TX);
	f.source->unmap(f.queues[0], &f.mbufs[0], 1, DIRECTION_TX);
	assert_int_equal(counted(0, "conversions"), 1);
	assert_int_equal(counted(1, "conversions"), 0);
	f.source->unmap(f.queues[1], &f.mbufs[1], 1, DIRECTION_TX);
	assert_int_equal(counted(1, "conversions"), 1);
	assert_int_equal(counted(0, "shootdowns"), 1);
	assert_int_equal(counted(1, "shootdowns"), 0);
	conversions = counted(0, "conversions") + counted(1, "conversions");
	assert_int_equal(exits(), conversions);
	close_pairs();
}

/* Whatever goes and comes: in the end each page is private, after as many changes there as back. */
static void
random_load_closes(const char *stand_in, const char *page, uint64_t shootdowns_each)
{
	const char *const set[][2] = {
		{"per", "burst"}, {"stand_in", stand_in}, {"page", page}, {NULL, NULL}};
	struct random_state random = {7};
	bool out[256] = {false};

	open_pairs(set);
	for (unsigned int i = 0; i < 256; i++)
		place(i, (uint32_t)random_below(&random, 300));
	for (unsigned int round = 0; round < 4000; round++) {
		unsigned int i = (unsigned int)random_below(&random, 256);

		(out[i] ? f.source->unmap : f.source->map)(f.queues[i % 2], &f.mbufs[i], 1,
							   DIRECTION_TX);
		out[i] = !out[i];
	}
	for (unsigned int i = 0; i < 256; i++)
		if (out[i])
			f.source->unmap(f.queues[i % 2], &f.mbufs[i], 1, DIRECTION_TX);
	uint64_t conversions = counted(0, "conversions") + counted(1, "conversions");
	uint64_t shootdowns = counted(0, "shootdowns") + counted(1, "shootdowns");

	assert_true(conversions > 0);
	assert_int_equal(conversions % 2, 0);
	assert_int_equal(shootdowns, conversions / 2 * shootdowns_each);
	assert_int_equal(exits(), conversions);
	assert_int_equal(counted(0, "failures") + counted(1, "failures"), 0);
	close_pairs();
}

static void
stand_ins_close(void **state)
{
	struct guest_memfd_support support;

	(void)state;
	random_load_closes("mprotect", "4 KiB", 1);
	random_load_closes("punch", "4 KiB", 1);
	random_load_closes("none", "4 KiB", 0);
	random_load_closes("none", "2 MiB", 0);
	guest_memfd_probe(&support);
	if (support.guest_memfd)
		random_load_closes("guest_memfd", "4 KiB", 0);
	if (support.attributes)
		random_load_closes("attributes", "4 KiB", 0);
}

struct pair_thread {
	pthread_t thread;
	unsigned int q, rounds;
	pthread_barrier_t *start;
};

static void *
go_and_come(void *arg)
{
	const struct pair_thread *pair = arg;
	struct rte_mbuf **mbufs = &f.mbufs[pair->q * 8];

	pthread_barrier_wait(pair->start);
	for (unsigned int round = 0; round < pair->rounds; round++) {
		f.source->map(f.queues[pair->q], mbufs, 8, DIRECTION_TX);
		f.source->unmap(f.queues[pair->q], mbufs, 8, DIRECTION_TX);
	}
	return NULL;
}

/* Two queue pairs at the same time, with the same pages: no change is lost, and none is made twice. */
static void
check_at_once(const char *stand_in, unsigned int rounds, uint64_t shootdowns_each)
{
	const char *const set[][2] = {{"per", "burst"}, {"stand_in", stand_in}, {NULL, NULL}};
	struct pair_thread pairs[2];
	pthread_barrier_t start;

	open_pairs(set);
	for (unsigned int i = 0; i < 16; i++)
		place(i, i % 8);
	pthread_barrier_init(&start, NULL, 2);
	for (unsigned int q = 0; q < 2; q++) {
		pairs[q] = (struct pair_thread){.q = q, .rounds = rounds, .start = &start};
		assert_int_equal(pthread_create(&pairs[q].thread, NULL, go_and_come, &pairs[q]), 0);
	}
	for (unsigned int q = 0; q < 2; q++)
		pthread_join(pairs[q].thread, NULL);
	pthread_barrier_destroy(&start);
	uint64_t conversions = counted(0, "conversions") + counted(1, "conversions");
	uint64_t shootdowns = counted(0, "shootdowns") + counted(1, "shootdowns");

	assert_int_equal(conversions % 2, 0);
	assert_int_equal(shootdowns, conversions / 2 * shootdowns_each);
	assert_int_equal(counted(0, "failures") + counted(1, "failures"), 0);
	/* All pages are private again. */
	conversions = counted(0, "conversions");
	f.source->map(f.queues[0], f.mbufs, 8, DIRECTION_TX);
	assert_int_equal(counted(0, "conversions"), conversions + 8);
	close_pairs();
}

static void
queue_pairs_run_at_once(void **state)
{
	(void)state;
	check_at_once("none", 200000, 0);
	check_at_once("mprotect", 1000, 1);
}

/* What RMPUPDATE and PVALIDATE cost is charged for each page, on top of the exit. */
static void
pages_cost_what_is_said(void **state)
{
	static const char *const set[][2] = {{"per", "burst"},
					     {"stand_in", "none"},
					     {"cost", "1000 cycles"},
					     {"rmpupdate", "3000 cycles"},
					     {"pvalidate", "2000 cycles"},
					     {NULL, NULL}};

	(void)state;
	open_pairs(set);
	for (unsigned int i = 0; i < 100; i++)
		place(i, i);
	f.source->map(f.queues[0], f.mbufs, 100, DIRECTION_TX);
	assert_int_equal(exits(), 1);
	/* Spun out in full, whatever else the core did meanwhile. */
	assert_true(f.exits[0].counts.cycles >= 1000 + 100 * (3000 + 2000));
	close_pairs();
}

/* Options that say nothing, or nothing to each other, are refused. */
static void
idle_options_are_refused(void **state)
{
	struct datapath_config config = harness_config(harness_bit("psc"));
	const struct source *psc = sources[source_find("psc")];
	char why[256];

	(void)state;
	assert_null(psc->conflict(&config));
	assert_int_equal(option_parse(options_find(psc->options, "entries"),
				      config.sources[source_find("psc")].options, "254", why,
				      sizeof(why)),
			 -EINVAL);
	harness_set(&config, "psc", "every", "8");
	assert_non_null(strstr(psc->conflict(&config), "allowed: per: every"));
	harness_set(&config, "psc", "per", "every");
	assert_null(psc->conflict(&config));
	harness_set(&config, "psc", "every", "0");
	assert_non_null(strstr(psc->conflict(&config), "allowed: every: 1 to 4096"));
}

static unsigned long
map_count_limit(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	unsigned long limit;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &limit), 1);
	fclose(file);
	return limit;
}

/* A stand-in stands for something; without one there is the exit, and what stands for that. */
static void
fidelity_follows_the_stand_in(void **state)
{
	struct datapath_config config = harness_config(harness_bit("psc"));
	unsigned int psc = (unsigned int)source_find("psc");

	(void)state;
	assert_int_equal(datapath_config_source_fidelity(&config, psc),
			 FIDELITY_STAND_IN | FIDELITY_MODELLED);
	harness_set(&config, "psc", "stand_in", "none");
	assert_int_equal(datapath_config_source_fidelity(&config, psc), FIDELITY_MODELLED);
}

/* So many pages that mprotect could split into too many mappings; others need no more than one. */
static void
mappings_are_limited(void **state)
{
	struct datapath_config config =
		harness_config(harness_bit("psc") | harness_bit("bounce_alloc"));
	const struct source *psc = sources[source_find("psc")];

	(void)state;
	harness_set(&config, "bounce_alloc", "pool", "1 GiB");
	if (map_count_limit() < (1u << 30) / SMALL)
		assert_non_null(strstr(psc->conflict(&config), "vm.max_map_count"));
	harness_set(&config, "psc", "page", "2 MiB");
	assert_null(psc->conflict(&config));
	harness_set(&config, "psc", "page", "4 KiB");
	harness_set(&config, "psc", "stand_in", "punch");
	assert_null(psc->conflict(&config));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_hold_so_many_pages),
		cmocka_unit_test(packets_ask_for_all_their_pages),
		cmocka_unit_test(packets_wait_until_they_are_so_many),
		cmocka_unit_test(queue_pairs_share_pages),
		cmocka_unit_test(stand_ins_close),
		cmocka_unit_test(queue_pairs_run_at_once),
		cmocka_unit_test(pages_cost_what_is_said),
		cmocka_unit_test(idle_options_are_refused),
		cmocka_unit_test(fidelity_follows_the_stand_in),
		cmocka_unit_test(mappings_are_limited),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
