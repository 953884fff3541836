/* SPDX-License-Identifier: BSD-3-Clause */
/* The events that options name as what a cost is charged for: every source counts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/exits/exit.h"
#include "datapath/sources/source.h"

static bool
has_counter(const struct counter *table, const char *name)
{
	while (table && table->name && strcmp(table->name, name) != 0)
		table++;
	return table && table->name;
}

/* "exits.psc", "psc.conversions". */
static bool
is_counted(const char *event)
{
	size_t length = strcspn(event, ".");
	char prefix[64];
	int source;

	snprintf(prefix, sizeof(prefix), "%.*s", (int)length, event);
	source = source_find(prefix);
	return event[length] && has_counter(!strcmp(prefix, "exits") ? exit_counters :
					    source >= 0              ? sources[source]->counters :
								       NULL,
					    event + length + 1);
}

static void
test_what_options_name_as_events_is_counted(void **state)
{
	size_t n = 0;

	(void)state;
	for (int i = 0; sources[i]; i++) {
		const struct option_spec *option = sources[i]->options;

		for (; option && option->name; option++)
			for (const char *const *event = option->events; event && *event;
			     event++, n++)
				if (!is_counted(*event))
					fail_msg("%s.%s: '%s' is no counter", sources[i]->name,
						 option->name, *event);
	}
	assert_true(n > 5);
}

/* Else the report could not say what a cost that nobody knows may come to. */
static void
test_every_cost_of_a_profile_has_events(void **state)
{
	(void)state;
	for (int i = 0; sources[i]; i++)
		for (const struct option_spec *option = sources[i]->options; option && option->name;
		     option++)
			if (option->cost && !option->events)
				fail_msg("%s.%s has no events", sources[i]->name, option->name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_options_name_as_events_is_counted),
		cmocka_unit_test(test_every_cost_of_a_profile_has_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
