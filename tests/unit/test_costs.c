/* SPDX-License-Identifier: BSD-3-Clause */
/* Cost profiles: what is read, what is refused, and where the costs go. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "config_text.h"
#include "datapath/sources/source.h"
#include "runner/config/costs.h"
#include "runner/config/node.h"
#include "runner/config/single.h"

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)arg;
	snprintf(folder.message, sizeof(folder.message), "%s", text);
}

static int
open_named(const char *dir, const char *name, struct costs **costs)
{
	struct node *node = node_new("x.yaml", 7, NODE_SCALAR, name);
	int error;

	assert_non_null(node);
	folder.message[0] = '\0';
	log_set_sink(keep_message, NULL);
	error = costs_open(dir, node, costs);
	log_set_sink(NULL, NULL);
	node_free(node);
	return error;
}

static int
open_text(const char *text, struct costs **costs)
{
	config_write(&folder, "costs/own.yaml", text, strlen(text));
	return open_named(folder.costs, "own", costs);
}

static void
assert_says(const char *part)
{
	if (!strstr(folder.message, part))
		fail_msg("'%s' isn't in '%s'", part, folder.message);
}

static void
test_shipped_profile(void **state)
{
	struct costs *costs;
	const struct cost *cost;

	(void)state;
	assert_int_equal(open_named(TEST_SOURCE_DIR "/configs/costs", "epyc-9334-snp", &costs), 0);
	cost = costs_find(costs, "snp_exit_pio");
	assert_non_null(cost);
	assert_true(cost->cycles[COST_MID] >= clock_tsc_hz() / 1000000 * 3885 / 1000 - 10);
	assert_true(cost->cycles[COST_MID] <= clock_tsc_hz() / 1000000 * 3885 / 1000 + 10);
	assert_string_equal(cost->source, "TUM-DSE/CVM_eval, benchmarks/vmexit/plot.py");
	assert_true(*cost->cpu && *cost->method);
	assert_non_null(costs_find(costs, "snp_exit_msr"));
	assert_null(costs_find(costs, "rmpupdate"));
	assert_null(costs_find(NULL, "snp_exit_msr"));
	costs_close(costs);
}

static void
test_own_texts_and_interval(void **state)
{
	struct costs *costs;
	const struct cost *cost;

	(void)state;
	assert_int_equal(
		open_text("folio-costs: 1\nname: own\nsource: a\ncpu: b\nmethod: c\n"
			  "primitives:\n"
			  "  x: {value: 10 cycles, lo: 8 cycles, hi: 13 cycles, source: d}\n"
			  "  y: {value: 20 cycles}\n"
			  "  z: {lo: 1 cycles, mid: 2 cycles, hi: 3 cycles}\n"
			  "  r: {range: [5 cycles, 70 cycles], assumed: a guess}\n",
			  &costs),
		0);
	cost = costs_find(costs, "x");
	assert_int_equal(cost->cycles[COST_LO], 8);
	assert_int_equal(cost->cycles[COST_HI], 13);
	assert_string_equal(cost->source, "d");
	assert_string_equal(cost->cpu, "b");
	cost = costs_find(costs, "y");
	assert_int_equal(cost->cycles[COST_LO], 20);
	assert_int_equal(cost->cycles[COST_HI], 20);
	assert_string_equal(cost->source, "a");
	assert_false(cost->assumed);
	cost = costs_find(costs, "z");
	for (uint64_t level = COST_LO; level <= COST_HI; level++)
		assert_int_equal(cost->cycles[level], level + 1);
	cost = costs_find(costs, "r");
	assert_true(cost->assumed);
	assert_int_equal(cost->cycles[COST_LO], 5);
	assert_int_equal(cost->cycles[COST_MID], 0);
	assert_int_equal(cost->cycles[COST_HI], 70);
	assert_string_equal(cost->source,
			    "a guess"); /* not the file's: that measured something else */
	costs_close(costs);
}

#define FULL "folio-costs: 1\nname: own\nsource: a\ncpu: b\nmethod: c\nprimitives:\n"

