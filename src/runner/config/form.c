/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/workloads/workload.h"
#include "runner/config/assumed_costs.h"
#include "runner/config/attribution_spec.h"
#include "runner/config/costs.h"
#include "runner/config/header.h"
#include "runner/config/inclusions.h"
#include "runner/config/ranges.h"
#include "runner/config/search_spec.h"
#include "runner/measure/bench.h"
#include "runner/paper/paper.h"

static int
check_keys(const struct node *root)
{
	static const char *const fixed[] = {"folio",       "name",    "topology", "workload",
					    "reference",   "costs",   "paper",    "configurations",
					    "sweep",       "include", "exclude",  "measure",
					    "attribution", "sources", "rate",     "max_cells",
					    "search"};
	struct names keys = {0};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		names_add(&keys, fixed[i]);
	names_add_options(&keys, cost_level_options);
	rows_keys(&keys);
	names_add_options(&keys, datapath_options);
	return node_expect_keys(root, &keys);
}

static int
read_cost_level(struct form *form)
{
	const struct node *node = node_find(form->root, cost_level_options->name);

	options_defaults(cost_level_options, &form->shared.cost_level);
	return node ? node_option(node, cost_level_options, &form->shared.cost_level) : 0;
}

static int
read_costs(struct form *form, const char *costs_dir, struct experiment *experiment)
{
	const struct node *node = node_find(form->root, "costs");
	int error;

	if (!node)
		return 0;
	error = costs_open(costs_dir, node, &form->costs);
	if (error)
		return error;
	form->shared.costs = form->costs;
	snprintf(experiment->costs, sizeof(experiment->costs), "%s", form->costs->name);
	return 0;
}

/* The table's rows are looked up when the run is reported. */
static int
read_paper(const struct node *root, struct experiment *experiment)
{
	const struct node *node = node_find(root, "paper");
	struct names tables = {0};
	struct paper paper;
	int error = node ? paper_open(paper_dir(), &paper) : 0;

	if (!node || error)
		return error;
	paper_tables(&paper, &tables);
	error = node_expect_name(node, &tables);
	if (!error)
		snprintf(experiment->paper, sizeof(experiment->paper), "%s", node->text);
	paper_close(&paper);
	return error;
}

static int
read_recipes(struct form *form)
{
	const struct node *list = node_find_required(form->root, "configurations",
						     "a list such as [{preset: folio}]");

	if (!list || node_expect_items(list, "a list such as [{preset: folio}]"))
		return -EINVAL;
	form->recipes = calloc(list->n_items, sizeof(*form->recipes));
	if (!form->recipes)
		return -ENOMEM;
	for (size_t i = 0; i < list->n_items; i++) {
		struct recipe *recipe = &form->recipes[i];
		int error = recipe_read(list->items[i], recipe);

		if (error)
			return error;
		error = form_find(form, recipe->name);
		form->n_recipes++;
		if (error >= 0)
			return node_refuse(list->items[i],
					   "found a second configuration of the name '%s', "
					   "allowed: name: ANOTHER",
					   recipe->name);
	}
	return 0;
}

/* The file's configuration of that name, else the preset; -ENOENT when there is neither. */
static int
choose_recipe(const struct form *form, const char *name, const struct node *where,
	      struct recipe *recipe, bool *is_listed)
{
	const struct preset *preset = preset_find(name);
	int index = form_find(form, name);

	*is_listed = index >= 0;
	if (*is_listed)
		*recipe = form->recipes[index];
	else if (preset)
		return recipe_from_preset(preset, where, recipe);
	return *is_listed ? 0 : -ENOENT;
}

static int
read_reference(struct form *form, struct experiment *experiment)
{
	const struct node *node = node_find(form->root, "reference");
	struct names names = {0};

	form_names(form, &names);
	for (const struct preset *preset = presets_all(); preset->name; preset++)
		if (!names_has(&names, preset->name))
			names_add(&names, preset->name);
	if (node && node_expect_name(node, &names))
		return -EINVAL;
	snprintf(experiment->reference, NAME_BYTES, "%s", node ? node->text : PRESET_IDEAL);
	return choose_recipe(form, experiment->reference, node ? node : form->root,
			     &form->reference, &form->reference_is_listed);
}

