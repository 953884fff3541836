/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: which cells a configuration file gives, and that the resolved file gives them again. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config_text.h"
#include "datapath/sources/source.h"
#include "plan_text.h"

static void
test_smallest(void **state)
{
	(void)state;
	expect_plan(ONE, "L folio/ideal 64\nc A/A/ideal 64\n");
}

static void
test_defaults(void **state)
{
	struct experiment *e = config_expect(&folder, ONE, NULL, 0);

	(void)state;
	assert_string_equal(e->name, "x");
	assert_string_equal(e->topology, "lockstep");
	assert_string_equal(e->workload, "macswap");
	assert_string_equal(e->reference, "ideal");
	assert_string_equal(e->costs, "test");
	assert_string_equal(e->path, folder.config);
	assert_int_equal(e->measure.slice_ns, 200000);
	assert_int_equal(e->measure.pairs, 16);
	assert_int_equal(e->measure.restarts, 2);
	assert_true(e->measure.precision == 0.005);
	assert_true(e->measure.budget_ns == 60000000000);
	assert_int_equal(e->measure.seed, 1);
	assert_false(e->attribution.wanted);
	assert_int_equal(e->n_configurations, 2);
	assert_string_equal(e->configurations[1].name, "ideal");
	assert_string_equal(e->cells[0].workload, "macswap");
	assert_string_equal(e->cells[0].traffic, "64");
	assert_int_equal(e->cells[0].factors, 0);
	experiment_close(e);
}

static void
test_control_on_two_devices(void **state)
{
	(void)state;
	expect_plan(TWO, "L folio/ideal 64\nL naive/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n");
	expect_plan(HEAD "configurations: [{preset: folio, ring: 512}]\n",
		    "L folio/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n");
}

static void
test_reference_among_the_configurations(void **state)
{
	(void)state;
	expect_plan(HEAD
		    "reference: swiotlb\nconfigurations: [{preset: swiotlb}, {preset: folio}]\n",
		    "L folio/swiotlb 64\nc A/A/swiotlb 64\n");
	expect_plan(HEAD "reference: mine\nconfigurations:\n"
			 "  - {name: mine, preset: ideal, burst: 8}\n  - preset: folio\n",
		    "L folio/mine 64\nc A/A/mine 64\n");
	expect_plan(HEAD "configurations: [{preset: ideal}]\n", "c A/A/ideal 64\n");
}

static void
test_sizes_then_traffic(void **state)
{
	config_write(&folder, "f.pcap", "x", 1);
	(void)state;
	expect_plan(ONE "sweep:\n  traffic: [imix, {pcap: f.pcap}, {size: 100}]\n"
			"  frame_size: [64, 1500]\n",
		    "L folio/ideal 64\nc A/A/ideal 64\n"
		    "L folio/ideal 1500\nc A/A/ideal 1500\n"
		    "L folio/ideal imix\nc A/A/ideal imix\n"
		    "L folio/ideal f.pcap\nc A/A/ideal f.pcap\n"
		    "L folio/ideal 100\nc A/A/ideal 100\n");
	expect_plan(ONE "traffic: imix\n", "L folio/ideal imix\nc A/A/ideal imix\n");
	expect_plan(ONE "traffic: {size: 90}\n", "L folio/ideal 90\nc A/A/ideal 90\n");
	expect_plan(ONE "frame_size: 90\n", "L folio/ideal 90\nc A/A/ideal 90\n");
	expect_plan(ONE "payload_size: 1\n", "L folio/ideal payload:1\nc A/A/ideal payload:1\n");
	expect_plan(ONE "sweep: {traffic: [imix], payload_size: [1, 1472]}\n",
		    "L folio/ideal payload:1\nc A/A/ideal payload:1\n"
		    "L folio/ideal payload:1472\nc A/A/ideal payload:1472\n"
		    "L folio/ideal imix\nc A/A/ideal imix\n");
}

static void
test_captures_are_found_beside_the_file(void **state)
{
	const struct assignment here = {"traffic", "{pcap: g.pcap}"};
	char wanted[600], folder_path[PATH_MAX], *before = getcwd(NULL, 0);
	struct experiment *e;

	(void)state;
	config_write(&folder, "f.pcap", "x", 1);
	config_write(&folder, "costs/g.pcap", "x", 1);
	assert_non_null(realpath(folder.path, folder_path));
	e = expect_plan_with(ONE "traffic: {pcap: f.pcap}\n", NULL, 0,
			     "L folio/ideal f.pcap\nc A/A/ideal f.pcap\n");
	snprintf(wanted, sizeof(wanted), "pcap:%.500s/f.pcap", folder_path);
	assert_string_equal(e->cells[0].traffic, wanted);
	experiment_close(e);

	/* --set speaks of the present folder. */
	assert_int_equal(chdir(folder.costs), 0);
	e = expect_plan_with(ONE, &here, 1, "L folio/ideal g.pcap\nc A/A/ideal g.pcap\n");
	snprintf(wanted, sizeof(wanted), "pcap:%.500s/costs/g.pcap", folder_path);
	assert_string_equal(e->cells[0].traffic, wanted);
	experiment_close(e);
	assert_int_equal(chdir(before), 0);
	free(before);
}

