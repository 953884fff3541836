/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emulated exits are counted exactly, where this process and another one see them: 10 million
 * over two threads, in a BPF array where this user may have one, and in a memfd where not.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "probes/emulated.h"
#include "runner/commands/emulated_runs.h"

#define THREADS 2
#define EXITS_EACH 5000000
#define REASONS 3

static const char *const names[REASONS] = {"doorbell", "idle", "psc"};

/* Every third exit of a reason takes ten times as long. */
static uint64_t
cycles_of(unsigned int i)
{
	return i % 9 < 3 ? 20000 : 2000;
}

static void *
make_exits(void *unused)
{
	struct exit_lane *lane = exit_lane_take(names, REASONS);

	(void)unused;
	for (unsigned int i = 0; lane && i < EXITS_EACH; i++)
		exit_lane_add(lane, i % REASONS, cycles_of(i));
	exit_lane_give_back(lane);
	return NULL;
}

static void
assert_near(double found, double expected, double share)
{
	if (!(fabs(found - expected) <= share * expected))
		fail_msg("found %g, expected %g within %g%%", found, expected, 100 * share);
}

static void
assert_all_are_there(const struct exit_table *table)
{
	double ns_per_cycle = 1e9 / (double)clock_tsc_hz();
	uint64_t sum = 0;

	assert_int_equal(table->n, REASONS);
	for (size_t i = 0; i < REASONS; i++) {
		const struct exit_row *row = table->rows[i];

		sum += row->count;
		assert_string_equal(row->name, names[row->code]);
		assert_int_equal(exit_row_origin(row), EXIT_ORIGIN_EMULATED);
		assert_int_equal(row->latency.n, row->count);
		assert_near(exit_latency_mean_ns(&row->latency), 8000 * ns_per_cycle, 0.001);
		assert_near(exit_latency_quantile_ns(&row->latency, 0.5), 2000 * ns_per_cycle,
			    EXIT_HISTOGRAM_ERROR);
		assert_near(exit_latency_quantile_ns(&row->latency, 0.99), 20000 * ns_per_cycle,
			    EXIT_HISTOGRAM_ERROR);
	}
	assert_int_equal(sum, (uint64_t)THREADS * EXITS_EACH);
}

static void
assert_counted(struct emulated *own, struct emulated *other)
{
	struct exit_table seen_here = {0}, seen_there = {0}, nothing = {0};
	pthread_t threads[THREADS];

	exit_area_use(own->area);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_exits, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	exit_area_use(NULL);
	assert_int_equal(emulated_read(own, &seen_here), 0);
	assert_int_equal(emulated_read(other, &seen_there), 0);
	assert_int_equal(emulated_read(own, &nothing), 0);
	assert_all_are_there(&seen_here);
	assert_all_are_there(&seen_there);
	assert_int_equal(nothing.n, 0);
	exit_table_free(&seen_here);
	exit_table_free(&seen_there);
}

static void
ten_million_are_exact(void **state)
{
	struct emulated own, other;

	(void)state;
	assert_int_equal(emulated_create(&own), 0);
	print_message("counted in a %s\n", own.is_bpf ? "BPF array" : "memfd");
	/* Found by its descriptor, as another process would find it. */
	assert_int_equal(emulated_attach(&other, getpid()), 0);
	assert_int_equal(other.is_bpf, own.is_bpf);
	assert_counted(&own, &other);
	emulated_close(&other);
	emulated_close(&own);
	assert_int_equal(emulated_attach(&other, getpid()), -ENOENT);
}

/* The same as a user without capabilities, in a process of its own. */
static void
memfd_is_exact(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(2);
		/* Its descriptors are its own to look at again. */
		prctl(PR_SET_DUMPABLE, 1);
		ten_million_are_exact(state);
		_exit(0);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
}

/* More engines than lanes: each counts, the last ones for themselves. */
static void
lanes_run_out(void **state)
{
	struct exit_lane *lanes[EXIT_AREA_LANES + 2];
	struct exit_table table = {0};
	struct emulated own;

	(void)state;
	assert_int_equal(emulated_create(&own), 0);
	exit_area_use(own.area);
	for (int i = 0; i < EXIT_AREA_LANES + 2; i++) {
		lanes[i] = exit_lane_take(names, REASONS);
		assert_non_null(lanes[i]);
		exit_lane_add(lanes[i], 1, 100);
	}
	assert_int_equal(emulated_read(&own, &table), 0);
	assert_int_equal(exit_table_row(&table, EXIT_SPACE_EMULATED, 1, "idle")->count,
			 EXIT_AREA_LANES);
	for (int i = 0; i < EXIT_AREA_LANES + 2; i++)
		exit_lane_give_back(lanes[i]);
	/* Given back, it is taken again. */
	lanes[0] = exit_lane_take(names, REASONS);
	assert_ptr_equal(lanes[0], &own.area->lanes[0]);
	exit_lane_give_back(lanes[0]);
	exit_area_use(NULL);
	exit_table_free(&table);
	emulated_close(&own);
}

