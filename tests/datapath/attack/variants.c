/* SPDX-License-Identifier: BSD-3-Clause */
#include "target.h"

#include <stdio.h>
#include <string.h>

#include "datapath/sources/source.h"

#define BOUNCE_POOL "2 MiB"

const struct variant variants[] = {
	{"ring=64 ring_format=split", "", 8},
	{"ring=64 ring_format=packed", "", 8},
	{"ring=64 ring_format=split", "bounce_copy", 8},
	{"ring=64 ring_format=packed", "bounce_copy", 8},
	{"ring=256 ring_format=split", "bounce_copy", 4},
	{"ring=256 ring_format=packed", "bounce_copy", 4},
	{"ring=64 ring_format=split", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=packed", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=split", "bounce_alloc vc", 8},
	{"ring=64 ring_format=packed", "bounce_alloc vc", 8},
	{"ring=64 ring_format=split", "bounce_copy:mode=header", 8},
	{"ring=64 ring_format=packed", "bounce_copy:mode=header vc", 8},
	{"ring=64 ring_format=split event_idx=on notify=both", "bounce_copy", 8},
	{"ring=64 ring_format=packed event_idx=on notify=both", "bounce_copy", 8},
	{"ring=64 ring_format=split mergeable=on", "", 8},
	{"ring=64 ring_format=packed mergeable=on", "", 8},
	{"ring=64 ring_format=split mergeable=on", "bounce_copy", 8},
	{"ring=64 ring_format=packed mergeable=on event_idx=on", "bounce_copy", 8},
	{"ring=64 ring_format=split mergeable=on", "bounce_copy:mode=header", 8},
	{"ring=64 ring_format=packed mergeable=on", "bounce_copy:mode=header", 8},
	{"ring=64 ring_format=split mergeable=on", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=packed mergeable=on", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=split queues=3", "bounce_copy", 8},
	{"ring=64 ring_format=packed queues=3", "bounce_copy", 8},
	{"ring=64 ring_format=split queues=2", "", 8},
	{"ring=64 ring_format=packed mergeable=on queues=2", "bounce_copy", 8},
	{"ring=64 ring_format=split", "psc bounce_alloc bounce_copy", 1},
	{"ring=64 ring_format=packed", "psc bounce_copy", 1},
	{"ring=4096 ring_format=split", "bounce_copy", 1},
	{"ring=4096 ring_format=packed", "bounce_copy", 1},
	{0},
};

const char *
variant_name(const struct variant *variant)
{
	static char names[sizeof(variants) / sizeof(variants[0])][160];
	char *name = names[variant - variants];

	snprintf(name, sizeof(names[0]), "%s sources=[%s]", variant->options, variant->sources);
	return name;
}

static void
set_option(const struct option_spec *table, void *settings, const char *name, const char *value)
{
	const struct option_spec *spec = options_find(table, name);
	char why[256] = "no such option";

	attack_check(spec && !option_parse(spec, settings, value, why, sizeof(why)), "%s=%s: %s",
		     name, value, why);
}

/* option: "mode=header", or NULL. */
static void
switch_on(struct datapath_config *config, const char *name, char *option)
{
	int source = source_find(name);

	attack_check(source >= 0, "no source %s", name);
	config->sources[source].on = true;
	if (option) {
		const char *key = strsep(&option, "=");

		set_option(sources[source]->options, config->sources[source].options, key, option);
	}
}

void
variant_configure(const struct variant *variant, struct datapath_config *config)
{
	char text[256], *rest = text, *word;

	datapath_config_init(config);
	/* Ordinary pages, unless options say otherwise: an attack needs no fast memory. */
	set_option(datapath_options, config, "memory", "plain");
	snprintf(text, sizeof(text), "%s", variant->options);
	while ((word = strsep(&rest, " "))) {
		const char *name = strsep(&word, "=");

		set_option(datapath_options, config, name, word);
	}
	snprintf(text, sizeof(text), "%s", variant->sources);
	for (rest = text; (word = strsep(&rest, " ")) && *word;) {
		const char *name = strsep(&word, ":");

		switch_on(config, name, word);
	}
	int pool = source_find("bounce_alloc");

	set_option(sources[pool]->options, config->sources[pool].options, "pool", BOUNCE_POOL);
}