static void
test_sweep_of_a_source_option(void **state)
{
	(void)state;
	expect_plan(TWO "sweep: {sources.vc.cost: [2000 cycles, 8000 cycles]}\n",
		    "L folio/ideal 64\n"
		    "L naive/ideal 64 [sources.vc.cost=2000 cycles]\n"
		    "L naive/ideal 64 [sources.vc.cost=8000 cycles]\n"
		    "c A/A/ideal 64\nd A/A/ideal 64\n");
}

static void
test_ranges(void **state)
{
	(void)state;
	expect_plan(ONE "sweep: {frame_size: {from: 64, to: 200, step: 64}}\n",
		    "L folio/ideal 64\nc A/A/ideal 64\nL folio/ideal 128\nc A/A/ideal 128\n"
		    "L folio/ideal 192\nc A/A/ideal 192\n");
	expect_plan(HEAD
		    "configurations: [{preset: ideal, name: mine, sources: {vc: on}}]\n"
		    "sweep: {sources.vc.cost: {from: 1000 cycles, to: 4000 cycles, factor: 2}}\n",
		    "L mine/ideal 64 [sources.vc.cost=1000 cycles]\n"
		    "L mine/ideal 64 [sources.vc.cost=2000 cycles]\n"
		    "L mine/ideal 64 [sources.vc.cost=4000 cycles]\nc A/A/ideal 64\n");
	expect_set(ONE, "sweep.burst", "{from: 8, to: 32, factor: 2}",
		   "L folio/ideal 64 [burst=8]\nL folio/ideal 64 [burst=16]\n"
		   "L folio/ideal 64 [burst=32]\nc A/A/ideal 64 [burst=8]\n"
		   "c A/A/ideal 64 [burst=16]\nc A/A/ideal 64 [burst=32]\n");
}

/* A cost of a source that is off makes no second cell; combinations may be many more than cells. */
static void
test_dependent_options_give_no_equal_cells(void **state)
{
	(void)state;
	expect_plan(HEAD "max_cells: 3\n"
			 "configurations: [{preset: ideal, name: mine}]\n"
			 "sweep:\n  sources.vc: [on, off]\n"
			 "  sources.vc.cost: [2000 cycles]\n"
			 "  sources.psc.cost: {from: 1 us, to: 1000 us, step: 1 us}\n",
		    "L mine/ideal 64 [sources.vc=on, sources.vc.cost=2000 cycles]\n"
		    "L mine/ideal 64 [sources.vc=off]\nc A/A/ideal 64\n");
}

static void
test_sweep_of_a_switch(void **state)
{
	(void)state;
	expect_plan(ONE
		    "sweep: {sources.vc: [off, on], sources.vc.cost: [1000 cycles, 2000 cycles]}\n",
		    "L folio/ideal 64 [sources.vc=off]\n"
		    "L folio/ideal 64 [sources.vc=on, sources.vc.cost=1000 cycles]\n"
		    "L folio/ideal 64 [sources.vc=on, sources.vc.cost=2000 cycles]\n"
		    "c A/A/ideal 64\n");
}

static void
test_sweep_of_the_datapath_takes_the_reference_along(void **state)
{
	struct experiment *e = expect_plan_with(ONE "sweep: {ring: [256, 512], burst: [8, 32]}\n",
						NULL, 0,
						"L folio/ideal 64 [ring=256, burst=8]\n"
						"L folio/ideal 64 [ring=256, burst=32]\n"
						"L folio/ideal 64 [ring=512, burst=8]\n"
						"L folio/ideal 64 [ring=512, burst=32]\n"
						"c A/A/ideal 64 [ring=256, burst=8]\n"
						"c A/A/ideal 64 [ring=256, burst=32]\n"
						"c A/A/ideal 64 [ring=512, burst=8]\n"
						"c A/A/ideal 64 [ring=512, burst=32]\n");

	(void)state;
	for (uint32_t i = 0; i < e->n_cells; i++) {
		assert_int_equal(e->cells[i].config.ring_size,
				 e->cells[i].reference_config.ring_size);
		assert_int_equal(e->cells[i].config.burst, e->cells[i].reference_config.burst);
	}
	experiment_close(e);
}