#define ONCE 1000

/* A name that no run's exits have: others may be running. */
static const char *const once_name[] = {"once"};

/* Another process with an area of its own, which it counts in when it is told to. */
static void
count_when_told(int told, int done)
{
	struct exit_lane *lane;
	struct emulated own;
	char word = 0;

	if (emulated_create(&own))
		_exit(1);
	exit_area_use(own.area);
	if (write(done, &word, 1) != 1 || read(told, &word, 1) != 1)
		_exit(1);
	lane = exit_lane_take(once_name, 1);
	for (unsigned int i = 0; i < ONCE; i++)
		exit_lane_add(lane, 0, 100);
	if (write(done, &word, 1) != 1 || read(told, &word, 1) != 0)
		_exit(1);
	_exit(0);
}

/* Whoever reads an area has a descriptor of it, as the run has: it counts once. */
static void
a_run_is_read_once(void **state)
{
	static struct emulated_runs runs;
	struct exit_table before = {0}, table = {0};
	int to[2], from[2], status;
	char word = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(to) | pipe(from), 0);
	pid = fork();
	if (pid == 0) {
		close(to[1]);
		count_when_told(to[0], from[1]);
	}
	assert_true(pid > 0);
	assert_int_equal(read(from[0], &word, 1), 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(emulated_runs_read(&runs, &before), 0);
	assert_int_equal(write(to[1], &word, 1), 1);
	assert_int_equal(read(from[0], &word, 1), 1);
	assert_int_equal(emulated_runs_read(&runs, &table), 0);
	assert_int_equal(exit_table_row(&table, EXIT_SPACE_EMULATED, 0, "once")->count, ONCE);
	close(to[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	emulated_runs_close(&runs);
	exit_table_free(&before);
	exit_table_free(&table);
}

/* Exits and packets of metered bursts alone, for who asks for those; all of them for others. */
static void
metered_ones_are_apart(void **state)
{
	struct exit_table metered = {0}, all = {0};
	struct emulated own, other;
	struct exit_lane *lane;

	(void)state;
	assert_int_equal(emulated_create(&own), 0);
	exit_area_use(own.area);
	lane = exit_lane_take(names, REASONS);
	assert_int_equal(emulated_attach(&other, getpid()), 0);
	own.metered_only = true;
	own.area->head.metered_set = 5;
	exit_lane_add(lane, 0, 2000);
	exit_lane_pass(lane, 32);
	exit_area_begin_metered();
	assert_int_equal(own.area->head.set, 5);
	exit_lane_add(lane, 1, 2000);
	exit_lane_pass(lane, 16);
	exit_area_end_metered();
	exit_lane_add(lane, 1, 2000);
	assert_int_equal(emulated_read(&own, &metered), 0);
	assert_int_equal(metered.n, 1);
	assert_int_equal(exit_table_row(&metered, EXIT_SPACE_EMULATED, 1, "idle")->count, 1);
	assert_int_equal(emulated_packets(&own, true), 16);
	assert_int_equal(emulated_read(&other, &all), 0);
	assert_int_equal(exit_table_row(&all, EXIT_SPACE_EMULATED, 0, "doorbell")->count, 1);
	assert_int_equal(exit_table_row(&all, EXIT_SPACE_EMULATED, 1, "idle")->count, 2);
	assert_int_equal(emulated_packets(&other, true), 48);
	exit_lane_pass(lane, 8);
	assert_int_equal(emulated_packets(&other, true), 0);
	exit_lane_pass(lane, 8);
	assert_int_equal(emulated_packets(&other, false), 8);
	exit_lane_give_back(lane);
	exit_area_use(NULL);
	exit_table_free(&metered);
	exit_table_free(&all);
	emulated_close(&other);
	emulated_close(&own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_million_are_exact),
		cmocka_unit_test(memfd_is_exact),
		cmocka_unit_test(lanes_run_out),
		cmocka_unit_test(a_run_is_read_once),
		cmocka_unit_test(metered_ones_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
