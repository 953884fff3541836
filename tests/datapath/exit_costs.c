/* SPDX-License-Identifier: BSD-3-Clause */
/* The sources that make each exit dearer: added to every exit, to nothing else, and for real where asked. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "base/fidelity.h"
#include "datapath/exits/exit.h"
#include "datapath/host/traffic.h"
#include "datapath/sources/source.h"

#define SLICE_NS 500000
#define COST "300 cycles"
#define COST_CYCLES 300

static const char *const names[] = {"vmexit_check", "register_encryption", "tlb_check"};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

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
	struct slice slice = harness_slice(harness_lane(bench, &config), SLICE_NS);
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
	struct slice slice = harness_slice(harness_lane(bench, &config), SLICE_NS);

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
	struct slice slice = harness_slice(harness_lane(bench, &config), SLICE_NS);

	assert_true(harness_counter(&slice, "exits.doorbell") > 0);
	assert_int_equal(harness_counter(&slice, "tlb_check.flushes"),
			 harness_counter(&slice, "exits.doorbell"));
	assert_int_equal(harness_counter(&slice, "tlb_check.failures"), 0);
	assert_int_equal(before, FIDELITY_MODELLED);
	assert_int_equal(datapath_config_source_fidelity(&config,
							 (unsigned int)source_find("tlb_check")),
			 FIDELITY_MODELLED | FIDELITY_STAND_IN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_exit_is_added_to, open_bench, close_bench),
		cmocka_unit_test_setup_teardown(without_exits_nothing_is_added, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(the_tlb_is_flushed_when_asked, open_bench,
						close_bench),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
