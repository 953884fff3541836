/* SPDX-License-Identifier: BSD-3-Clause */
/* Calibration: what a figure is, what is listed without one, and that a profile says the same again. */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/fidelity.h"
#include "base/log.h"
#include "config_text.h"
#include "runner/calibrate/calibrate.h"
#include "runner/calibrate/profile.h"
#include "runner/config/costs.h"
#include "runner/config/node.h"

/* So short that a few samples are all there is. */
#define ROW_NS 300000u
#define TOTAL_NS 60000000000u

#define N_CALLS_MAX 64

static double shares[N_CALLS_MAX];
static size_t n_calls;

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)arg;
	snprintf(folder.message, sizeof(folder.message), "%s", text);
}

static void
keep_share(const char *group, double share, void *arg)
{
	assert_non_null(group);
	assert_null(arg);
	assert_true(n_calls < N_CALLS_MAX);
	shares[n_calls++] = share;
}

static void
assert_says(const char *part)
{
	if (!strstr(folder.message, part))
		fail_msg("'%s' isn't in '%s'", part, folder.message);
}

static void
run_all(struct calibration *c)
{
	int cpu;

	cpus_allowed(&cpu);
	n_calls = 0;
	assert_int_equal(calibrate(c, cpu, ROW_NS, TOTAL_NS, keep_share, NULL), 0);
}

static const struct primitive *
find(const struct calibration *c, const char *name)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!strcmp(c->primitives[i].name, name))
			return &c->primitives[i];
	return NULL;
}

static void
test_every_figure_is_one(void **state)
{
	cpu_set_t before, after;
	struct calibration c;

	(void)state;
	sched_getaffinity(0, sizeof(before), &before);
	run_all(&c);
	sched_getaffinity(0, sizeof(after), &after);
	assert_true(CPU_EQUAL(&before, &after));
	for (uint32_t i = 0; i < c.n; i++) {
		const struct primitive *p = &c.primitives[i];

		assert_true(*p->name && *p->help);
		assert_true(p->fidelity != 0);
		assert_true((p->n > 0) != (*p->lack != '\0'));
		if (!p->n)
			continue;
		assert_true(p->p50_cycles > 0);
		assert_true(p->p5_cycles <= p->p50_cycles && p->p50_cycles <= p->p95_cycles &&
			    p->p95_cycles <= p->p99_cycles);
		for (uint32_t j = 0; j < i; j++)
			assert_string_not_equal(c.primitives[j].name, p->name);
	}
	assert_true(find(&c, "clock")->is_check);
	assert_true(find(&c, "exit_spin")->n > 0);
	assert_true(find(&c, "mprotect_4k")->n > 0);
	assert_true(find(&c, "copy_1500_dram")->n > 0);
	assert_true(find(&c, "wake_same_core")->n > 0);
	assert_true(fabs(c.tsc_hz / (double)clock_tsc_hz() - 1) < 0.05);
	for (size_t i = 0; i < n_calls; i++)
		assert_true(shares[i] < 1 && (!i || shares[i] > shares[i - 1]));
	calibration_close(&c);
}

static void
test_what_there_is_no_time_for_is_listed(void **state)
{
	struct calibration c;
	uint32_t n_lacking = 0;
	int cpu;

	(void)state;
	cpus_allowed(&cpu);
	assert_int_equal(calibrate(&c, cpu, ROW_NS, 0, NULL, NULL), 0);
	for (uint32_t i = 0; i < c.n; i++)
		n_lacking += !strcmp(c.primitives[i].lack, "no time was left");
	assert_true(n_lacking > 30);
	calibration_close(&c);
}

static int
fail_later(void *arg)
{
	int *left = arg;

	return (*left)-- > 0 ? 0 : -EPERM;
}

static void
test_one_that_fails_says_why(void **state)
{
	int left = 5;
	const struct operation operation = {.name = "x",
					    .help = "y",
					    .fidelity = FIDELITY_REAL,
					    .run = fail_later,
					    .arg = &left};
	struct calibration c = {.row_ns = 1000000000, .deadline_ns = UINT64_MAX};

	(void)state;
	c.samples_cycles = calloc(SAMPLES_MAX, sizeof(*c.samples_cycles));
	calibration_measure(&c, &operation);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.primitives[0].n, 0);
	assert_string_equal(c.primitives[0].lack, "Operation not permitted");
	calibration_close(&c);
}

