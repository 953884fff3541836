/* SPDX-License-Identifier: BSD-3-Clause */
/* Quantities: what is read, what is refused, and that what is printed reads back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/nearest.h"
#include "base/units.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_reads(void **state)
{
	static const struct {
		const char *text;
		struct quantity quantity;
	} cases[] = {
		{"64", {DIMENSION_COUNT, 64}},
		{" 64 ", {DIMENSION_COUNT, 64}},
		{"200 us", {DIMENSION_TIME, 200e3}},
		{"200us", {DIMENSION_TIME, 200e3}},
		{"0.2  ms", {DIMENSION_TIME, 200e3}},
		{"1.5 s", {DIMENSION_TIME, 1.5e9}},
		{"7 ns", {DIMENSION_TIME, 7}},
		{"4000 cycles", {DIMENSION_CYCLES, 4000}},
		{"4e3 cycles", {DIMENSION_CYCLES, 4000}},
		{"4 KiB", {DIMENSION_BYTES, 4096}},
		{"2 MiB", {DIMENSION_BYTES, 2097152}},
		{"1 GiB", {DIMENSION_BYTES, 1073741824}},
		{"12 B", {DIMENSION_BYTES, 12}},
		{"50 kpps", {DIMENSION_RATE, 50e3}},
		{"1.5 Mpps", {DIMENSION_RATE, 1.5e6}},
		{"0.5%", {DIMENSION_SHARE, 0.005}},
		{"7 %", {DIMENSION_SHARE, 0.07}},
		{"-3", {DIMENSION_COUNT, -3}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct quantity got;

		assert_int_equal(quantity_parse(cases[i].text, &got), 0);
		assert_int_equal(got.dimension, cases[i].quantity.dimension);
		assert_true(got.value == cases[i].quantity.value);
	}
}

static void
test_refuses(void **state)
{
	static const char *const texts[] = {
		"",      " ",     "us",  "4 kib",     "4 KB", "4 cycle", "0x10",
		"inf",   "nan",   "1.",  ".5",        "1..2", "- 3",     "4 us x",
		"4 u s", "1,5 s", "--1", "4e cycles", "4 4",  "4\tus",   "4 us\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct quantity got = {DIMENSION_COUNT, 12};

		assert_int_equal(quantity_parse(texts[i], &got), -EINVAL);
		assert_true(got.value == 12);
	}
}

static void
test_refuses_what_is_not_finite(void **state)
{
	struct quantity got;

	(void)state;
	assert_int_equal(quantity_parse("1e999", &got), -ERANGE);
	assert_int_equal(quantity_parse("1e308 GiB", &got), -ERANGE);
}

static void
test_prints(void **state)
{
	static const struct {
		enum dimension dimension;
		double value;
		const char *text;
	} cases[] = {
		{DIMENSION_TIME, 200e3, "200 us"},       {DIMENSION_TIME, 1e9, "1 s"},
		{DIMENSION_TIME, 1500, "1500 ns"},       {DIMENSION_TIME, 0, "0 ns"},
		{DIMENSION_BYTES, 4096, "4 KiB"},        {DIMENSION_BYTES, 4097, "4097 B"},
		{DIMENSION_SHARE, 0.005, "0.5%"},        {DIMENSION_SHARE, 0.07, "7%"},
		{DIMENSION_CYCLES, 4000, "4000 cycles"}, {DIMENSION_COUNT, 64, "64"},
		{DIMENSION_RATE, 50e3, "50 kpps"},       {DIMENSION_TIME, 1500.5, "1.5005 us"},
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(quantity_format(cases[i].dimension, cases[i].value, buf,
						    sizeof(buf)),
				    cases[i].text);
}

static void
test_reads_back(void **state)
{
	static const double values[] = {0,    1,         3,    0.1,  0.005, 0.0001,   0.333333,
					1e-9, 12345.678, 1e15, 4096, 1e9,   999999937};
	static const enum dimension dimensions[] = {DIMENSION_COUNT,  DIMENSION_TIME,
						    DIMENSION_CYCLES, DIMENSION_BYTES,
						    DIMENSION_RATE,   DIMENSION_SHARE};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		for (size_t j = 0; j < COUNT(dimensions); j++) {
			struct quantity back;

			quantity_format(dimensions[j], values[i], buf, sizeof(buf));
			assert_int_equal(quantity_parse(buf, &back), 0);
			assert_int_equal(back.dimension, dimensions[j]);
			assert_true(back.value == values[i]);
		}
	}
}

static void
test_nearest(void **state)
{
	static const char *const names[] = {"sweep", "measure", "vc", "psc", "frame_size"};

	(void)state;
	assert_string_equal(nearest("swep", names, COUNT(names)), "sweep");
	assert_string_equal(nearest("frame_siez", names, COUNT(names)), "frame_size");
	assert_string_equal(nearest("cv", names, COUNT(names)), "vc");
	assert_null(nearest("zz", names, COUNT(names)));
	assert_null(nearest("latency", names, COUNT(names)));
	assert_null(nearest("", names, COUNT(names)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_what_is_not_finite),
		cmocka_unit_test(test_prints),
		cmocka_unit_test(test_reads_back),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
