/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: what --set changes in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"
#include "datapath/sources/source.h"
#include "plan_text.h"

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
	expect_round_trip(e);
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

		expect_round_trip(e);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_set_holds_for_every_configuration),
		cmocka_unit_test(test_set_switches_any_source_off),
		cmocka_unit_test(test_set_without_effect_is_told),
	};

	return cmocka_run_group_tests(tests, config_set_up, config_tear_down);
}
