/* SPDX-License-Identifier: BSD-3-Clause */
/* The middle half of the packets, where bursts differ in length. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datapath/burst_meter.h"

static struct burst_meter meter;

static int
reset(void **state)
{
	(void)state;
	burst_meter_reset(&meter);
	return 0;
}

static void
assert_near(double value, double wanted)
{
	if (fabs(value - wanted) > 1e-9 * fabs(wanted))
		fail_msg("found %.12g, %.12g is wanted", value, wanted);
}

static void
test_nothing(void **state)
{
	(void)state;
	assert_true(isnan(burst_meter_middle_half(&meter)));
}

static void
test_equal_bursts(void **state)
{
	(void)state;
	/* 10, 20, 30, 40 cycles a packet: the middle two. */
	for (uint32_t i = 4; i > 0; i--)
		burst_meter_add(&meter, 320 * i, 32);
	assert_near(burst_meter_middle_half(&meter), 25);
	assert_int_equal(meter.bursts, 4);
	assert_int_equal(meter.packets, 128);
	assert_int_equal(meter.cycles, 3200);
}

static void
test_outliers_lie_outside(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		burst_meter_add(&meter, i < 20 ? 10000000 : 640, 32);
	assert_near(burst_meter_middle_half(&meter), 20);
}

/* Three quarters of the packets came in one burst: short ones do not outvote it. */
static void
test_packets_weigh(void **state)
{
	(void)state;
	burst_meter_add(&meter, 24 * 10, 24);
	for (int i = 0; i < 8; i++)
		burst_meter_add(&meter, 100, 1);
	assert_near(burst_meter_middle_half(&meter), 10);
}

/* A burst that straddles the boundary counts in part: packets 2 to 6 of 8, two of each. */
static void
test_straddling(void **state)
{
	(void)state;
	burst_meter_add(&meter, 4 * 10, 4);
	burst_meter_add(&meter, 4 * 30, 4);
	assert_near(burst_meter_middle_half(&meter), 20);
}

/* The last ones are held; all are counted; a stall of minutes does not wrap. */
static void
test_limits(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * BURST_METER_BURSTS; i++)
		burst_meter_add(&meter, i < BURST_METER_BURSTS ? 1000 : 50, 1);
	assert_near(burst_meter_middle_half(&meter), 50);
	assert_int_equal(meter.packets, 2 * BURST_METER_BURSTS);
	burst_meter_reset(&meter);
	burst_meter_add(&meter, UINT64_C(1) << 40, 1);
	assert_near(burst_meter_middle_half(&meter), UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing, reset),
		cmocka_unit_test_setup(test_equal_bursts, reset),
		cmocka_unit_test_setup(test_outliers_lie_outside, reset),
		cmocka_unit_test_setup(test_packets_weigh, reset),
		cmocka_unit_test_setup(test_straddling, reset),
		cmocka_unit_test_setup(test_limits, reset),
	};

	return cmocka_run_group_tests_name("burst_meter", tests, NULL, NULL);
}