static void
test_refuses(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"folio-costs: 1\nname: own\ncpu: b\nmethod: c\nprimitives:\n  x: {value: 1 us}\n",
		 "own.yaml:6: primitives.x: found no source"},
		{"folio-costs: 1\nname: own\nsource: a\nmethod: c\nprimitives:\n  x: {value: 1 "
		 "us}\n",
		 "own.yaml:6: primitives.x: found no cpu"},
		{"folio-costs: 1\nname: own\nsource: a\ncpu: b\nprimitives:\n  x: {value: 1 us}\n",
		 "own.yaml:6: primitives.x: found no method"},
		{"folio-costs: 1\nname: own\nsource: ''\ncpu: b\nmethod: c\n"
		 "primitives:\n  x: {value: 1 us}\n",
		 "own.yaml:3: source: found nothing"},
		{"folio-costs: 1\nname: own\nsource: a\ncpu: b\nmethod: c\n"
		 "primitives:\n  x: {value: 4000}\n",
		 "own.yaml:7: primitives.x.value: found '4000', allowed: a number of cycles"},
		{"folio-costs: 1\nname: own\nsource: a\ncpu: b\nmethod: c\n"
		 "primitives:\n  x: {lo: 1 us}\n",
		 "own.yaml:7: primitives.x: found no value"},
		{"folio-costs: 1\nname: own\nsource: a\ncpu: b\nmethod: c\n"
		 "primitives:\n  x: {value: 5 cycles, lo: 6 cycles}\n",
		 "own.yaml:7: primitives.x: found an interval without its value"},
		{FULL "  x: {value: 5 cycles, mid: 5 cycles}\n",
		 "own.yaml:7: primitives.x.value: found a value beside mid"},
		{FULL "  x: {value: -5 cycles}\n",
		 "own.yaml:7: primitives.x.value: found '-5 cycles'"},
		{FULL "  x: {value: 1e40 cycles}\n", "primitives.x.value: found '1e40 cycles'"},
		{FULL "  x: {value: 5 KiB}\n",
		 "primitives.x.value: found '5 KiB', allowed: a number"},
		{FULL "  x: {mid: 5 cycles, hi: 4 cycles}\n", "allowed: lo <= value <= hi"},
		{FULL "  x: {value: 5 cycles, med: 5 cycles}\n", "x.med: found a key that is not"},
		{FULL "  x: {range: [1 cycles, 2 cycles]}\n",
		 "own.yaml:7: primitives.x: found a range without grounds"},
		{FULL "  x: {range: [1 cycles, 2 cycles], assumed: ''}\n",
		 "primitives.x.assumed: found nothing, allowed: text"},
		{FULL "  x: {range: [1 cycles, 2 cycles], assumed: b, mid: 1 cycles}\n",
		 "primitives.x.mid: found a key that is not known here, allowed: range, assumed"},
		{FULL "  x: {range: [1 cycles, 2 cycles], assumed: b, source: c}\n",
		 "primitives.x.source: found a key that is not known here"},
		{FULL "  x: {range: 5 cycles, assumed: b}\n",
		 "x.range: found '5 cycles', allowed: a list of two"},
		{FULL "  x: {range: [5 cycles], assumed: b}\n",
		 "x.range: found a list, allowed: a list of two"},
		{FULL "  x: {range: [5, 6], assumed: b}\n",
		 "x.range[0]: found '5', allowed: a number of cycles"},
		{FULL "  x: {range: [9 cycles, 8 cycles], assumed: b}\n",
		 "x.range: found a range that does not rise"},
		{FULL "  x: {value: 5 cycles, assumed: b}\n", "x.assumed: found grounds without"},
		{"folio-costs: 1\nname: own\nprimitives: {}\n", "own.yaml:3: primitives: found no"},
		{"folio-costs: 1\nname: other\nprimitives: {x: {value: 1 us}}\n",
		 "own.yaml:2: name: found 'other', allowed: own"},
		{"folio-costs: 2\nname: own\nprimitives: {x: {value: 1 us}}\n",
		 "own.yaml:1: folio-costs: found '2', allowed: 1"},
		{"name: own\nprimitives: {x: {value: 1 us}}\n", "own.yaml:1: found no folio-costs"},
		{"folio-costs: 1\nname: own\nprimitive: {}\n", "did you mean 'primitives'?"},
		{"- a\n", "own.yaml:1: found a list, allowed: a mapping"},
		{"a: [\n", "own.yaml:2: found what is not YAML"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct costs *costs;

		assert_int_equal(open_text(cases[i].text, &costs), -EINVAL);
		assert_says(cases[i].says);
	}
}

