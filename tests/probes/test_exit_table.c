/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of exits: rows found and merged, durations within the stated error. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/exit_table.h"

/* Every power of two and its neighbours fall into a bucket that holds them. */
static void
buckets_hold_their_values(void **state)
{
	(void)state;
	for (int bit = 0; bit < EXIT_HISTOGRAM_MAX_BITS; bit++)
		for (int off = -1; off <= 1; off++) {
			uint64_t value = (UINT64_C(1) << bit) + (uint64_t)off;
			unsigned int bucket = exit_histogram_bucket(value);

			assert_in_range(value, exit_histogram_low(bucket),
					exit_histogram_low(bucket + 1) - 1);
		}
	assert_int_equal(exit_histogram_bucket(UINT64_MAX), EXIT_HISTOGRAM_BUCKETS - 1);
	assert_int_equal(exit_histogram_low(EXIT_HISTOGRAM_BUCKETS),
			 UINT64_C(1) << EXIT_HISTOGRAM_MAX_BITS);
}

static void
assert_near(double found, double expected, double share)
{
	if (!(fabs(found - expected) <= share * expected))
		fail_msg("found %g, expected %g within %g%%", found, expected, 100 * share);
}

static void
quantiles_are_within_the_error(void **state)
{
	struct exit_latency latency = {.ns_per_tick = 0.5, .min_ticks = UINT64_MAX};
	double sum = 0;

	(void)state;
	for (uint64_t ticks = 1; ticks <= 100000; ticks++) {
		exit_latency_add(&latency, ticks);
		sum += (double)ticks;
	}
	for (double share = 0.001; share < 1; share += 0.0037)
		assert_near(exit_latency_quantile_ns(&latency, share), 0.5 * ceil(share * 100000),
			    EXIT_HISTOGRAM_ERROR);
	assert_near(exit_latency_mean_ns(&latency), sum / 100000 / 2, 1e-12);
	assert_near(exit_latency_min_ns(&latency), 0.5, 0);
	assert_near(exit_latency_max_ns(&latency), 50000, 0);
}

static void
nothing_timed_has_no_figure(void **state)
{
	struct exit_latency latency = {.min_ticks = UINT64_MAX};

	(void)state;
	assert_true(isnan(exit_latency_min_ns(&latency)));
	assert_true(isnan(exit_latency_max_ns(&latency)));
	assert_true(isnan(exit_latency_mean_ns(&latency)));
	assert_true(isnan(exit_latency_quantile_ns(&latency, 0.5)));
}

static void
rows_are_told_apart_by_space_code_and_name(void **state)
{
	struct exit_table table = {0};
	struct exit_row *pio = exit_table_row(&table, EXIT_SPACE_EVENT, TRACE_KVM_PIO, NULL);
	struct exit_row *user = exit_table_row(&table, EXIT_SPACE_USERSPACE, TRACE_KVM_PIO, NULL);
	struct exit_row *psc = exit_table_row(&table, EXIT_SPACE_EMULATED, 0, "psc");
	struct exit_row *idle = exit_table_row(&table, EXIT_SPACE_EMULATED, 0, "idle");

	(void)state;
	assert_int_equal(table.n, 4);
	assert_ptr_not_equal(pio, user);
	assert_ptr_not_equal(psc, idle);
	assert_ptr_equal(exit_table_row(&table, EXIT_SPACE_EVENT, TRACE_KVM_PIO, NULL), pio);
	assert_ptr_equal(exit_table_row(&table, EXIT_SPACE_EMULATED, 0, "idle"), idle);
	for (uint64_t code = 0; code < 400; code++)
		assert_non_null(exit_table_row(&table, EXIT_SPACE_GHCB, code, NULL));
	assert_int_equal(table.n, 404);
	assert_string_equal(psc->name, "psc");
	exit_table_free(&table);
	assert_int_equal(table.n, 0);
}

/* The table with that row, and one exit of ticks counted in it. */
static void
count_one(struct exit_table *table, enum exit_space space, uint64_t code, uint64_t ticks,
	  double ns_per_tick)
{
	struct exit_row *row = exit_table_row(table, space, code, NULL);

	assert_non_null(row);
	row->count++;
	row->latency.ns_per_tick = ns_per_tick;
	exit_latency_add(&row->latency, ticks);
}

static void
merged_tables_are_as_counted_together(void **state)
{
	struct exit_table halves[2] = {0}, whole = {0}, sum = {0};

	(void)state;
	for (uint64_t i = 0; i < 5000; i++) {
		uint64_t code = i % 7, ticks = 100 + i * i % 9973;

		count_one(&halves[i % 3 == 0], EXIT_SPACE_SVM, code, ticks, 1);
		count_one(&whole, EXIT_SPACE_SVM, code, ticks, 1);
	}
	assert_int_equal(exit_table_merge(&sum, &halves[0]), 0);
	assert_int_equal(exit_table_merge(&sum, &halves[1]), 0);
	assert_int_equal(sum.n, whole.n);
	exit_table_sort(&sum);
	exit_table_sort(&whole);
	for (size_t i = 0; i < sum.n; i++)
		assert_memory_equal(sum.rows[i], whole.rows[i], sizeof(struct exit_row));
	exit_table_free(&halves[0]);
	exit_table_free(&halves[1]);
	exit_table_free(&whole);
	exit_table_free(&sum);
}

