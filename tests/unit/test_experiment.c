/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: which cells a configuration file gives, and that the resolved file gives them again. */
#include <errno.h>
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

#define HEAD "folio: 1\nname: x\ncosts: test\n"
#define ONE HEAD "configurations: [{preset: folio}]\n"
#define TWO HEAD "configurations: [{preset: folio}, {preset: naive}]\n"

static const char role_letters[] = {
	[CELL_LISTED] = 'L', [CELL_ALONE] = '+',   [CELL_REMOVED] = '-',         [CELL_ALL] = '*',
	[CELL_SUBSET] = 's', [CELL_CONTROL] = 'c', [CELL_CONTROL_DEVICES] = 'd',
};

/* "L folio/ideal 64 [variant]", a line for each cell. */
static void
describe(const struct experiment *e, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct cell *cell = &e->cells[i];

		assert_int_equal(cell->id, i);
		used += (size_t)snprintf(text + used, size - used, "%c %s/%s %s%s%s%s\n",
					 role_letters[cell->role], cell->configuration,
					 cell->reference, cell->traffic_label,
					 *cell->variant ? " [" : "", cell->variant,
					 *cell->variant ? "]" : "");
		assert_true(used < size);
	}
}

/* The resolved file gives the same plan, and the same resolved file. */
static void
assert_round_trip(struct experiment *e)
{
	struct experiment *again = config_expect(&folder, e->resolved, NULL, 0);

	assert_string_equal(e->resolved, again->resolved);
	assert_int_equal(e->n_cells, again->n_cells);
	for (uint32_t i = 0; i < e->n_cells; i++)
		assert_memory_equal(&e->cells[i], &again->cells[i], sizeof(e->cells[i]));
	assert_int_equal(e->n_configurations, again->n_configurations);
	assert_memory_equal(e->configurations, again->configurations,
			    e->n_configurations * sizeof(*e->configurations));
	assert_memory_equal(&e->measure, &again->measure, sizeof(e->measure));
	assert_int_equal(e->attribution.wanted, again->attribution.wanted);
	assert_int_equal(e->attribution.design, again->attribution.design);
	assert_int_equal(e->attribution.factors, again->attribution.factors);
	assert_string_equal(e->workload, again->workload);
	assert_string_equal(e->reference, again->reference);
	experiment_close(again);
}

static struct experiment *
expect_plan_with(const char *text, const struct assignment *set, size_t n_set, const char *plan)
{
	struct experiment *e = config_expect(&folder, text, set, n_set);
	static char got[65536];

	describe(e, got, sizeof(got));
	assert_string_equal(got, plan);
	assert_round_trip(e);
	return e;
}

static void
expect_plan(const char *text, const char *plan)
{
	experiment_close(expect_plan_with(text, NULL, 0, plan));
}

static void
expect_set(const char *text, const char *key, const char *value, const char *plan)
{
	const struct assignment set = {key, value};

	experiment_close(expect_plan_with(text, &set, 1, plan));
}

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
test_attribution(void **state)
{
	(void)state;
	expect_plan(ONE "attribution: {factors: [vc, psc]}\n",
		    "L folio/ideal 64\n* factors/ideal 64\n"
		    "+ ideal+psc/ideal 64\n+ ideal+vc/ideal 64\n"
		    "- factors-psc/factors 64\n- factors-vc/factors 64\nc A/A/ideal 64\n");
	expect_plan(ONE "attribution: {method: one-at-a-time}\n",
		    "L folio/ideal 64\n* naive/ideal 64\n"
		    "+ ideal+bounce_alloc/ideal 64\n+ ideal+bounce_copy/ideal 64\n"
		    "+ ideal+psc/ideal 64\n+ ideal+iotlb/ideal 64\n+ ideal+vc/ideal 64\n"
		    "- naive-bounce_alloc/naive 64\n- naive-bounce_copy/naive 64\n"
		    "- naive-psc/naive 64\n- naive-iotlb/naive 64\n- naive-vc/naive 64\n"
		    "c A/A/ideal 64\nd A/A/ideal 64\n");
}

/* Every set of the factors against the ideal, each once. */
static void
test_shapley(void **state)
{
	struct experiment *e;
	uint32_t sets = 0;

	(void)state;
	expect_plan(ONE "attribution: {method: shapley, factors: [vc, psc, iotlb]}\n",
		    "L folio/ideal 64\n* factors/ideal 64\n"
		    "+ ideal+psc/ideal 64\n+ ideal+iotlb/ideal 64\n+ ideal+vc/ideal 64\n"
		    "s ideal+psc+iotlb/ideal 64\ns ideal+psc+vc/ideal 64\n"
		    "s ideal+iotlb+vc/ideal 64\nc A/A/ideal 64\nd A/A/ideal 64\n");
	expect_plan(ONE "attribution: {method: shapley, factors: [vc]}\n",
		    "L folio/ideal 64\n* factors/ideal 64\n+ ideal+vc/ideal 64\n"
		    "c A/A/ideal 64\n");
	e = config_expect(&folder, ONE "attribution: {method: shapley}\n", NULL, 0);
	assert_round_trip(e);
	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct cell *cell = &e->cells[i];
		unsigned int on = 0;

		if (cell->role != CELL_SUBSET && cell->role != CELL_ALONE)
			continue;
		for (unsigned int s = 0; sources[s]; s++)
			on |= (unsigned int)cell->config.sources[s].on << s;
		assert_int_equal(on, cell->factors);
		sets++;
	}
	assert_int_equal(sets, (1u << __builtin_popcount(e->attribution.factors)) - 2);
	experiment_close(e);
}