static void
test_unknown_name_lists_the_profiles(void **state)
{
	struct costs *costs;

	(void)state;
	assert_int_equal(open_named(folder.costs, "tst", &costs), -EINVAL);
	assert_says("x.yaml:7: found 'tst', which is no cost profile in");
	assert_says("poor, test, vague; did you mean 'test'?");
	assert_int_equal(open_named(folder.costs, "../costs/test", &costs), -EINVAL);
	assert_int_equal(open_named("/no/such/folder", "test", &costs), -EINVAL);
	assert_says("no cost profile in /no/such/folder, allowed: nothing");
}

static void
test_options_get_their_costs(void **state)
{
	struct experiment *e = config_expect(&folder,
					     "folio: 1\nname: x\ncosts: test\nconfigurations:\n"
					     "  - preset: naive\n"
					     "  - {name: dear, preset: naive, "
					     "sources: {vc: {cost: 123 cycles}}}\n",
					     NULL, 0);

	(void)state;
	assert_non_null(
		strstr(e->resolved, "vc: {at: [doorbell], cost: 4000 cycles, decode: 0 cycles}"));
	assert_non_null(strstr(e->resolved, "cost: 3000 cycles"));
	assert_non_null(
		strstr(e->resolved, "vc: {at: [doorbell], cost: 123 cycles, decode: 0 cycles}"));
	experiment_close(e);
}

static void
test_a_missing_cost_matters_where_its_source_is_on(void **state)
{
	static const char folio[] = "folio: 1\nname: x\ncosts: poor\nconfigurations:\n"
				    "  - preset: folio\n";
	static const char naive[] = "folio: 1\nname: x\ncosts: poor\nconfigurations:\n"
				    "  - preset: naive\n";
	const struct assignment cost = {"sources.vc.cost", "5 us"};
	struct experiment *e;

	(void)state;
	experiment_close(config_expect(&folder, folio, NULL, 0));
	assert_int_equal(config_open(&folder, naive, NULL, 0, &e), -EINVAL);
	assert_says("x.yaml:5: configurations[0]: sources.vc.cost: found no 'snp_exit_pio' in the "
		    "cost profile");
	assert_says("poor.yaml, allowed: a profile that has it, or sources: {vc: {cost: ");
	experiment_close(config_expect(&folder, naive, &cost, 1));
}

#define NAIVE(costs, more)                                                                         \
	"folio: 1\nname: x\ncosts: " costs                                                         \
	"\nconfigurations: [{preset: naive}, {preset: folio}]\n" more

static uint64_t
vc_cost(const struct datapath_config *config)
{
	int vc = source_find("vc");
	uint64_t cycles;

	memcpy(&cycles,
	       config->sources[vc].options + options_find(sources[vc]->options, "cost")->offset,
	       sizeof(cycles));
	return cycles;
}

/* The cells of naive, with the variants and costs that are told, in order. */
static void
expect_levels(const struct experiment *e, const char *const *variants, const uint64_t *costs)
{
	size_t n = 0;

	for (uint32_t i = 0; i < e->n_cells; i++) {
		const struct cell *cell = &e->cells[i];

		if (strcmp(cell->configuration, "naive") != 0) {
			assert_string_equal(cell->variant, "");
			continue;
		}
		assert_non_null(variants[n]);
		assert_string_equal(cell->variant, variants[n]);
		assert_int_equal(vc_cost(&cell->config), costs[n]);
		n++;
	}
	assert_null(variants[n]);
}

static void
expect_again(const struct experiment *e, const char *const *variants, const uint64_t *costs)
{
	struct experiment *again = config_expect(&folder, e->resolved, NULL, 0);

	expect_levels(again, variants, costs);
	assert_string_equal(again->resolved, e->resolved);
	experiment_close(again);
}

