/* SPDX-License-Identifier: BSD-3-Clause */
/* Option tables: each type read, refused and printed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/options.h"

struct settings {
	bool on;
	uint32_t count, choice, set;
	uint64_t cycles, time_ns, bytes, rate, word_rate;
	double share;
	char text[OPTION_TEXT_BYTES], secret[OPTION_TEXT_BYTES];
};

static const char *const choices[] = {"packet", "burst", "idle", NULL};

#define AT(field) .offset = offsetof(struct settings, field)

static const struct option_spec table[] = {
	{.name = "on", .type = OPTION_SWITCH, AT(on), .preset = "on"},
	{.name = "count",
	 .type = OPTION_COUNT,
	 AT(count),
	 .preset = "256",
	 .min = 64,
	 .max = 4096,
	 .power_of_two = true},
	{.name = "cycles", .type = OPTION_CYCLES, AT(cycles), .max = 1e9},
	{.name = "time",
	 .type = OPTION_TIME,
	 AT(time_ns),
	 .preset = "200 us",
	 .min = 50e3,
	 .max = 10e6},
	{.name = "bytes", .type = OPTION_BYTES, AT(bytes), .preset = "64 MiB", .min = 1},
	{.name = "share", .type = OPTION_SHARE, AT(share), .preset = "0.5%", .max = 1},
	{.name = "choice",
	 .type = OPTION_CHOICE,
	 AT(choice),
	 .preset = "packet",
	 .choices = choices},
	{.name = "set",
	 .type = OPTION_CHOICES,
	 AT(set),
	 .preset = "[packet, idle]",
	 .choices = choices},
	{.name = "text", .type = OPTION_TEXT, AT(text), .preset = "a b"},
	{.name = "secret", .type = OPTION_TEXT, .secret = true, AT(secret)},
	{.name = "rate", .type = OPTION_RATE, AT(rate), .preset = "50 kpps", .min = 1, .max = 1e9},
	{.name = "word_rate",
	 .type = OPTION_RATE,
	 AT(word_rate),
	 .preset = "burst",
	 .choices = choices,
	 .min = 1,
	 .max = 1e9},
	{0},
};

static char why[512];

static int
set(struct settings *settings, const char *name, const char *text)
{
	why[0] = '\0';
	return option_parse(options_find(table, name), settings, text, why, sizeof(why));
}

static void
test_defaults(void **state)
{
	struct settings s;

	(void)state;
	memset(&s, 0xff, sizeof(s));
	options_defaults(table, &s);
	assert_true(s.on);
	assert_int_equal(s.count, 256);
	assert_int_equal(s.cycles, 0);
	assert_int_equal(s.time_ns, 200000);
	assert_int_equal(s.bytes, 64 << 20);
	assert_true(s.share == 0.005);
	assert_int_equal(s.choice, 0);
	assert_int_equal(s.set, 5);
	assert_string_equal(s.text, "a b");
}

static void
test_reads(void **state)
{
	struct settings s;

	(void)state;
	options_defaults(table, &s);
	assert_int_equal(set(&s, "on", "off"), 0);
	assert_false(s.on);
	assert_int_equal(set(&s, "count", "4096"), 0);
	assert_int_equal(s.count, 4096);
	assert_int_equal(set(&s, "time", "50.5 us"), 0);
	assert_int_equal(s.time_ns, 50500);
	assert_int_equal(set(&s, "choice", "burst"), 0);
	assert_int_equal(s.choice, 1);
	assert_int_equal(set(&s, "set", "burst"), 0);
	assert_int_equal(s.set, 2);
	assert_int_equal(set(&s, "set", "packet,burst"), 0);
	assert_int_equal(s.set, 3);
	assert_int_equal(set(&s, "set", "[ idle , packet ]"), 0);
	assert_int_equal(s.set, 5);
	assert_int_equal(set(&s, "text", ""), 0);
	assert_string_equal(s.text, "");
}

static void
test_time_becomes_cycles(void **state)
{
	struct settings s;

	(void)state;
	options_defaults(table, &s);
	assert_int_equal(set(&s, "cycles", "4000 cycles"), 0);
	assert_int_equal(s.cycles, 4000);
	assert_int_equal(set(&s, "cycles", "10 us"), 0);
	assert_true(s.cycles >= clock_tsc_hz() / 100000 - 1);
	assert_true(s.cycles <= clock_tsc_hz() / 100000 + 1);
}

static void
test_refuses(void **state)
{
	static const char *const cases[][2] = {
		{"on", "yes"},
		{"on", ""},
		{"count", "63"},
		{"count", "100"},
		{"count", "8192"},
		{"count", "256 B"},
		{"count", "256.5"},
		{"count", "-256"},
		{"cycles", "4000"},
		{"cycles", "4 KiB"},
		{"cycles", "-1 us"},
		{"cycles", "2 s"},
		{"cycles", "1e30 cycles"},
		{"time", "200"},
		{"time", "10 cycles"},
		{"time", "11 ms"},
		{"time", "1e300 s"},
		{"bytes", "0 B"},
		{"bytes", "64"},
		{"bytes", "1e9 GiB"},
		{"share", "0.5"},
		{"share", "101%"},
		{"choice", "packets"},
		{"choice", ""},
		{"set", "[]"},
		{"set", "packet,"},
		{"set", "none"},
		{"set", "[packet"},
		{"text", "a\nb"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings s, before;

		memset(&s, 0, sizeof(s));
		options_defaults(table, &s);
		memcpy(&before, &s, sizeof(s));
		assert_int_equal(set(&s, cases[i][0], cases[i][1]), -EINVAL);
		assert_memory_equal(&s, &before, sizeof(s));
		assert_non_null(strstr(why, "found '"));
		assert_non_null(strstr(why, "allowed: "));
	}
}

static void
test_refuses_long_text(void **state)
{
	char text[OPTION_TEXT_BYTES + 1];
	struct settings s;

	(void)state;
	options_defaults(table, &s);
	memset(text, 'x', sizeof(text));
	text[OPTION_TEXT_BYTES] = '\0';
	assert_int_equal(set(&s, "text", text), -EINVAL);
	text[OPTION_TEXT_BYTES - 1] = '\0';
	assert_int_equal(set(&s, "text", text), 0);
	assert_string_equal(s.text, text);
}

static void
test_keeps_a_secret(void **state)
{
	struct settings s;

	(void)state;
	options_defaults(table, &s);
	assert_int_equal(option_parse(options_find(table, "secret"), &s, "tell\ttale", why,
				      sizeof(why)),
			 -EINVAL);
	assert_string_equal(why, "found 9 characters, allowed: one line of at most 255 bytes");
}

static void
test_says_what_is_allowed(void **state)
{
	static const char *const cases[][2] = {
		{"on", "on, off"},
		{"count", "64 to 4096, a power of two"},
		{"cycles",
		 "a number of cycles such as 4000 cycles, or a time such as 2 us, at most "
		 "1000000000 cycles"},
		{"time", "a time such as 200 us (ns, us, ms, s), 50 us to 10 ms"},
		{"bytes", "a size such as 4 KiB (B, KiB, MiB, GiB), 1 B or more"},
		{"share", "a share such as 0.5%, at most 100%"},
		{"choice", "packet, burst, idle"},
		{"set", "any of packet, burst, idle"},
	};
	char buf[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(option_allowed(options_find(table, cases[i][0]), buf,
						   sizeof(buf)),
				    cases[i][1]);
}

static void
test_suggests_a_choice(void **state)
{
	struct settings s;

	(void)state;
	options_defaults(table, &s);
	set(&s, "choice", "pakcet");
	assert_non_null(strstr(why, "did you mean 'packet'?"));
}

static void
test_reads_back(void **state)
{
	static const char *const cases[][2] = {
		{"on", "off"},
		{"count", "1024"},
		{"cycles", "12345 cycles"},
		{"time", "77777 ns"},
		{"bytes", "5 KiB"},
		{"share", "12.34%"},
		{"choice", "idle"},
		{"set", "[packet, burst]"},
		{"text", "any: text, with # signs"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct option_spec *option = options_find(table, cases[i][0]);
		struct settings s, back;
		char buf[512];

		memset(&s, 0, sizeof(s));
		memset(&back, 0, sizeof(back));
		options_defaults(table, &s);
		options_defaults(table, &back);
		assert_int_equal(set(&s, cases[i][0], cases[i][1]), 0);
		option_format(option, &s, buf, sizeof(buf));
		assert_int_equal(set(&back, cases[i][0], buf), 0);
		assert_memory_equal(&s, &back, sizeof(s));
	}
}

static void
test_rates(void **state)
{
	static const char *const refused[] = {"50",      "0 pps", "1001 Mpps",
					      "0.5 pps", "50 us", "bursts"};
	const struct option_spec *rate = options_find(table, "rate");
	const struct option_spec *word = options_find(table, "word_rate");
	struct settings settings;
	char buf[64];

	(void)state;
	options_defaults(table, &settings);
	assert_int_equal(settings.rate, 50000);
	assert_int_equal(settings.word_rate, option_word(1));
	assert_string_equal(option_format(rate, &settings, buf, sizeof(buf)), "50 kpps");
	assert_string_equal(option_format(word, &settings, buf, sizeof(buf)), "burst");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(option_parse(word, &settings, refused[i], why, sizeof(why)),
				 -EINVAL);
	assert_non_null(strstr(why, "allowed: packet, burst, idle, or a rate such as 50 kpps"));
	assert_int_equal(option_parse(rate, &settings, "burst", why, sizeof(why)), -EINVAL);
	assert_int_equal(option_parse(word, &settings, "1.5 Mpps", why, sizeof(why)), 0);
	assert_int_equal(settings.word_rate, 1500000);
	assert_string_equal(option_format(word, &settings, buf, sizeof(buf)), "1500 kpps");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_time_becomes_cycles),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_long_text),
		cmocka_unit_test(test_keeps_a_secret),
		cmocka_unit_test(test_says_what_is_allowed),
		cmocka_unit_test(test_suggests_a_choice),
		cmocka_unit_test(test_reads_back),
		cmocka_unit_test(test_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
