/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/single.h"

#include <errno.h>

#include "base/log.h"
#include "runner/config/assign.h"
#include "runner/config/costs.h"
#include "runner/config/node.h"
#include "runner/config/recipe.h"

/* The mapping that an item of `configurations:` would be. */
static int
make_node(const char *preset, const struct assignment *set, size_t n_set, struct node **out)
{
	struct node *node = node_new("command line", 0, NODE_MAPPING, NULL);
	struct node *name = node_new("command line", 0, NODE_SCALAR, preset);
	int error = node && name ? node_append(node, "preset", name) : -ENOMEM;

	if (error)
		node_free(name);
	else
		error = assign_all(node, set, n_set);
	if (error)
		node_free(node);
	else
		*out = node;
	return error;
}

static int
open_costs(const char *name, struct costs **costs)
{
	struct node *node = node_new("command line", 0, NODE_SCALAR, name);
	int error = node ? costs_open(costs_dir(), node, costs) : -ENOMEM;

	node_free(node);
	return error;
}

/* It stands at the top of a file, and is no key of a configuration. */
static int
take_cost_level(struct node *node, uint32_t *level)
{
	const struct node *given = node_find(node, cost_level_options->name);

	options_defaults(cost_level_options, level);
	if (given && node_option(given, cost_level_options, level))
		return -EINVAL;
	node_remove(node, cost_level_options->name);
	return 0;
}

static int
resolve(struct node *node, const struct costs *costs, struct datapath_config *config)
{
	struct recipe_shared shared = {.costs = costs};
	struct recipe recipe;
	int error = take_cost_level(node, &shared.cost_level);

	if (!error)
		error = recipe_read(node, &recipe);
	if (error)
		return error;
	error = recipe_resolve(&recipe, &shared, NULL, SWEEP_ALL, config);
	recipe_close(&recipe);
	return error;
}

int
single_resolve(const char *preset, const char *costs_name, const struct assignment *set,
	       size_t n_set, struct datapath_config *config)
{
	struct costs *costs = NULL;
	struct node *node;
	int error = costs_name ? open_costs(costs_name, &costs) : 0;

	if (error)
		return error;
	error = make_node(preset, set, n_set, &node);
	if (!error) {
		error = resolve(node, costs, config);
		node_free(node);
	}
	if (error == -ENOMEM)
		log_error("out of memory");
	costs_close(costs);
	return error;
}
