/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is injected is what is measured, and what is counted is what was done:
 * events per packet are known beforehand.
 */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compare.h"
#include "datapath/guest/pools.h"

#define ROUNDS 41
#define SLICE_NS 500000

/* The median over A B B A rounds of what b's packets take beyond a's. */
static double
added_cycles(struct lane *a, struct lane *b, double *exits_per_packet)
{
	double added[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct slice a1 = harness_slice(a, SLICE_NS), b1 = harness_slice(b, SLICE_NS);
		struct slice b2 = harness_slice(b, SLICE_NS), a2 = harness_slice(a, SLICE_NS);

		added[i] = (b1.guest_cycles_per_packet + b2.guest_cycles_per_packet -
			    a1.guest_cycles_per_packet - a2.guest_cycles_per_packet) /
			   2;
		*exits_per_packet =
			(double)harness_counter(&b1, "exits.doorbell") / (double)b1.counted_packets;
	}
	qsort(added, ROUNDS, sizeof(added[0]), compare_doubles);
	return added[ROUNDS / 2];
}

static void
check_injected(uint32_t burst, unsigned int cost_cycles)
{
	struct datapath_config ideal = harness_config(0),
			       config = harness_config(harness_bit("vc"));
	double exits_per_packet;
	char text[32];

	snprintf(text, sizeof(text), "%u cycles", cost_cycles);
	harness_set(&config, "vc", "cost", text);
	ideal.burst = config.burst = burst;
	double added = added_cycles(harness_lane(test_bench, &ideal),
				    harness_lane(test_bench, &config), &exits_per_packet);
	double expected = cost_cycles * exits_per_packet;

	printf("burst %2u, vc at %5u cycles: %7.1f cycles per packet expected, %7.1f found "
	       "(%+.2f%%)\n",
	       burst, cost_cycles, expected, added, 100 * (added / expected - 1));
	/* Two doorbells a burst: one for the refill, one for what is sent. */
	assert_true(fabs(exits_per_packet * burst - 2) < 1e-9);
	assert_true(fabs(added / expected - 1) < 0.03);
}

static void
injected_cost_comes_back(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	puts("SKIP: sanitizers stretch what is timed here");
	skip();
#endif
	check_injected(32, 2000);
	check_injected(32, 5000);
	check_injected(32, 20000);
	/* Bursts that do not divide a ring, or a cache line's worth of it, cost as they are counted too. */
	check_injected(1, 5000);
	check_injected(8, 5000);
	check_injected(24, 5000);
}

/* The pool is measured as it was allocated: no less than its mbufs with their data. */
static void
shadow_memory_is_measured(void **state)
{
	struct datapath_config ideal = harness_config(0),
			       config = harness_config(harness_bit("bounce_copy"));
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	uint64_t object_bytes = sizeof(struct rte_mbuf) + SLOT_BYTES;

	(void)state;
	printf("shadow pool: %lu mbufs, %lu bytes\n", slice.shadow.mbufs, slice.shadow.bytes);
	assert_int_equal(slice.shadow.mbufs, pools_slots_wanted(config.ring_size));
	/* DPDK lets no mbuf cross a 4 KiB page; caches per core and mbuf are as much again at most. */
	assert_in_range(slice.shadow.bytes, slice.shadow.mbufs * object_bytes,
			slice.shadow.mbufs * 2 * 4096);
	slice = harness_slice(harness_lane(test_bench, &ideal), SLICE_NS);
	assert_int_equal(slice.shadow.mbufs, 0);
}

/* What an application is set to work is counted to the cycle, and found in the guest's time. */
static void
work_comes_back(void **state)
{
	struct datapath_config ideal = harness_config(0), config = ideal;
	double none;

	(void)state;
	config.work_cycles = 1800;
	struct lane *a = harness_lane(test_bench, &ideal), *b = harness_lane(test_bench, &config);
	struct slice slice = harness_slice(b, SLICE_NS);

	assert_true(slice.counted_packets > 0);
	assert_int_equal(harness_counter(&slice, "work.packets"), slice.counted_packets);
	assert_int_equal(harness_counter(&slice, "work.cycles"), 1800 * slice.counted_packets);
	slice = harness_slice(a, SLICE_NS);
	for (uint32_t i = 0; i < slice.n_counters; i++)
		assert_int_not_equal(strncmp(slice.counters[i].name, "work.", 5), 0);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return;
#endif
	double added = added_cycles(a, b, &none);

	printf("work of 1800 cycles a packet: %.1f found\n", added);
	assert_true(fabs(added / 1800 - 1) < 0.03);
}

