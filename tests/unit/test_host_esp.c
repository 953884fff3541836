/* SPDX-License-Identifier: BSD-3-Clause */
/* What folio host makes of ESP that came back, or did not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/host/collector.h"
#include "datapath/host/esp_io.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"
#include "runner/commands/host_esp.h"
#include "runner/commands/host_report.h"

/* Of a session in which each frame came back as it should. */
struct counted {
	struct host_loop_counters loop;
	struct generator_counters generator;
	struct collector_counters collector;
	struct esp_io esp;
	struct host_counts counts;
};

static int
start(void **state)
{
	static struct counted c;

	c = (struct counted){.loop = {.sessions = 1},
			     .generator = {.sent = 100},
			     .collector = {.received = 100}};
	c.esp.ends.counters = (struct esp_counters){.opened = 100, .sealed = 100};
	c.counts = (struct host_counts){&c.loop, &c.generator, &c.collector, &c.esp};
	*state = &c;
	return 0;
}

static void
assert_fails(const struct counted *c, const char *suspicion)
{
	const char *found = host_esp_suspicion(&c->counts);

	assert_true(host_esp_failed(&c->counts));
	if (suspicion)
		assert_non_null(found && strstr(found, suspicion) ? found : NULL);
	else
		assert_null(found);
}

static void
all_is_well(void **state)
{
	struct counted *c = *state;

	assert_null(host_esp_suspicion(&c->counts));
	assert_false(host_esp_failed(&c->counts));
	/* Lost ones are no fault of ESP. */
	c->generator.sent = c->esp.ends.counters.sealed = 1000;
	assert_false(host_esp_failed(&c->counts));
}

static void
without_esp(void **state)
{
	struct counted *c = *state;

	c->counts.esp = NULL;
	assert_null(host_esp_suspicion(&c->counts));
	assert_false(host_esp_failed(&c->counts));
}

static void
nothing_was_sent(void **state)
{
	struct counted *c = *state;

	c->generator.sent = c->collector.received = 0;
	c->esp.ends.counters = (struct esp_counters){0};
	assert_null(host_esp_suspicion(&c->counts));
	assert_false(host_esp_failed(&c->counts));
}

static void
nothing_came_back(void **state)
{
	struct counted *c = *state;

	c->collector.received = c->esp.ends.counters.opened = 0;
	assert_fails(c, "nothing came back in ESP");
}

/* What the guest decrypted, it sent on without encrypting it. */
static void
plain_came_back(void **state)
{
	struct counted *c = *state;

	c->esp.ends.counters.opened = 99;
	assert_fails(c, NULL);
}

static void
nothing_opened(void **state)
{
	struct counted *c = *state;

	c->collector.received = 0;
	c->esp.ends.counters = (struct esp_counters){.wrong_spi = 100};
	assert_fails(c, "another SPI");
	c->esp.ends.counters = (struct esp_counters){.damaged = 100};
	assert_fails(c, "esp_key_out");
}

/* Each kind of them by itself. */
static void
some_did_not_open(void **state)
{
	struct counted *c = *state;
	struct esp_counters *esp = &c->esp.ends.counters;
	uint64_t *const kinds[] = {&esp->wrong_spi, &esp->truncated, &esp->replayed, &esp->damaged,
				   &esp->malformed};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*kinds[i] = 1;
		assert_fails(c, NULL);
		*kinds[i] = 0;
	}
	assert_false(host_esp_failed(&c->counts));
}

static void
guest_came_again(void **state)
{
	struct counted *c = *state;

	c->loop.sessions = 2;
	assert_null(host_esp_suspicion(&c->counts));
	c->esp.ends.counters.replayed = 1;
	assert_fails(c, "begin anew");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_is_well, start),
		cmocka_unit_test_setup(without_esp, start),
		cmocka_unit_test_setup(nothing_was_sent, start),
		cmocka_unit_test_setup(nothing_came_back, start),
		cmocka_unit_test_setup(plain_came_back, start),
		cmocka_unit_test_setup(nothing_opened, start),
		cmocka_unit_test_setup(some_did_not_open, start),
		cmocka_unit_test_setup(guest_came_again, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