static void
test_level_of_costs(void **state)
{
	static const struct {
		const char *text;
		const char *variants[3];
		uint64_t costs[2];
	} cases[] = {
		{NAIVE("test", ""), {""}, {4000}},
		{NAIVE("test", "cost_level: lo\n"), {""}, {3900}},
		{NAIVE("test", "cost_level: hi\n"), {""}, {4000}},
		{NAIVE("test", "sweep: {cost_level: [lo, hi]}\n"),
		 {"cost_level=lo", "cost_level=hi"},
		 {3900, 4000}},
		/* Nothing but a range: both ends, unless the file says which. */
		{NAIVE("vague", ""), {"cost_level=lo", "cost_level=hi"}, {1000, 9000}},
		{NAIVE("vague", "cost_level: hi\n"), {""}, {9000}},
		{NAIVE("vague", "sources: {vc: {cost: 77 cycles}}\n"), {""}, {77}},
		{NAIVE("vague", "sweep: {sources.vc.cost: [5 cycles]}\n"),
		 {"sources.vc.cost=5 cycles"},
		 {5}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct experiment *e = config_expect(&folder, cases[i].text, NULL, 0);

		expect_levels(e, cases[i].variants, cases[i].costs);
		expect_again(e, cases[i].variants, cases[i].costs);
		experiment_close(e);
	}
}

static void
test_attribution_follows_the_level(void **state)
{
	struct experiment *e = config_expect(
		&folder, NAIVE("vague", "attribution: {method: one-at-a-time, factors: [vc]}\n"),
		NULL, 0);
	uint32_t n_alone = 0;

	(void)state;
	for (uint32_t i = 0; i < e->n_cells; i++)
		if (e->cells[i].role == CELL_ALONE)
			assert_int_equal(vc_cost(&e->cells[i].config), n_alone++ ? 9000 : 1000);
	assert_int_equal(n_alone, 2);
	experiment_close(e);
}

static void
test_a_range_has_no_middle(void **state)
{
	const struct assignment mid = {"cost_level", "mid"}, high = {"cost_level", "high"};
	struct experiment *e;

	(void)state;
	assert_int_equal(config_open(&folder, NAIVE("vague", ""), &mid, 1, &e), -EINVAL);
	assert_says("x.yaml:4: configurations[0]: sources.vc.cost: found no point value of "
		    "'snp_exit_pio' in");
	assert_says("between 1000 and 9000 cycles, allowed: cost_level: lo or hi, or sources: ");
	assert_int_equal(config_open(&folder, NAIVE("vague", ""), &high, 1, &e), -EINVAL);
	assert_says("cost_level: found 'high', allowed: lo, mid, hi");
}

/* `folio guest --set cost_level=hi`. */
static void
test_level_without_a_file(void **state)
{
	const struct assignment set[] = {{"cost_level", "hi"}, {"sources.vmexit_check", "on"}};
	int check = source_find("vmexit_check");
	struct datapath_config config;
	uint64_t cycles;

	(void)state;
	assert_int_equal(single_resolve("folio", "epyc-9334-snp", set, 2, &config), 0);
	memcpy(&cycles, config.sources[check].options, sizeof(cycles));
	assert_true(cycles > 0);
	log_set_sink(keep_message, NULL);
	assert_int_equal(single_resolve("folio", "epyc-9334-snp", &set[1], 1, &config), -EINVAL);
	log_set_sink(NULL, NULL);
	assert_says("sources.vmexit_check.cost: found no point value");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_profile),
		cmocka_unit_test(test_own_texts_and_interval),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_unknown_name_lists_the_profiles),
		cmocka_unit_test(test_options_get_their_costs),
		cmocka_unit_test(test_a_missing_cost_matters_where_its_source_is_on),
		cmocka_unit_test(test_level_of_costs),
		cmocka_unit_test(test_attribution_follows_the_level),
		cmocka_unit_test(test_a_range_has_no_middle),
		cmocka_unit_test(test_level_without_a_file),
	};

	return cmocka_run_group_tests(tests, config_set_up, config_tear_down);
}
