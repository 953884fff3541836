/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/recipe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/costs.h"
#include "runner/config/setting.h"
#include "runner/config/yaml.h"

static int
read_preset(const struct node *node, struct recipe *recipe)
{
	const struct node *preset = node_find(node, "preset");
	struct names names = {0};

	if (!preset)
		return node_refuse(node, "found no preset, allowed: a configuration with a preset, "
					 "such as {preset: folio}");
	names_add_presets(&names);
	if (node_expect_name(preset, &names))
		return -EINVAL;
	return recipe_from_preset(preset_find(preset->text), node, recipe);
}

/* A preset's name for something else would make a table that says what is not so. */
static int
read_name(const struct node *node, struct recipe *recipe)
{
	const struct node *name = node_find(node, "name");
	const struct preset *other;

	if (!name)
		return 0;
	if (node_identifier(name, recipe->name, sizeof(recipe->name)))
		return -EINVAL;
	other = preset_find(recipe->name);
	if (other && other != recipe->preset)
		return node_refuse(name,
				   "found the name of another preset, '%s', allowed: any other",
				   recipe->name);
	return 0;
}

int
recipe_read(const struct node *node, struct recipe *recipe)
{
	struct names keys = {0};
	int error;

	names_add(&keys, "preset");
	names_add(&keys, "name");
	names_add(&keys, "sources");
	names_add_options(&keys, datapath_options);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	error = read_preset(node, recipe);
	if (error)
		return error;
	recipe->node = node;
	error = read_name(node, recipe);
	if (error)
		recipe_close(recipe);
	return error;
}

int
recipe_from_preset(const struct preset *preset, const struct node *where, struct recipe *recipe)
{
	char text[PRESET_SOURCES_BYTES + 2];

	*recipe = (struct recipe){.preset = preset, .where = where};
	snprintf(recipe->name, sizeof(recipe->name), "%s", preset->name);
	snprintf(text, sizeof(text), "{%s}", preset->sources);
	return yaml_read_value(preset->name, text, &recipe->preset_sources);
}

void
recipe_close(struct recipe *recipe)
{
	node_free(recipe->preset_sources);
	recipe->preset_sources = NULL;
}

static int
apply_file(const struct recipe *recipe, const struct node *root, struct draft *draft)
{
	const struct node *defaults = node_find(root, "sources");
	const struct node *own = node_find(recipe->node, "sources");

	if (draft_apply_sources(draft, recipe->preset_sources) ||
	    draft_apply_datapath(draft, root) ||
	    (defaults && draft_apply_defaults(draft, defaults)) ||
	    draft_apply_datapath(draft, recipe->node))
		return -EINVAL;
	return own ? draft_apply_sources(draft, own) : 0;
}

static bool
has_point(const struct costs *costs, const char *primitive)
{
	const struct cost *cost = costs_find(costs, primitive);

	return cost && !cost->assumed;
}

static bool
is_in_scope(const struct setting *setting, enum sweep_scope scope, const struct costs *costs,
	    const struct draft *draft)
{
	const struct option_spec *option = setting->option;

	if (setting_is_of_cell(setting) || scope == SWEEP_NOTHING)
		return false;
	if (scope == SWEEP_MISSING)
		return setting->source >= 0 && option && option->cost &&
		       !has_point(costs, option->cost) &&
		       !draft_gives(draft, setting->source, option);
	return scope == SWEEP_ALL || setting->source < 0;
}

static int
apply_combo(const struct combo *combo, enum sweep_scope scope, const struct costs *costs,
	    struct draft *draft)
{
	for (size_t i = 0; combo && i < combo->axes->n; i++) {
		const struct axis *axis = &combo->axes->at[i];

		if (is_in_scope(&axis->setting, scope, costs, draft) &&
		    draft_apply(draft, &axis->setting, axis->values[combo->at[i]].node))
			return -EINVAL;
	}
	return 0;
}

/* The one that combo sweeps, or the file's. */
static enum cost_level
level_of(const struct recipe_shared *shared, const struct combo *combo)
{
	uint32_t level = shared->cost_level;

	for (size_t i = 0; combo && i < combo->axes->n; i++)
		if (combo->axes->at[i].setting.option == cost_level_options)
			node_option(combo->axes->at[i].values[combo->at[i]].node,
				    cost_level_options, &level);
	return level;
}