/* A rate is the host's: cells that differ in it alone run on the same configurations. */
static void
test_sweep_of_the_rate(void **state)
{
	struct experiment *e = expect_plan_with(
		ONE "topology: two-process\nrate: 5 kpps\nsweep: {rate: [50 kpps, max]}\n"
		    "include: [{configuration: folio, rate: 1 Mpps}, {configuration: folio}]\n",
		NULL, 0,
		"L folio/ideal 64 [rate=50 kpps]\nL folio/ideal 64 [rate=max]\n"
		"L folio/ideal 64 [rate=1 Mpps]\nL folio/ideal 64\n"
		"c A/A/ideal 64 [rate=50 kpps]\nc A/A/ideal 64 [rate=max]\n");
	const uint64_t rates_pps[] = {50000, RATE_MAX, 1000000, 5000, 50000, RATE_MAX};

	(void)state;
	for (uint32_t i = 0; i < e->n_cells; i++) {
		assert_int_equal(e->cells[i].rate_pps, rates_pps[i]);
		assert_memory_equal(&e->cells[i].reference_config, &e->cells[0].reference_config,
				    sizeof(e->cells[0].reference_config));
	}
	experiment_close(e);
}

static void
test_sweep_leaves_the_references_sources(void **state)
{
	int vc = source_find("vc");
	struct experiment *e = expect_plan_with(
		HEAD "reference: naive\nconfigurations: [{preset: ideal}]\n"
		     "sweep: {sources.vc: [on, off], sources.vc.cost: [7 cycles]}\n",
		NULL, 0,
		"L ideal/naive 64 [sources.vc=on, sources.vc.cost=7 cycles]\n"
		"L ideal/naive 64 [sources.vc=off]\nc A/A/naive 64\nd A/A/naive 64\n");

	(void)state;
	for (uint32_t i = 0; i < e->n_cells; i++)
		assert_true(e->cells[i].reference_config.sources[vc].on);
	assert_memory_equal(&e->cells[0].reference_config, &e->cells[1].reference_config,
			    sizeof(e->cells[0].config));
	experiment_close(e);
}

static void
test_a_cost_may_come_from_the_sweep(void **state)
{
	(void)state;
	expect_plan("folio: 1\nname: x\nconfigurations:\n"
		    "  - {name: vc, preset: ideal, sources: {vc: on}}\n"
		    "sweep: {sources.vc.cost: [1000 cycles, 2000 cycles]}\n",
		    "L vc/ideal 64 [sources.vc.cost=1000 cycles]\n"
		    "L vc/ideal 64 [sources.vc.cost=2000 cycles]\nc A/A/ideal 64\n");
}

static void
test_exclude(void **state)
{
	(void)state;
	expect_plan(TWO "sweep: {frame_size: [64, 1500]}\n"
			"exclude: [{configuration: folio, frame_size: 1500}]\n",
		    "L folio/ideal 64\nL naive/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n"
		    "L naive/ideal 1500\nc A/A/ideal 1500\nd A/A/ideal 1500\n");
	/* Without a configuration the traffic goes, its controls with it. */
	expect_plan(TWO "sweep: {frame_size: [64], traffic: [imix]}\nexclude: [{traffic: imix}]\n",
		    "L folio/ideal 64\nL naive/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n");
	expect_plan(TWO "sweep: {sources.vc.cost: [1 cycles, 2 cycles]}\n"
			"exclude: [{sources.vc.cost: 1 cycles, configuration: naive}]\n",
		    "L folio/ideal 64\nL naive/ideal 64 [sources.vc.cost=2 cycles]\n"
		    "c A/A/ideal 64\nd A/A/ideal 64\n");
	expect_plan(ONE "sweep: {burst: [8, 16]}\nexclude: [{burst: 8}, {burst: 32}]\n",
		    "L folio/ideal 64 [burst=16]\nc A/A/ideal 64 [burst=16]\n");
}

static void
test_include(void **state)
{
	(void)state;
	expect_plan(TWO "sweep: {frame_size: [64, 1500]}\n"
			"include: [{configuration: folio, frame_size: 1500, burst: 8}]\n",
		    "L folio/ideal 64\nL naive/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n"
		    "L folio/ideal 1500\nL naive/ideal 1500\nL folio/ideal 1500 [burst=8]\n"
		    "c A/A/ideal 1500\nd A/A/ideal 1500\n");
	/* What is there already is not added; without a traffic it is for each. */
	expect_plan(ONE
		    "sweep: {frame_size: [64, 1500]}\n"
		    "include: [{configuration: folio}, {configuration: folio, sources.vc: on}]\n",
		    "L folio/ideal 64\nL folio/ideal 64 [sources.vc=on]\nc A/A/ideal 64\n"
		    "L folio/ideal 1500\nL folio/ideal 1500 [sources.vc=on]\nc A/A/ideal 1500\n");
	/* A traffic of its own is a row of its own. */
	expect_plan(TWO "include: [{configuration: folio, traffic: imix}]\n",
		    "L folio/ideal 64\nL naive/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n"
		    "L folio/ideal imix\nc A/A/ideal imix\n");
}

