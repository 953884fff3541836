/* SPDX-License-Identifier: BSD-3-Clause */
/* The sources that make each exit dearer: added to every exit, to nothing else, and for real where asked. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "base/fidelity.h"
#include "datapath/exits/exit.h"
#include "datapath/sources/source.h"

#define SLICE_NS 500000
#define COST "300 cycles"
#define COST_CYCLES 300

static const char *const names[] = {"vmexit_check", "register_encryption", "tlb_check"};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

static struct datapath_config
all_with(unsigned int others)
{
	unsigned int bits = others;

	for (unsigned int i = 0; i < N_NAMES; i++)
		bits |= harness_bit(names[i]);
	struct datapath_config config = harness_config(bits);

	for (unsigned int i = 0; i < N_NAMES; i++)
		harness_set(&config, names[i], "cost", COST);
	return config;
}

static uint64_t
count_of(const struct slice *slice, const char *source, const char *counter)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", source, counter);
	return harness_counter(slice, name);
}

static void
every_exit_is_added_to(void **state)
{
	struct datapath_config config = all_with(harness_bit("vc") | harness_bit("psc"));
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);
	uint64_t exits =
		harness_counter(&slice, "exits.doorbell") + harness_counter(&slice, "exits.psc");

	(void)state;
	assert_true(harness_counter(&slice, "exits.psc") > 0);
	assert_true(harness_counter(&slice, "exits.doorbell") > 0);
	for (unsigned int i = 0; i < N_NAMES; i++)
		assert_int_equal(count_of(&slice, names[i], "exits"), exits);
	assert_int_equal(harness_counter(&slice, "tlb_check.flushes"), 0);
	/* harness_config() gives both sources that exit 500 cycles. */
	assert_true(harness_counter(&slice, "exits.cycles") + EXIT_LATE_CYCLES_MAX >=
		    exits * (500 + N_NAMES * COST_CYCLES));
}

static void
without_exits_nothing_is_added(void **state)
{
	struct datapath_config config = all_with(0);
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);

	(void)state;
	assert_true(slice.counted_packets > 0);
	for (unsigned int i = 0; i < N_NAMES; i++)
		assert_int_equal(count_of(&slice, names[i], "exits"), 0);
	assert_int_equal(harness_counter(&slice, "exits.cycles"), 0);
}

static void
the_tlb_is_flushed_when_asked(void **state)
{
	struct datapath_config config = all_with(harness_bit("vc"));
	unsigned int before =
		datapath_config_source_fidelity(&config, (unsigned int)source_find("tlb_check"));

	(void)state;
	harness_set(&config, "tlb_check", "flush", "on");
	struct slice slice = harness_slice(harness_lane(test_bench, &config), SLICE_NS);

	assert_true(harness_counter(&slice, "exits.doorbell") > 0);
	assert_int_equal(harness_counter(&slice, "tlb_check.flushes"),
			 harness_counter(&slice, "exits.doorbell"));
	assert_int_equal(harness_counter(&slice, "tlb_check.failures"), 0);
	assert_int_equal(before, FIDELITY_MODELLED);
	assert_int_equal(datapath_config_source_fidelity(&config,
							 (unsigned int)source_find("tlb_check")),
			 FIDELITY_MODELLED | FIDELITY_STAND_IN);
}

static struct exit_area area;

static int
open_counted_bench(void **state)
{
	exit_area_use(&area);
	return harness_open_bench(state);
}

/* Lanes are given back to the area that they are of. */
static int
close_counted_bench(void **state)
{
	harness_close_bench(state);
	exit_area_use(NULL);
	return 0;
}

/* A part's exits and packets, of all lanes. */
static void
sum_area(enum exit_part part, uint64_t *exits, uint64_t *packets)
{
	*exits = *packets = 0;
	for (int i = 0; i < EXIT_AREA_LANES; i++) {
		*packets += area.lanes[i].packets[part];
		for (int reason = 0; reason < EXIT_AREA_REASONS; reason++)
			*exits += area.lanes[i].lines[part][reason].count;
	}
}

/* A slice that is asked for, and one that is not: only metered bursts are of the set. */
static void
metered_bursts_are_counted_apart(void **state)
{
	struct datapath_config config = harness_config(harness_bit("vc"));
	uint64_t exits, packets, other_exits, other_packets;
	struct slice asked, other;
	struct lane *lane;

	(void)state;
	lane = harness_lane(test_bench, &config);
	area.head.metered_set = 1;
	asked = harness_slice(lane, SLICE_NS);
	area.head.metered_set = 0;
	other = harness_slice(lane, SLICE_NS);
	sum_area(EXIT_PART_METERED, &exits, &packets);
	sum_area(EXIT_PART_OTHER, &other_exits, &other_packets);
	assert_int_equal(area.head.set, 0);
	assert_int_equal(exits, harness_counter(&asked, "exits.doorbell"));
	assert_int_equal(packets, asked.counted_packets);
	assert_int_equal(packets + other_packets, asked.packets_in + other.packets_in);
	/* Warm-up and draining have exits, too, but not as many a packet. */
	assert_true(other_exits > harness_counter(&other, "exits.doorbell"));
	assert_true(other_packets - other.counted_packets > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_exit_is_added_to, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(without_exits_nothing_is_added, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(the_tlb_is_flushed_when_asked, harness_open_bench,
						harness_close_bench),
		cmocka_unit_test_setup_teardown(metered_bursts_are_counted_apart,
						open_counted_bench, close_counted_bench),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