/* naive is in the plan already; the sweep of a source is not attribution's, that of the ring is. */
static void
test_attribution_beside_a_listed_naive(void **state)
{
	(void)state;
	expect_plan(HEAD "configurations: [{preset: naive}]\nattribution: {}\n"
			 "sweep: {ring: [256, 512]}\n",
		    "L naive/ideal 64 [ring=256]\nL naive/ideal 64 [ring=512]\n"
		    "+ ideal+bounce_alloc/ideal 64 [ring=256]\n"
		    "+ ideal+bounce_copy/ideal 64 [ring=256]\n"
		    "+ ideal+psc/ideal 64 [ring=256]\n+ ideal+iotlb/ideal 64 [ring=256]\n"
		    "+ ideal+vc/ideal 64 [ring=256]\n"
		    "- naive-bounce_alloc/naive 64 [ring=256]\n"
		    "- naive-bounce_copy/naive 64 [ring=256]\n"
		    "- naive-psc/naive 64 [ring=256]\n- naive-iotlb/naive 64 [ring=256]\n"
		    "- naive-vc/naive 64 [ring=256]\n"
		    "+ ideal+bounce_alloc/ideal 64 [ring=512]\n"
		    "+ ideal+bounce_copy/ideal 64 [ring=512]\n"
		    "+ ideal+psc/ideal 64 [ring=512]\n+ ideal+iotlb/ideal 64 [ring=512]\n"
		    "+ ideal+vc/ideal 64 [ring=512]\n"
		    "- naive-bounce_alloc/naive 64 [ring=512]\n"
		    "- naive-bounce_copy/naive 64 [ring=512]\n"
		    "- naive-psc/naive 64 [ring=512]\n- naive-iotlb/naive 64 [ring=512]\n"
		    "- naive-vc/naive 64 [ring=512]\n"
		    "c A/A/ideal 64 [ring=256]\nd A/A/ideal 64 [ring=256]\n"
		    "c A/A/ideal 64 [ring=512]\nd A/A/ideal 64 [ring=512]\n");
	expect_plan(HEAD "configurations: [{preset: naive}]\nattribution: {factors: [vc]}\n"
			 "sweep: {sources.vc.cost: [1 cycles, 2 cycles]}\n",
		    "L naive/ideal 64 [sources.vc.cost=1 cycles]\n"
		    "L naive/ideal 64 [sources.vc.cost=2 cycles]\n"
		    "* factors/ideal 64\n+ ideal+vc/ideal 64\n- factors-vc/factors 64\n"
		    "c A/A/ideal 64\nd A/A/ideal 64\n");
}

/* A factor has the same settings alone, in naive, and in naive less another. */
static void
test_attribution_keeps_a_factors_settings(void **state)
{
	struct experiment *e =
		config_expect(&folder,
			      HEAD "configurations:\n"
				   "  - {preset: naive, sources: {vc: {cost: 77 cycles}}}\n"
				   "attribution: {}\n",
			      NULL, 0);
	uint32_t checked = 0;

	(void)state;
	assert_round_trip(e);
	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct cell *cell = &e->cells[i];
		const struct datapath_config *naive = &e->cells[0].config;

		if (cell->role != CELL_ALONE && cell->role != CELL_REMOVED)
			continue;
		for (int s = 0; sources[s]; s++) {
			bool on = e->attribution.factors >> s & 1 &&
				  (cell->role == CELL_ALONE) == (cell->factors >> s & 1);

			assert_int_equal(cell->config.sources[s].on, on);
			if (on)
				assert_memory_equal(&cell->config.sources[s], &naive->sources[s],
						    sizeof(naive->sources[s]));
		}
		checked++;
	}
	assert_int_equal(checked, 2 * __builtin_popcount(e->attribution.factors));
	experiment_close(e);
}