/* What nobody has measured is charged at its bounds, or as the user says. */
static int
refuse_mid(const struct recipe *recipe, const struct costs *costs, const struct setting *setting)
{
	const struct option_spec *option = setting->option;
	const struct cost *cost = costs_find(costs, option->cost);
	const char *name = sources[setting->source]->name;

	return node_refuse(recipe->where,
			   "sources.%s.%s: found no point value of '%s' in %s, where it is assumed "
			   "between %" PRIu64 " and %" PRIu64 " cycles, allowed: cost_level: lo or "
			   "hi, or sources: {%s: {%s: 4000 cycles}}",
			   name, option->name, option->cost, costs->path, cost->cycles[COST_LO],
			   cost->cycles[COST_HI], name, option->name);
}

static int
apply_cost(const struct recipe *recipe, const struct costs *costs, enum cost_level level,
	   const struct setting *setting, struct draft *draft)
{
	const struct option_spec *option = setting->option;
	const struct cost *cost = costs_find(costs, option->cost);
	const char *name = sources[setting->source]->name;
	char text[64], why[512];

	if (!cost && !costs)
		return node_refuse(recipe->where,
				   "sources.%s.%s: found no `costs:` that would give it, allowed: "
				   "a cost profile with '%s', or sources: {%s: {%s: 4000 cycles}}",
				   name, option->name, option->cost, name, option->name);
	if (!cost)
		return node_refuse(recipe->where,
				   "sources.%s.%s: found no '%s' in the cost profile %s, allowed: "
				   "a profile that has it, or sources: {%s: {%s: 4000 cycles}}",
				   name, option->name, option->cost, costs->path, name,
				   option->name);
	if (cost->assumed && level == COST_MID)
		return refuse_mid(recipe, costs, setting);
	snprintf(text, sizeof(text), "%" PRIu64 " cycles", cost->cycles[level]);
	if (option_parse(option, draft_target(draft, setting), text, why, sizeof(why)))
		return node_refuse(recipe->where, "sources.%s.%s, from '%s' of %s: %s", name,
				   option->name, option->cost, costs->path, why);
	return 0;
}

static int
apply_costs(const struct recipe *recipe, const struct costs *costs, enum cost_level level,
	    struct draft *draft)
{
	struct setting setting;
	int error = 0;

	while (!error && draft_missing_cost(draft, &setting))
		error = apply_cost(recipe, costs, level, &setting, draft);
	return error;
}

static void
reset_what_is_off(struct datapath_config *config)
{
	for (int i = 0; sources[i]; i++)
		if (!config->sources[i].on && sources[i]->options)
			options_defaults(sources[i]->options, config->sources[i].options);
}

int
recipe_resolve(const struct recipe *recipe, const struct recipe_shared *shared,
	       const struct combo *combo, enum sweep_scope scope, struct datapath_config *out)
{
	struct draft draft;

	draft_init(&draft);
	if (apply_file(recipe, shared->root, &draft) ||
	    apply_combo(combo, scope, shared->costs, &draft) ||
	    apply_costs(recipe, shared->costs, level_of(shared, combo), &draft))
		return -EINVAL;
	reset_what_is_off(&draft.config);
	if (recipe_check(recipe, shared, combo, scope, &draft.config))
		return -EINVAL;
	memcpy(out, &draft.config, sizeof(*out));
	return 0;
}

int
recipe_assumes(const struct recipe *recipe, const struct recipe_shared *shared,
	       const struct combo *combo, enum sweep_scope scope)
{
	struct setting setting;
	struct draft draft;

	draft_init(&draft);
	if (apply_file(recipe, shared->root, &draft) ||
	    apply_combo(combo, scope, shared->costs, &draft))
		return -EINVAL;
	while (draft_missing_cost(&draft, &setting)) {
		const struct cost *cost = costs_find(shared->costs, setting.option->cost);

		if (cost && cost->assumed)
			return 1;
		draft_target(&draft, &setting); /* counts as given: the next one */
	}
	return 0;
}

bool
recipe_gives(const struct recipe *recipe, const struct node *root, const char *source,
	     const struct option_spec *option)
{
	const struct node *const places[] = {recipe->preset_sources,
					     node_find(recipe->node, "sources"),
					     node_find(root, "sources")};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (node_find(node_find(places[i], source), option->name))
			return true;
	return false;
}

bool
recipe_is_of_level(const struct recipe_shared *shared, const struct combo *combo,
		   const struct datapath_config *config)
{
	enum cost_level level = level_of(shared, combo);

	for (int i = 0; sources[i]; i++) {
		const struct option_spec *option = config->sources[i].on ? sources[i]->options :
									   NULL;

		for (; option && option->name; option++) {
			const struct cost *cost =
				option->cost ? costs_find(shared->costs, option->cost) : NULL;

			if (cost && cost->cycles[COST_LO] != cost->cycles[COST_HI] &&
			    !memcmp(config->sources[i].options + option->offset,
				    &cost->cycles[level], sizeof(cost->cycles[level])))
				return true;
		}
	}
	return false;
}