/* Every way to lose a frame has a counter of its name; here none is lost. */
static void
drops_have_names(void **state)
{
	struct datapath_config config = harness_config(0);
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);

	(void)state;
	assert_int_equal(harness_counter(&slice, "drop.not_enqueued"), 0);
	assert_int_equal(harness_counter(&slice, "drop.no_shadow"), 0);
	assert_int_equal(harness_counter(&slice, "drop.no_temporary"), 0);
	assert_int_equal(harness_counter(&slice, "drop.unsendable"), 0);
	assert_int_equal(slice.packets_dropped, 0);
}

static void
copies_are_counted(void **state)
{
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);

	(void)state;
	assert_int_equal(harness_counter(&slice, "bounce_copy.copies"), 2 * slice.counted_packets);
	assert_int_equal(harness_counter(&slice, "bounce_copy.bytes"),
			 2 * 64 * slice.counted_packets);
}

/* Each packet's buffer is mapped and unmapped once on its way in and once on its way out. */
static void
slots_are_counted(void **state)
{
	struct datapath_config config = harness_config(harness_bit("bounce_alloc"));
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);

	(void)state;
	assert_int_equal(harness_counter(&slice, "bounce_alloc.found"), 2 * slice.counted_packets);
	assert_int_equal(harness_counter(&slice, "bounce_alloc.freed"), 2 * slice.counted_packets);
	assert_int_equal(harness_counter(&slice, "bounce_alloc.full"), 0);
	/* A receive buffer takes two slots, a frame of 64 B one. */
	assert_int_equal(harness_counter(&slice, "bounce_alloc.slots"), 3 * slice.counted_packets);
	assert_true(harness_counter(&slice, "bounce_alloc.searched") >= 2 * slice.counted_packets);
	assert_true(harness_counter(&slice, "bounce_alloc.areas") >= 2 * slice.counted_packets);
	/* There is one queue pair. */
	assert_int_equal(harness_counter(&slice, "bounce_alloc.contended"), 0);
}

static void
conversions_exit(void **state)
{
	struct datapath_config config = harness_config(harness_bit("psc"));
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	uint64_t conversions = harness_counter(&slice, "psc.conversions");

	(void)state;
	/* A 4 KiB page holds fewer than three slots, and a slot lies in at most two pages. */
	assert_true(conversions * 3 > 2 * slice.counted_packets);
	assert_true(conversions <= 8 * slice.counted_packets);
	assert_int_equal(harness_counter(&slice, "exits.psc"), conversions);
	assert_int_equal(harness_counter(&slice, "psc.failures"), 0);
}

static void
conversions_by_burst_exit_less(void **state)
{
	struct datapath_config config = harness_config(harness_bit("psc"));

	(void)state;
	harness_set(&config, "psc", "per", "burst");
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	uint64_t exits = harness_counter(&slice, "exits.psc");

	/* At most one a call: a map and an unmap, each way, for every burst. */
	assert_true(exits > 0);
	assert_true(exits <= 4ull * slice.bursts);
}

static void
translations_miss_once(void **state)
{
	struct datapath_config config = harness_config(harness_bit("iotlb"));

	(void)state;
	harness_set(&config, "iotlb", "strict", "off");
	harness_set(&config, "iotlb", "page", "region");
	struct lane *lane = harness_lane(test_bench, &config);

	harness_slice(lane, SLICE_NS);
	struct slice slice = harness_slice(lane, SLICE_NS);

	assert_int_equal(harness_counter(&slice, "iotlb.misses"), 0);
	assert_int_equal(harness_counter(&slice, "iotlb.refused"), 0);
}

static void
strict_unmapping_invalidates(void **state)
{
	struct datapath_config config = harness_config(harness_bit("iotlb"));
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	uint64_t invalidations = harness_counter(&slice, "iotlb.invalidations");

	(void)state;
	assert_true(invalidations * 3 > 2 * slice.counted_packets);
	/* What was forgotten is asked for again. */
	assert_true(harness_counter(&slice, "iotlb.misses") > 0);
	assert_int_equal(slice.packets_in, slice.packets_out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shadow_memory_is_measured, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(work_comes_back, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(injected_cost_comes_back, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(drops_have_names, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(copies_are_counted, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(slots_are_counted, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(conversions_exit, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(conversions_by_burst_exit_less, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(translations_miss_once, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(strict_unmapping_invalidates, harness_open_bench,
						harness_close_bench),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