static void
test_set(void **state)
{
	static const char swept[] = TWO "sweep: {frame_size: [64, 1500]}\n";

	(void)state;
	expect_set(swept, "traffic", "imix",
		   "L folio/ideal imix\nL naive/ideal imix\nc A/A/ideal imix\nd A/A/ideal imix\n");
	expect_set(ONE "traffic: imix\n", "frame_size", "100",
		   "L folio/ideal 100\nc A/A/ideal 100\n");
	expect_set(ONE, "sweep.burst", "[8, 16]",
		   "L folio/ideal 64 [burst=8]\nL folio/ideal 64 [burst=16]\n"
		   "c A/A/ideal 64 [burst=8]\nc A/A/ideal 64 [burst=16]\n");
	expect_set(ONE "sweep: {sources.vc: [on], sources.vc.cost: [1 cycles, 2 cycles]}\n",
		   "sources.vc.cost", "9 cycles",
		   "L folio/ideal 64 [sources.vc=on]\nc A/A/ideal 64\n");
	expect_set(ONE "attribution: {}\n", "attribution.factors", "[vc]",
		   "L folio/ideal 64\n* factors/ideal 64\n+ ideal+vc/ideal 64\n"
		   "- factors-vc/factors 64\nc A/A/ideal 64\n");
}

static void
test_set_holds_for_every_configuration(void **state)
{
	static const char text[] = HEAD
		"configurations:\n"
		"  - {preset: naive, burst: 8, sources: {vc: {cost: 77 cycles}}}\n"
		"attribution: {}\nmeasure: {pairs: 3}\n";
	const struct assignment set[] = {
		{"burst", "4"}, {"measure.pairs", "9"}, {"sources.vc.cost", "55 cycles"}};
	struct experiment *e = config_expect(&folder, text, set, 3);
	int vc = source_find("vc");

	(void)state;
	assert_round_trip(e);
	assert_int_equal(e->measure.pairs, 9);
	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct datapath_config *config = &e->cells[i].config;
		char cost[64];

		assert_int_equal(config->burst, 4);
		assert_int_equal(e->cells[i].reference_config.burst, 4);
		option_format(options_find(sources[vc]->options, "cost"),
			      config->sources[vc].options, cost, sizeof(cost));
		assert_string_equal(cost, config->sources[vc].on ? "55 cycles" : "0 cycles");
	}
	experiment_close(e);
}

/* Every cost, of which some are nobody's to know. Returns how many. */
static size_t
give_costs(struct assignment *set, char keys[][96], size_t max)
{
	size_t n = 0;

	for (int i = 0; sources[i]; i++) {
		for (const struct option_spec *o = sources[i]->options; o && o->name; o++) {
			if (!o->cost)
				continue;
			assert_in_range(n, 0, max - 1);
			snprintf(keys[n], sizeof(keys[n]), "sources.%s.%s", sources[i]->name,
				 o->name);
			set[n] = (struct assignment){keys[n], "7 cycles"};
			n++;
		}
	}
	return n;
}

/* In every preset, also where the file says more of it, and in what is read back. */
static void
test_set_switches_any_source_off(void **state)
{
	static const char text[] = HEAD
		"workload: udp_echo\ntopology: two-process\nreference: naive\n"
		"configurations:\n"
		"  - {preset: snp-sriov, sources: {vc: {at: [idle]}, iotlb: on}}\n"
		"  - {preset: folio}\n  - {preset: es-sriov}\n";
	struct assignment set[32];
	char keys[31][96];
	size_t n = give_costs(set, keys, 31);

	(void)state;
	for (int source = 0; sources[source]; source++) {
		char key[96];

		snprintf(key, sizeof(key), "sources.%s", sources[source]->name);
		set[n] = (struct assignment){key, "off"};
		struct experiment *e = config_expect(&folder, text, set, n + 1);

		assert_round_trip(e);
		for (uint32_t i = 0; i < e->n_cells; i++) {
			assert_false(e->cells[i].config.sources[source].on);
			assert_false(e->cells[i].reference_config.sources[source].on);
		}
		experiment_close(e);
	}
}

static void
test_set_without_effect_is_told(void **state)
{
	const struct assignment set[] = {{"sources.vc.cost", "55 cycles"}};

	(void)state;
	experiment_close(config_expect(&folder, TWO, set, 1));
	assert_string_equal(folder.message, "");
	experiment_close(config_expect(&folder, ONE, set, 1));
	assert_string_equal(folder.message, "--set sources.vc.cost: has no effect, vc is on in no "
					    "cell\n");
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
	assert_round_trip(e);
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
		cmocka_unit_test(test_attribution),
		cmocka_unit_test(test_shapley),
		cmocka_unit_test(test_attribution_beside_a_listed_naive),
		cmocka_unit_test(test_attribution_keeps_a_factors_settings),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_set_holds_for_every_configuration),
		cmocka_unit_test(test_set_switches_any_source_off),
		cmocka_unit_test(test_set_without_effect_is_told),
		cmocka_unit_test(test_what_holds_for_all),
		cmocka_unit_test(test_aliases_and_quotes),
		cmocka_unit_test(test_odd_file_names),
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_shipped_files),
	};

	return cmocka_run_group_tests(tests, config_set_up, config_tear_down);
}
