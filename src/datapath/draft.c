/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/draft.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath/sources/source.h"

static const struct option_spec switch_option = {
	.name = "source", .type = OPTION_SWITCH, .offset = offsetof(struct source_setting, on)};

void
draft_init(struct draft *draft)
{
	datapath_config_init(&draft->config);
	memset(draft->given, 0, sizeof(draft->given));
}

int
setting_of_source(const char *name, struct setting *setting)
{
	size_t length = strcspn(name, ".");
	char source_name[64];

	snprintf(source_name, sizeof(source_name), "%.*s", (int)length, name);
	*setting = (struct setting){.source = source_find(source_name)};
	if (setting->source < 0) {
		setting->source = -1;
		return -ENOENT;
	}
	if (!name[length])
		return 0;
	setting->option = options_find(sources[setting->source]->options, name + length + 1);
	return setting->option ? 0 : -ENOENT;
}

int
setting_of_name(const char *name, struct setting *setting)
{
	*setting = (struct setting){-1, options_find(datapath_options, name)};
	return setting->option ? 0 : setting_of_source(name, setting);
}

const struct option_spec *
setting_option(const struct setting *setting)
{
	return setting->option ? setting->option : &switch_option;
}

static uint32_t
option_bit(int source, const struct option_spec *option)
{
	return 1u << (option - sources[source]->options);
}

void *
draft_target(struct draft *draft, const struct setting *setting)
{
	if (setting->source < 0)
		return &draft->config;
	if (!setting->option)
		return &draft->config.sources[setting->source];
	draft->given[setting->source] |= option_bit(setting->source, setting->option);
	return draft->config.sources[setting->source].options;
}

bool
draft_gives(const struct draft *draft, int source, const struct option_spec *option)
{
	return draft->given[source] & option_bit(source, option);
}

bool
draft_missing_cost(const struct draft *draft, struct setting *setting)
{
	for (int i = 0; sources[i]; i++) {
		const struct option_spec *option = sources[i]->options;

		for (; draft->config.sources[i].on && option && option->name; option++) {
			if (!option->cost || draft_gives(draft, i, option))
				continue;
			*setting = (struct setting){i, option};
			return true;
		}
	}
	return false;
}

void
names_add_sources(struct names *names)
{
	for (unsigned int i = 0; sources[i]; i++)
		names_add(names, sources[i]->name);
}
