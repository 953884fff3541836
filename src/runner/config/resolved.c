/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/resolved.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/attribution_spec.h"
#include "runner/config/costs.h"
#include "runner/config/form.h"
#include "runner/config/node_write.h"
#include "runner/config/search_spec.h"

static void
put_text(FILE *file, const char *key, const char *text)
{
	fprintf(file, "%s: ", key);
	node_write_text(file, text);
	fputc('\n', file);
}

/* The key as the file has it, if it has it. */
static void
put_as_is(FILE *file, const struct node *root, const char *key)
{
	const struct node *node = node_find(root, key);

	if (!node)
		return;
	fprintf(file, "%s: ", key);
	node_write(file, node);
	fputc('\n', file);
}

static void
put_option(FILE *file, const char **comma, const struct option_spec *option, const void *settings)
{
	fprintf(file, "%s%s: ", *comma, option->name);
	node_write_option(file, option, settings);
	*comma = ", ";
}

static void
put_options(FILE *file, const struct option_spec *table, const void *settings)
{
	const char *comma = "";

	fputc('{', file);
	for (const struct option_spec *option = table; option->name; option++)
		put_option(file, &comma, option, settings);
	fputc('}', file);
}

/* A cost that changes with the level that is swept stays the profile's to give. */
static bool
is_left_to_profile(const struct form *form, const struct recipe *recipe,
		   const struct source *source, const struct option_spec *option)
{
	return option->cost && form_sweeps_cost_level(form) &&
	       costs_find(form->costs, option->cost) &&
	       !recipe_gives(recipe, form->root, source->name, option);
}

static void
put_source(FILE *file, const struct form *form, const struct recipe *recipe,
	   const struct source *source, const struct source_setting *setting)
{
	const struct option_spec *option = setting->on ? source->options : NULL;
	const char *comma = "";

	fprintf(file, "      %s: ", source->name);
	if (!option) {
		fputs(setting->on ? "on\n" : "off\n", file);
		return;
	}
	fputc('{', file);
	for (; option->name; option++)
		if (!is_left_to_profile(form, recipe, source, option))
			put_option(file, &comma, option, setting->options);
	fputs("}\n", file);
}

static void
put_configuration(FILE *file, const struct form *form, const struct recipe *recipe,
		  const struct datapath_config *config)
{
	fprintf(file, "  - preset: %s\n    ", recipe->preset->name);
	put_text(file, "name", recipe->name);
	for (const struct option_spec *option = datapath_options; option->name; option++) {
		fprintf(file, "    %s: ", option->name);
		node_write_option(file, option, config);
		fputc('\n', file);
	}
	fputs("    sources:\n", file);
	for (int i = 0; sources[i]; i++)
		put_source(file, form, recipe, sources[i], &config->sources[i]);
}

/*
 * What the file says for every configuration, and costs that nobody gave, in this TSC's
 * cycles; but where their level is swept, and those that have no such level.
 */
static void
put_defaults_of(FILE *file, const struct form *form, const struct source *source)
{
	const struct node *given = node_find(node_find(form->root, "sources"), source->name);
	const char *comma = "";

	if (given && given->kind == NODE_SCALAR) {
		fprintf(file, "  %s: off\n", source->name);
		return;
	}
	fprintf(file, "  %s: {", source->name);
	for (const struct option_spec *option = source->options; option && option->name; option++) {
		const struct node *value = node_find(given, option->name);
		const struct cost *cost = option->cost ? costs_find(form->costs, option->cost) :
							 NULL;

		if (cost && (form_sweeps_cost_level(form) ||
			     (cost->assumed && form->shared.cost_level == COST_MID)))
			cost = NULL;
		if (!value && !cost)
			continue;
		fprintf(file, "%s%s: ", comma, option->name);
		if (value)
			node_write(file, value);
		else
			fprintf(file, "%" PRIu64 " cycles", cost->cycles[form->shared.cost_level]);
		comma = ", ";
	}
	fputs("}\n", file);
}

static void
put_defaults(FILE *file, const struct form *form)
{
	for (const struct option_spec *option = datapath_options; option->name; option++)
		put_as_is(file, form->root, option->name);
	fputs("sources:\n", file);
	for (int i = 0; sources[i]; i++)
		put_defaults_of(file, form, sources[i]);
}

static void
put_attribution(FILE *file, const struct attribution_spec *attribution)
{
	const char *comma = "";

	if (!attribution->wanted)
		return;
	fprintf(file, "attribution: {method: %s, factors: [",
		attribution_design_name(attribution->design));
	for (int i = 0; sources[i]; i++) {
		if (!(attribution->factors & 1u << i))
			continue;
		fprintf(file, "%s%s", comma, sources[i]->name);
		comma = ", ";
	}
	fputs("]}\n", file);
}

/* The traffic that isn't swept; its default too. */
static void
put_traffic(FILE *file, const struct form *form)
{
	const struct node *own = rows_find(form->root);

	if (rows_find(node_find(form->root, "sweep")))
		return;
	if (own)
		put_as_is(file, form->root, own->key);
	else
		put_text(file, "frame_size", form->rows.rows[0].label);
}

static void
put_file(FILE *file, const struct form *form, const struct experiment *experiment)
{
	fputs("folio: 1\n", file);
	put_text(file, "name", experiment->name);
	put_text(file, "topology", experiment->topology);
	put_as_is(file, form->root, "rate");
	put_text(file, "workload", experiment->workload);
	put_text(file, "reference", experiment->reference);
	if (*experiment->costs)
		put_text(file, "costs", experiment->costs);
	if (*experiment->paper)
		put_text(file, "paper", experiment->paper);
	put_as_is(file, form->root, cost_level_options->name);
	put_defaults(file, form);
	fputs("configurations:\n", file);
	for (uint32_t i = 0; i < form->n_recipes; i++)
		put_configuration(file, form, &form->recipes[i],
				  &experiment->configurations[i].config);
	put_traffic(file, form);
	put_as_is(file, form->root, "sweep");
	put_as_is(file, form->root, "include");
	put_as_is(file, form->root, "exclude");
	put_as_is(file, form->root, "max_cells");
	fputs("measure: ", file);
	put_options(file, measure_options(experiment->topology), &experiment->measure);
	fputc('\n', file);
	put_attribution(file, &experiment->attribution);
	if (!experiment->search.wanted)
		return;
	fputs("search: ", file);
	put_options(file, search_spec_options, &experiment->search);
	fputc('\n', file);
}

int
resolved_write(const struct form *form, struct experiment *experiment)
{
	size_t size;
	FILE *file = open_memstream(&experiment->resolved, &size);

	if (!file)
		return -ENOMEM;
	put_file(file, form, experiment);
	return fclose(file) ? -ENOMEM : 0;
}
