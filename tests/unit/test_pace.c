/* SPDX-License-Identifier: BSD-3-Clause */
/* What is due, over a clock that the test sets; and which numbers of a stream came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datapath/host/pace.h"
#include "datapath/host/sequence.h"

#define HZ UINT64_C(2450000000)
#define ALL UINT32_MAX

static void
test_rate(void **state)
{
	static const uint64_t rates[] = {1, 7, 1000, 999983, 50000000, 1000000000};
	const uint64_t start = 123456789;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct pace pace = {.kind = PACE_RATE, .clock_hz = HZ, .rate_pps = rates[i]};
		uint64_t n = 0;

		pace_start(&pace, start);
		assert_int_equal(pace_due(&pace, start - 1, ALL), 0);
		assert_int_equal(pace_due(&pace, start, ALL), 1);
		/* Ten seconds in uneven steps: as many as in one step, and none twice. */
		for (uint64_t now = start; now < start + 10 * HZ; now += HZ / 1000 + 17) {
			uint32_t due = pace_due(&pace, now, ALL);

			pace_take(&pace, due);
			n += due;
			assert_int_equal(pace_due(&pace, now, ALL), 0);
			assert_int_equal(n, (unsigned __int128)(now - start) * rates[i] / HZ + 1);
		}
		uint32_t rest = pace_due(&pace, start + 10 * HZ - 1, ALL);

		assert_int_equal(n + rest, (10 * HZ - 1) * (unsigned __int128)rates[i] / HZ + 1);
	}
}

/* A frame is due when pace_due_at() says so, and not a cycle before. */
static void
expect_due_at(struct pace *pace, uint32_t ahead)
{
	uint64_t at = pace_due_at(pace, ahead);

	assert_true(pace_due(pace, at, ALL) > ahead);
	if (at > pace->start)
		assert_true(pace_due(pace, at - 1, ALL) <= ahead);
}

static void
test_due_at(void **state)
{
	static const uint64_t rates[] = {1, 7, 1000, 999983, 50000000, 1000000000};
	static const uint64_t times_ns[] = {0, 1, 1, 700, 1000001};
	struct pace capture = {.kind = PACE_TIMES,
			       .clock_hz = HZ,
			       .times_ns = times_ns,
			       .n = 5,
			       .round_ns = 1250000};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct pace pace = {.kind = PACE_RATE, .clock_hz = HZ, .rate_pps = rates[i]};

		pace_start(&pace, 123456789);
		for (uint32_t taken = 0; taken < 3; taken++) {
			for (uint32_t ahead = 0; ahead < 1000; ahead += 7)
				expect_due_at(&pace, ahead);
			pace_take(&pace, 1000003);
		}
	}
	pace_start(&capture, 42);
	for (uint32_t ahead = 0; ahead < 23; ahead++)
		expect_due_at(&capture, ahead);
}

static void
test_rate_after_years(void **state)
{
	struct pace pace = {.kind = PACE_RATE, .clock_hz = HZ, .rate_pps = 1000000000};
	uint64_t now = UINT64_MAX / 2;

	(void)state;
	pace_start(&pace, 0);
	pace.taken = (uint64_t)((unsigned __int128)now * pace.rate_pps / HZ);
	assert_int_equal(pace_due(&pace, now, ALL), 1);
	assert_int_equal(pace_due(&pace, UINT64_MAX, 32), 32);
}

static void
test_times(void **state)
{
	static const uint64_t times_ns[] = {0, 0, 1000, 5000};
	struct pace pace = {
		.kind = PACE_TIMES, .clock_hz = HZ, .times_ns = times_ns, .n = 4, .round_ns = 6000};
	static const struct {
		uint64_t at_ns;
		uint32_t due;
	} steps[] = {{0, 2},    {999, 0},  {1001, 1}, {4999, 0},      {5001, 1},
		     {5999, 0}, {6001, 2}, {7001, 1}, {6000001, 3995}};

	(void)state;
	pace_start(&pace, 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint64_t now = steps[i].at_ns * HZ / 1000000000 + 1;
		uint32_t due = pace_due(&pace, steps[i].at_ns ? now : 0, ALL);

		assert_int_equal(due, steps[i].due);
		pace_take(&pace, due);
	}
}

static void
test_max(void **state)
{
	struct pace pace = {.kind = PACE_MAX};

	(void)state;
	pace_start(&pace, 99);
	assert_int_equal(pace_due(&pace, 0, 32), 32);
	pace_take(&pace, 32);
	assert_int_equal(pace_due(&pace, 0, 32), 32);
}

static void
test_sequence_in_order(void **state)
{
	struct sequence s;

	(void)state;
	sequence_start(&s, 0);
	for (uint64_t i = 0; i < 5 * SEQUENCE_WINDOW; i++) {
		assert_int_equal(sequence_arrive(&s, i), ARRIVAL_IN_ORDER);
		assert_int_equal(sequence_arrive(&s, i), ARRIVAL_DUPLICATE);
	}
}

/* Each distance, to both sides of the window. */
static void
test_sequence_late(void **state)
{
	(void)state;
	for (uint64_t gap = 1; gap < SEQUENCE_WINDOW + 70; gap++) {
		const uint64_t first = 3000, next = first + gap;
		struct sequence s;

		sequence_start(&s, first);
		assert_int_equal(sequence_arrive(&s, next), ARRIVAL_IN_ORDER);
		assert_int_equal(s.next, next + 1);
		for (uint64_t i = first; i < next; i++) {
			bool stale = s.next - i > SEQUENCE_WINDOW;

			assert_int_equal(sequence_arrive(&s, i),
					 stale ? ARRIVAL_STALE : ARRIVAL_REORDERED);
			assert_int_equal(sequence_arrive(&s, i),
					 stale ? ARRIVAL_STALE : ARRIVAL_DUPLICATE);
		}
		assert_int_equal(sequence_arrive(&s, next), ARRIVAL_DUPLICATE);
		assert_int_equal(s.next, next + 1);
	}
}

static void
test_sequence_start(void **state)
{
	struct sequence s;

	(void)state;
	sequence_start(&s, 10);
	assert_int_equal(sequence_arrive(&s, 9), ARRIVAL_DUPLICATE);
	assert_int_equal(sequence_skip(&s, 12), 2);
	assert_int_equal(sequence_skip(&s, 12), 0);
	assert_int_equal(sequence_skip(&s, 5), 0);
	assert_int_equal(sequence_arrive(&s, 11), ARRIVAL_REORDERED);
	assert_int_equal(sequence_skip(&s, 1 << 20), (1 << 20) - 12);
	assert_int_equal(sequence_arrive(&s, (1 << 20) - 1), ARRIVAL_REORDERED);
	assert_int_equal(sequence_arrive(&s, UINT64_MAX - 1), ARRIVAL_IN_ORDER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_due_at),
		cmocka_unit_test(test_rate_after_years),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_max),
		cmocka_unit_test(test_sequence_in_order),
		cmocka_unit_test(test_sequence_late),
		cmocka_unit_test(test_sequence_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