static void
test_quantiles(void **state)
{
	const struct operation operation = {
		.name = "x", .help = "y", .fidelity = FIDELITY_REAL, .run = fail_later};
	struct calibration c = {0};

	(void)state;
	c.samples_cycles = calloc(SAMPLES_MAX, sizeof(*c.samples_cycles));
	for (uint32_t i = 0; i < 200; i++)
		c.samples_cycles[i] = 200 - i;
	calibration_add(&c, &operation, 200);
	assert_true(c.primitives[0].p5_cycles == 10);
	assert_true(c.primitives[0].p50_cycles == 100);
	assert_true(c.primitives[0].p95_cycles == 190);
	assert_true(c.primitives[0].p99_cycles == 198);
	calibration_close(&c);
}

static int
write_profile(const struct calibration *c, const char *file)
{
	char path[512];
	int error;

	snprintf(path, sizeof(path), "%s/%s", folder.costs, file);
	folder.message[0] = '\0';
	log_set_sink(keep_message, NULL);
	error = profile_check(path);
	if (!error)
		error = profile_write(c, path);
	log_set_sink(NULL, NULL);
	return error;
}

static void
test_a_profile_says_the_same_again(void **state)
{
	struct node *named = node_new("x.yaml", 1, NODE_SCALAR, "mine");
	struct calibration c;
	struct costs *costs;
	size_t n_costs = 0;

	(void)state;
	run_all(&c);
	assert_int_equal(write_profile(&c, "mine.yaml"), 0);
	assert_int_equal(costs_open(folder.costs, named, &costs), 0);
	for (uint32_t i = 0; i < c.n; i++) {
		const struct primitive *p = &c.primitives[i];
		const struct cost *cost = costs_find(costs, p->name);

		assert_true((cost != NULL) == (p->n > 0 && !p->is_check));
		if (!cost)
			continue;
		assert_true(fabs((double)cost->cycles[COST_LO] - p->p5_cycles) <= 0.5);
		assert_true(fabs((double)cost->cycles[COST_MID] - p->p50_cycles) <= 0.5);
		assert_true(fabs((double)cost->cycles[COST_HI] - p->p95_cycles) <= 0.5);
		assert_non_null(strstr(cost->source, "measured on this machine"));
		assert_non_null(strstr(cost->method, "percentile of"));
		n_costs++;
	}
	assert_true(n_costs > 30);
	costs_close(costs);
	node_free(named);
	/* A second one does not take its place. */
	assert_int_equal(write_profile(&c, "mine.yaml"), -EEXIST);
	assert_says("mine.yaml', allowed: a name that is free");
	calibration_close(&c);
}

static void
test_where_no_profile_can_be(void **state)
{
	static const struct {
		const char *file;
		int error;
		const char *says;
	} cases[] = {
		{"test.yaml", -EEXIST, "test.yaml', allowed: a name that is free"},
		{"mine", -EINVAL, "allowed: a file NAME.yaml"},
		{".yaml", -EINVAL, "allowed: a file NAME.yaml"},
		{"no/mine.yaml", -ENOENT, "No such file or directory"},
		{"-mine.yaml", -EINVAL, "--out: found '-mine', allowed: a name of up to"},
		{"mi ne.yaml", -EINVAL, "--out: found 'mi ne', allowed: a name of up to"},
	};
	struct calibration c = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(write_profile(&c, cases[i].file), cases[i].error);
		assert_says(cases[i].says);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_figure_is_one),
		cmocka_unit_test(test_what_there_is_no_time_for_is_listed),
		cmocka_unit_test(test_one_that_fails_says_why),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_a_profile_says_the_same_again),
		cmocka_unit_test(test_where_no_profile_can_be),
	};

	return cmocka_run_group_tests(tests, config_set_up, config_tear_down);
}
