/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a guest exits, and how often: known traffic meets each point a known number of times. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "datapath/host/traffic.h"

#define SLICE_NS 300000

static const char *const names[] = {"doorbell", "interrupt", "eoi", "timestamp", "idle"};

#define POINTS (sizeof(names) / sizeof(names[0]))

static struct lockstep *bench;
static struct traffic traffic;

static int
open_bench(void **state)
{
	char why[256];

	(void)state;
	bench = harness_bench();
	return traffic_open("64", 1, &traffic, why, sizeof(why)) ||
	       lockstep_set_traffic(bench, &traffic);
}

static int
close_bench(void **state)
{
	(void)state;
	lockstep_close(bench);
	traffic_close(&traffic);
	return 0;
}

/* With exits at these points and no others, each is met so often a burst. */
static void
expect_exits(struct datapath_config *config, const char *at, const unsigned int *per_burst)
{
	char name[32];

	harness_set(config, "vc", "at", at);
	struct slice slice = harness_slice(harness_lane(bench, config), SLICE_NS);

	for (size_t i = 0; i < POINTS; i++) {
		snprintf(name, sizeof(name), "exits.%s", names[i]);
		assert_int_equal(harness_counter(&slice, name),
				 strstr(at, names[i]) ? per_burst[i] * slice.bursts : 0);
	}
}

static void
expect_each(struct datapath_config *config, const unsigned int *per_burst)
{
	for (size_t i = 0; i < POINTS; i++)
		expect_exits(config, names[i], per_burst);
	expect_exits(config, "doorbell, interrupt, eoi, timestamp, idle", per_burst);
}

/* A doorbell for the refill and one for what is sent; nothing that an interrupt would bring. */
static void
polling(void **state)
{
	static const unsigned int per_burst[POINTS] = {2, 0, 0, 1, 0};
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

/* What decoding is charged is part of an exit's budget, and told apart. */
static void
decoding(void **state)
{
	struct datapath_config config = harness_config(harness_bit("vc"));

	(void)state;
	harness_set(&config, "vc", "at", "doorbell, timestamp");
	harness_set(&config, "vc", "cost", "1000 cycles");
	harness_set(&config, "vc", "decode", "700 cycles");
	struct slice slice = harness_slice(harness_lane(bench, &config), SLICE_NS);
	uint64_t exits = 3ull * slice.bursts;

	assert_int_equal(harness_counter(&slice, "vc.decode_cycles"), 700 * exits);
	assert_in_range(harness_counter(&slice, "exits.cycles"), 1700 * exits, UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(polling, open_bench, close_bench),
		cmocka_unit_test_setup_teardown(decoding, open_bench, close_bench),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
