/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/setting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/costs.h"
#include "runner/config/experiment.h"

#define SOURCES_PREFIX "sources."

void
setting_names(struct names *names)
{
	static char source_keys[SOURCES_MAX][NAMES_MAX];

	names_add_options(names, datapath_options);
	names_add_options(names, rate_options);
	names_add_options(names, cost_level_options);
	for (unsigned int i = 0; sources[i]; i++) {
		snprintf(source_keys[i], sizeof(source_keys[i]), SOURCES_PREFIX "%s",
			 sources[i]->name);
		names_add(names, source_keys[i]);
	}
}

static int
refuse_source(const struct node *node, const char *name)
{
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};

	names_add_sources(&names);
	return node_refuse(node, "found no source '%.60s', allowed: %s", name,
			   names_allowed(&names, name, allowed, sizeof(allowed)));
}

static int
refuse_option(const struct node *node, const struct source *source, const char *name)
{
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};

	names_add_options(&names, source->options);
	return node_refuse(node, "found no option '%.60s' of %s, allowed: %s", name, source->name,
			   names_allowed(&names, name, allowed, sizeof(allowed)));
}

/* name: "vc" or "vc.cost". */
static int
find_in_sources(const struct node *node, const char *name, struct setting *setting)
{
	if (!setting_of_source(name, setting))
		return 0;
	if (setting->source < 0) {
		char source_name[64];

		snprintf(source_name, sizeof(source_name), "%.*s", (int)strcspn(name, "."), name);
		return refuse_source(node, source_name);
	}
	return refuse_option(node, sources[setting->source], strchr(name, '.') + 1);
}

bool
setting_is_rate(const struct setting *setting)
{
	return setting->option == rate_options;
}

bool
setting_is_cost_level(const struct setting *setting)
{
	return setting->option == cost_level_options;
}

bool
setting_is_of_cell(const struct setting *setting)
{
	return setting_is_rate(setting) || setting_is_cost_level(setting);
}

int
setting_find(const struct node *node, struct setting *setting)
{
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};

	if (!strncmp(node->key, SOURCES_PREFIX, strlen(SOURCES_PREFIX)))
		return find_in_sources(node, node->key + strlen(SOURCES_PREFIX), setting);
	setting->source = -1;
	setting->option = options_find(datapath_options, node->key);
	if (!setting->option)
		setting->option = options_find(rate_options, node->key);
	if (!setting->option)
		setting->option = options_find(cost_level_options, node->key);
	if (setting->option)
		return 0;
	setting_names(&names);
	names_add(&names, "sources.SOURCE.OPTION");
	return node_refuse(node, "found a key that is not known here, allowed: %s",
			   names_allowed(&names, node->key, allowed, sizeof(allowed)));
}

int
draft_apply(struct draft *draft, const struct setting *setting, const struct node *value)
{
	void *target = draft_target(draft, setting);

	return node_option(value, setting_option(setting), target);
}

static int
apply_options(struct draft *draft, int source, const struct node *options)
{
	struct setting setting = {.source = source};

	for (size_t i = 0; i < options->n_items; i++) {
		const struct node *value = options->items[i];

		setting.option = options_find(sources[source]->options, value->key);
		if (!setting.option)
			return refuse_option(value, sources[source], value->key);
		if (draft_apply(draft, &setting, value))
			return -EINVAL;
	}
	return 0;
}

int
draft_apply_sources(struct draft *draft, const struct node *sources_node)
{
	struct setting setting = {0};

	if (node_expect(sources_node, NODE_MAPPING, "a mapping such as {vc: on}"))
		return -EINVAL;
	for (size_t i = 0; i < sources_node->n_items; i++) {
		const struct node *value = sources_node->items[i];

		setting.source = source_find(value->key);
		if (setting.source < 0)
			return refuse_source(value, value->key);
		if (value->kind == NODE_LIST || (value->kind == NODE_SCALAR && !*value->text))
			return node_refuse_found(value, "on, off or a mapping of its options");
		if (value->kind == NODE_MAPPING) {
			draft->config.sources[setting.source].on = true;
			if (apply_options(draft, setting.source, value))
				return -EINVAL;
		} else if (draft_apply(draft, &setting, value)) {
			return -EINVAL;
		}
	}
	return 0;
}

static bool
is_off(const struct node *value)
{
	return value->kind == NODE_SCALAR && !strcmp(value->text, "off");
}

int
draft_apply_defaults(struct draft *draft, const struct node *sources_node)
{
	if (node_expect(sources_node, NODE_MAPPING, "a mapping such as {vc: {cost: 4000 cycles}}"))
		return -EINVAL;
	for (size_t i = 0; i < sources_node->n_items; i++) {
		const struct node *value = sources_node->items[i];
		int source = source_find(value->key);

		if (source < 0)
			return refuse_source(value, value->key);
		if (is_off(value)) {
			draft->config.sources[source].on = false;
			continue;
		}
		if (node_expect(value, NODE_MAPPING,
				"off, or a mapping of its options; what is on stands in the "
				"configurations"))
			return -EINVAL;
		if (apply_options(draft, source, value))
			return -EINVAL;
	}
	return 0;
}

int
draft_apply_datapath(struct draft *draft, const struct node *mapping)
{
	for (const struct option_spec *option = datapath_options; option->name; option++) {
		const struct node *value = node_find(mapping, option->name);

		if (value && node_option(value, option, &draft->config))
			return -EINVAL;
	}
	return 0;
}

int
setting_text(const struct setting *setting, const struct node *value, char text[SETTING_TEXT_BYTES])
{
	struct draft draft;
	uint64_t of_cell = 0; /* wide enough for each of them */

	if (setting_is_of_cell(setting)) {
		if (node_option(value, setting->option, &of_cell))
			return -EINVAL;
		option_format(setting->option, &of_cell, text, SETTING_TEXT_BYTES);
		return 0;
	}
	draft_init(&draft);
	if (draft_apply(&draft, setting, value))
		return -EINVAL;
	option_format(setting_option(setting), draft_target(&draft, setting), text,
		      SETTING_TEXT_BYTES);
	return 0;
}