static void
test_what_holds_for_all(void **state)
{
	struct experiment *e = config_expect(&folder,
					     HEAD "burst: 16\nsources: {vc: {cost: 5 cycles}}\n"
						  "configurations: [{preset: naive}, "
						  "{preset: folio, burst: 8}]\n",
					     NULL, 0);

	(void)state;
	expect_round_trip(e);
	assert_int_equal(e->cells[0].config.burst, 16);
	assert_int_equal(e->cells[0].reference_config.burst, 16);
	assert_int_equal(e->cells[1].config.burst, 8);
	assert_non_null(
		strstr(e->resolved, "vc: {at: [doorbell], cost: 5 cycles, decode: 0 cycles}"));
	experiment_close(e);
}

static void
test_aliases_and_quotes(void **state)
{
	(void)state;
	expect_plan(HEAD "configurations:\n"
			 "  - {preset: folio, sources: &s {vc: {cost: &c 5 cycles}}}\n"
			 "  - {name: \"b\", preset: 'ideal', sources: *s, burst: !!int 16}\n",
		    "L folio/ideal 64\nL b/ideal 64\nc A/A/ideal 64\n");
}

static void
test_odd_file_names(void **state)
{
	static const char name[] = "a b: [c]#, \"d\" 'e' \\ \xc3\xa4.pcap";
	char text[512];

	(void)state;
	config_write(&folder, name, "x", 1);
	snprintf(text, sizeof(text), ONE "traffic:\n  pcap: |\n    %s\n", name);
	experiment_close(expect_plan_with(text, NULL, 0,
					  "L folio/ideal a b: [c]#, \"d\" 'e' \\ \xc3\xa4.pcap\n"
					  "c A/A/ideal a b: [c]#, \"d\" 'e' \\ \xc3\xa4.pcap\n"));
}

static void
test_shipped_files(void **state)
{
	static const struct {
		const char *path;
		uint32_t cells;
	} cases[] = {{TEST_SOURCE_DIR "/configs/quick.yaml", 60},
		     {TEST_SOURCE_DIR "/configs/breakdown.yaml", 45}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct experiment *e;

		assert_int_equal(experiment_open(cases[i].path, TEST_SOURCE_DIR "/configs/costs",
						 NULL, 0, &e),
				 0);
		assert_int_equal(e->n_cells, cases[i].cells);
		experiment_close(e);
	}
}

static void
test_presets(void **state)
{
	struct experiment *e = config_expect(&folder,
					     HEAD
					     "configurations: [{preset: ideal}, {preset: folio}, "
					     "{preset: swiotlb}, {preset: naive}]\n",
					     NULL, 0);
	static const char *const on[][8] = {
		{NULL},
		{"bounce_copy"},
		{"bounce_alloc", "bounce_copy"},
		{"bounce_alloc", "bounce_copy", "psc", "vc", "iotlb"},
	};

	(void)state;
	assert_int_equal(e->n_configurations, 4);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t wanted = 0, got = 0;

		for (size_t j = 0; on[i][j]; j++)
			wanted |= 1u << source_find(on[i][j]);
		for (int s = 0; sources[s]; s++)
			got |= (uint32_t)e->configurations[i].config.sources[s].on << s;
		assert_int_equal(got, wanted);
	}
	assert_non_null(strstr(e->resolved, "strict: on}"));
	experiment_close(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_control_on_two_devices),
		cmocka_unit_test(test_reference_among_the_configurations),
		cmocka_unit_test(test_sizes_then_traffic),
		cmocka_unit_test(test_captures_are_found_beside_the_file),
		cmocka_unit_test(test_sweep_of_a_source_option),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_dependent_options_give_no_equal_cells),
		cmocka_unit_test(test_sweep_of_a_switch),
		cmocka_unit_test(test_sweep_of_the_datapath_takes_the_reference_along),
		cmocka_unit_test(test_sweep_of_the_rate),
		cmocka_unit_test(test_sweep_leaves_the_references_sources),
		cmocka_unit_test(test_a_cost_may_come_from_the_sweep),
		cmocka_unit_test(test_exclude),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_what_holds_for_all),
		cmocka_unit_test(test_aliases_and_quotes),
		cmocka_unit_test(test_odd_file_names),
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_shipped_files),
	};

	return cmocka_run_group_tests(tests, config_set_up, config_tear_down);
}
