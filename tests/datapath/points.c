/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a guest exits, and how often: known traffic meets each point a known number of times. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "base/fidelity.h"
#include "datapath/exits/exit.h"
#include "datapath/guest/memory.h"
#include "datapath/guest/port.h"

#define SLICE_NS 300000

static const char *const names[] = {"doorbell", "interrupt", "eoi", "timestamp", "idle"};

#define N_POINTS (sizeof(names) / sizeof(names[0]))

/* With exits at these points and no others, each is met so often a burst. */
static void
expect_exits(struct datapath_config *config, const char *at, const unsigned int *per_burst)
{
	char name[32];

	harness_set(config, "vc", "at", at);
	struct slice slice = harness_slice(harness_lane(test_bench, config), SLICE_NS);

	for (size_t i = 0; i < N_POINTS; i++) {
		snprintf(name, sizeof(name), "exits.%s", names[i]);
		assert_int_equal(harness_counter(&slice, name),
				 strstr(at, names[i]) ? per_burst[i] * slice.bursts : 0);
	}
}

static void
expect_each(struct datapath_config *config, const unsigned int *per_burst)
{
	for (size_t i = 0; i < N_POINTS; i++)
		expect_exits(config, names[i], per_burst);
	expect_exits(config, "doorbell, interrupt, eoi, timestamp, idle", per_burst);
}

/* A doorbell for the refill and one for what is sent; nothing that an interrupt would bring. */
static void
polling(void **state)
{
	static const unsigned int per_burst[N_POINTS] = {2, 0, 0, 1, 0};
	struct datapath_config config = harness_config(harness_bit("vc"));

	(void)state;
	expect_each(&config, per_burst);
	config = harness_config(harness_bit("vc") | harness_bit("bounce_copy"));
	config.mergeable = true;
	config.format = 1;
	expect_each(&config, per_burst);
	config = harness_config(harness_bit("vc") | harness_bit("bounce_copy"));
	harness_set(&config, "bounce_copy", "mode", "header");
	config.queues = 2;
	expect_each(&config, per_burst);
}

/*
 * Asleep between two bursts: it halts, is called once, takes the interrupt and looks at
 * one burst. Nothing is spent on looking for more.
 */
static void
sleeping(void **state)
{
	static const unsigned int per_burst[N_POINTS] = {2, 1, 1, 1, 1};

	(void)state;
	for (unsigned int kind = 0; kind < 8; kind++) {
		struct datapath_config config =
			harness_config(harness_bit("vc") | harness_bit("interrupt") |
				       (kind & 4 ? harness_bit("bounce_copy") : 0));

		config.format = kind & 1;
		config.event_idx = kind & 2;
		expect_each(&config, per_burst);

		struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);

		assert_int_equal(harness_counter(&slice, "interrupt.sleeps"), slice.bursts);
		assert_int_equal(harness_counter(&slice, "interrupt.wakes"), slice.bursts);
		assert_int_equal(harness_counter(&slice, "interrupt.timeouts"), 0);
		assert_int_equal(harness_counter(&slice, "interrupt.races"), 0);
	}
}

/* In lock-step a call that is held back does not come: the guest goes on without one. */
static void
moderated_by_time(void **state)
{
	struct datapath_config config =
		harness_config(harness_bit("vc") | harness_bit("interrupt"));

	(void)state;
	harness_set(&config, "interrupt", "gap", "1 s");
	harness_set(&config, "vc", "at", "interrupt, eoi");
	struct lane *lane = harness_lane(test_bench, &config);

	harness_slice(lane, SLICE_NS);
	struct slice slice = harness_slice(lane, SLICE_NS);

	assert_int_equal(harness_counter(&slice, "interrupt.wakes"), 0);
	assert_int_equal(harness_counter(&slice, "exits.interrupt"), 0);
	assert_true(harness_counter(&slice, "interrupt.holds") >= slice.bursts);
}

/* A call for a burst, and none for less. */
static void
moderated_by_frames(void **state)
{
	struct datapath_config config = harness_config(harness_bit("interrupt"));

	(void)state;
	config.event_idx = true;
	for (config.format = 0; config.format < 2; config.format++) {
		harness_set(&config, "interrupt", "frames", "32");
		struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);

		assert_int_equal(harness_counter(&slice, "interrupt.wakes"), slice.bursts);
		harness_set(&config, "interrupt", "frames", "33");
		slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
		assert_int_equal(harness_counter(&slice, "interrupt.wakes"), 0);
		assert_int_equal(harness_counter(&slice, "interrupt.timeouts"), slice.bursts);
	}
}