/* What is counted in ns and in cycles of 0.4 ns meets in one row. */
static void
other_ticks_are_converted(void **state)
{
	struct exit_table in_ns = {0}, in_cycles = {0};
	struct exit_latency *latency;

	(void)state;
	for (int i = 0; i < 100; i++) {
		count_one(&in_ns, EXIT_SPACE_SVM, 1, 4000, 1);
		count_one(&in_cycles, EXIT_SPACE_SVM, 1, 20000, 0.4);
	}
	assert_int_equal(exit_table_merge(&in_ns, &in_cycles), 0);
	latency = &in_ns.rows[0]->latency;
	assert_int_equal(in_ns.n, 1);
	assert_int_equal(latency->n, 200);
	assert_near(exit_latency_mean_ns(latency), 6000, 1e-9);
	assert_near(exit_latency_quantile_ns(latency, 0.25), 4000, EXIT_HISTOGRAM_ERROR);
	assert_near(exit_latency_quantile_ns(latency, 0.75), 8000, 2 * EXIT_HISTOGRAM_ERROR);
	assert_near(exit_latency_max_ns(latency), 8000, 0);
	exit_table_free(&in_ns);
	exit_table_free(&in_cycles);
}

/* Where hardware's exits are seen, what they lead to is not added to them. */
static void
an_exit_is_added_up_once(void **state)
{
	struct exit_table table = {0};

	(void)state;
	count_one(&table, EXIT_SPACE_EVENT, TRACE_KVM_PIO, 10, 1);
	count_one(&table, EXIT_SPACE_EVENT, TRACE_KVM_HALT_POLL_NS, 10, 1);
	count_one(&table, EXIT_SPACE_USERSPACE, 2, 10, 1);
	count_one(&table, EXIT_SPACE_EMULATED, 0, 10, 1);
	assert_true(exit_row_is_exit(&table, table.rows[0]));
	assert_false(exit_row_is_exit(&table, table.rows[1]));
	assert_false(exit_row_is_exit(&table, table.rows[2]));
	assert_true(exit_row_is_exit(&table, table.rows[3]));
	count_one(&table, EXIT_SPACE_SVM, 0x7b, 10, 1);
	assert_false(exit_row_is_exit(&table, table.rows[0]));
	assert_true(exit_row_is_exit(&table, table.rows[4]));
	assert_int_equal(exit_row_origin(table.rows[3]), EXIT_ORIGIN_EMULATED);
	assert_int_equal(exit_row_origin(table.rows[4]), EXIT_ORIGIN_KVM);
	exit_table_free(&table);
}

static void
most_exits_come_first(void **state)
{
	struct exit_table table = {0};

	(void)state;
	exit_table_sort(&table);
	for (uint64_t code = 0; code < 50; code++)
		exit_table_row(&table, EXIT_SPACE_VMX, code, NULL)->count = code * 7 % 50;
	exit_table_sort(&table);
	for (size_t i = 1; i < table.n; i++)
		assert_true(table.rows[i - 1]->count >= table.rows[i]->count);
	exit_table_free(&table);
}

/* A guest that makes codes up fills no memory, and loses no count. */
static void
codes_without_end_share_a_row(void **state)
{
	struct exit_table table = {0};
	uint64_t sum = 0;

	(void)state;
	for (uint64_t code = 0; code < 4 * EXIT_ROWS_MAX; code++)
		exit_table_row(&table, EXIT_SPACE_GHCB, code, NULL)->count++;
	exit_table_row(&table, EXIT_SPACE_SVM, 1, NULL)->count++;
	assert_int_equal(table.n, EXIT_ROWS_MAX + 2);
	for (size_t i = 0; i < table.n; i++)
		sum += table.rows[i]->count;
	assert_int_equal(sum, 4 * EXIT_ROWS_MAX + 1);
	assert_string_equal(table.rows[EXIT_ROWS_MAX]->name, "others");
	assert_int_equal(table.rows[EXIT_ROWS_MAX]->count, 3 * EXIT_ROWS_MAX);
	exit_table_free(&table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_hold_their_values),
		cmocka_unit_test(quantiles_are_within_the_error),
		cmocka_unit_test(nothing_timed_has_no_figure),
		cmocka_unit_test(rows_are_told_apart_by_space_code_and_name),
		cmocka_unit_test(merged_tables_are_as_counted_together),
		cmocka_unit_test(other_ticks_are_converted),
		cmocka_unit_test(an_exit_is_added_up_once),
		cmocka_unit_test(most_exits_come_first),
		cmocka_unit_test(codes_without_end_share_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