static int
read_attribution(struct form *form, struct experiment *experiment)
{
	const struct node *node = node_find(form->root, "attribution");
	int error;

	if (!node)
		return 0;
	error = choose_recipe(form, PRESET_IDEAL, node, &form->ideal, &form->ideal_is_listed);
	if (!error)
		error = choose_recipe(form, PRESET_NAIVE, node, &form->naive,
				      &form->naive_is_listed);
	if (!error)
		error = attribution_spec_read(node, &experiment->attribution);
	return error;
}

static int
read_sweep(struct form *form)
{
	struct node *sweep = node_find(form->root, "sweep");
	struct names others = {0};
	int error;

	if (sweep && node_expect(sweep, NODE_MAPPING, "a mapping such as {frame_size: [64, 1500]}"))
		return -EINVAL;
	if (sweep && !sweep->n_items)
		return node_refuse(sweep, "found nothing to sweep, allowed: at least one key");
	error = sweep ? ranges_expand(sweep) : 0;
	if (error)
		return error;
	rows_keys(&others);
	return axes_read(sweep, true, &others, &form->axes);
}

/* A UDP server of ours knows no frames but its client's. */
static int
check_workload(const struct form *form, const struct experiment *experiment)
{
	const struct workload *workload = workload_find(experiment->workload);
	const struct node *node = node_find(form->root, "workload");

	for (size_t i = 0; workload->udp && i < form->rows.n; i++)
		if (!strncmp(form->rows.rows[i].text, "pcap:", 5))
			return node_refuse(node,
					   "found %s for the capture %s, allowed: macswap, or "
					   "generated frames",
					   workload->name, form->rows.rows[i].label);
	if (!workload->answers && bench_find(experiment->topology)->has_rate)
		return node_refuse(node,
				   "found %s in the topology %s, allowed: a workload that answers, "
				   "or topology: lockstep",
				   workload->name, experiment->topology);
	return 0;
}

int
form_read(struct form *form, struct node *root, const char *costs_dir,
	  struct experiment *experiment)
{
	int error;

	*form = (struct form){.root = root, .shared = {.root = root}};
	if (check_keys(root) || header_read(root, experiment) || read_cost_level(form))
		return -EINVAL;
	error = read_sweep(form);
	if (!error)
		error = read_costs(form, costs_dir, experiment);
	if (!error)
		error = read_paper(root, experiment);
	if (!error)
		error = read_recipes(form);
	if (!error)
		error = read_reference(form, experiment);
	if (!error)
		error = read_attribution(form, experiment);
	if (!error)
		error = assumed_costs_sweep(form, experiment->attribution.wanted);
	if (!error)
		error = search_spec_read(node_find(root, "search"), experiment);
	if (!error)
		error = rows_read(root, &form->rows);
	if (!error)
		error = exclusions_read(form);
	if (!error)
		error = inclusions_read(form);
	return error ? error : check_workload(form, experiment);
}

void
form_close(struct form *form)
{
	inclusions_close(form);
	free(form->exclusions);
	axes_close(&form->axes);
	rows_close(&form->rows);
	if (!form->naive_is_listed)
		recipe_close(&form->naive);
	if (!form->ideal_is_listed)
		recipe_close(&form->ideal);
	if (!form->reference_is_listed)
		recipe_close(&form->reference);
	for (uint32_t i = 0; i < form->n_recipes; i++)
		recipe_close(&form->recipes[i]);
	free(form->recipes);
	costs_close(form->costs);
	node_free(form->root);
	*form = (struct form){0};
}

int
form_find(const struct form *form, const char *name)
{
	for (uint32_t i = 0; i < form->n_recipes; i++)
		if (!strcmp(form->recipes[i].name, name))
			return (int)i;
	return -ENOENT;
}

bool
form_sweeps_cost_level(const struct form *form)
{
	bool found = axes_find(&form->axes, cost_level_options->name);

	for (size_t i = 0; i < form->n_inclusions; i++)
		found |= axes_find(&form->inclusions[i].axes, cost_level_options->name) != NULL;
	return found;
}

void
form_names(const struct form *form, struct names *names)
{
	for (uint32_t i = 0; i < form->n_recipes; i++)
		names_add(names, form->recipes[i].name);
}