/* Lanes that poll take turns with one that sleeps: its calls are its own. */
static void
beside_a_polling_lane(void **state)
{
	struct datapath_config polls = harness_config(harness_bit("vc")),
			       sleeps = harness_config(harness_bit("interrupt"));
	struct lane *a = harness_lane(test_bench, &polls), *b = harness_lane(test_bench, &sleeps);

	(void)state;
	assert_true(lane_same_device(a, b));
	for (int i = 0; i < 3; i++) {
		struct slice slice = harness_slice(a, SLICE_NS);

		assert_int_equal(harness_counter(&slice, "exits.doorbell"), 2 * slice.bursts);
		slice = harness_slice(b, SLICE_NS);
		assert_int_equal(harness_counter(&slice, "interrupt.wakes"), slice.bursts);
	}
}

/* What decoding is charged is part of an exit's budget, and told apart. */
static void
decoding(void **state)
{
	struct datapath_config config = harness_config(harness_bit("vc"));

	(void)state;
	harness_set(&config, "vc", "at", "doorbell, timestamp");
	harness_set(&config, "vc", "cost", "1000 cycles");
	harness_set(&config, "vc", "decode", "700 cycles");
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	uint64_t exits = 3ull * slice.bursts;

	assert_int_equal(harness_counter(&slice, "vc.decode_cycles"), 700 * exits);
	/* What the exit before the slice ended late is off the first one of it. */
	assert_in_range(harness_counter(&slice, "exits.cycles"),
			1700 * exits - EXIT_LATE_CYCLES_MAX, UINT64_MAX);
}

/* How many pages of that size a slot's frame of 64 B and its header lie in, each way. */
static void
pages_walked(void **state)
{
	struct datapath_config config = harness_config(harness_bit("rmp_check"));
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	uint64_t pages = harness_counter(&slice, "rmp_check.pages");
	const struct memory_provider *memory = memory_chosen(config.memory);

	(void)state;
	/* A few slots have a page's end in the first 76 B of their data. */
	if (memory->page_bytes > 4096)
		assert_int_equal(pages, 2 * slice.counted_packets);
	assert_in_range(pages, 2 * slice.counted_packets, 4 * slice.counted_packets);
}

/* A frame of 64 B and its header are one packet of the link; the host's time pays, each way. */
static void
link_encrypted(void **state)
{
	struct datapath_config config = harness_config(harness_bit("ide"));
	struct slice slice;

	(void)state;
	harness_set(&config, "ide", "cost", "2000 cycles");
	slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	assert_int_equal(harness_counter(&slice, "ide.tlps"), 2 * slice.counted_packets);
	assert_int_equal(harness_counter(&slice, "ide.bytes"), 16 * 2 * slice.counted_packets);
	assert_true(slice.host_cycles_per_packet > 4000);
	assert_true(slice.guest_cycles_per_packet < slice.host_cycles_per_packet);
}

/* It is said, and nothing else is different. */
static void
memory_encryption(void **state)
{
	struct datapath_config config = harness_config(harness_bit("memory_encryption"));
	struct datapath_config ideal = harness_config(0);
	struct lane *on = harness_lane(test_bench, &config),
		    *off = harness_lane(test_bench, &ideal);

	(void)state;
	assert_int_equal(datapath_config_fidelity(&config),
			 datapath_config_fidelity(&ideal) | FIDELITY_NOT_EMULATED);
	assert_ptr_equal(lane_port(on, 0)->rx, lane_port(off, 0)->rx);
	assert_ptr_equal(lane_port(on, 0)->tx, lane_port(off, 0)->tx);
	assert_memory_equal(lane_port(on, 0)->points, lane_port(off, 0)->points,
			    sizeof(lane_port(on, 0)->points));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(polling, harness_open_bench, harness_close_bench),
		cmocka_unit_test_setup_teardown(sleeping, harness_open_bench, harness_close_bench),
		cmocka_unit_test_setup_teardown(moderated_by_time, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(moderated_by_frames, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(beside_a_polling_lane, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(pages_walked, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(link_encrypted, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(memory_encryption, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(decoding, harness_open_bench, harness_close_bench),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
