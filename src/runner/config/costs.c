/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/costs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/config/node.h"
#include "runner/config/yaml.h"

#define SUFFIX ".yaml"

#define AT(member) .offset = offsetof(struct cost, member)

static const char *const levels[] = {"lo", "mid", "hi", NULL};

const struct option_spec cost_level_options[] = {
	{.name = "cost_level",
	 .type = OPTION_CHOICE,
	 .preset = "mid",
	 .choices = levels,
	 .help = "which of a primitive's costs is charged: the lowest that is plausible, the "
		 "likeliest, the highest"},
	{0},
};

static const struct option_spec text_options[] = {
	{.name = "source", .type = OPTION_TEXT, AT(source)},
	{.name = "cpu", .type = OPTION_TEXT, AT(cpu)},
	{.name = "method", .type = OPTION_TEXT, AT(method)},
	{0},
};

/* In the order of enum cost_level, and mid's other name. */
static const struct option_spec cycle_options[] = {
	{.name = "lo", .type = OPTION_CYCLES, AT(cycles[COST_LO])},
	{.name = "mid", .type = OPTION_CYCLES, AT(cycles[COST_MID])},
	{.name = "hi", .type = OPTION_CYCLES, AT(cycles[COST_HI])},
	{.name = "value", .type = OPTION_CYCLES, AT(cycles[COST_MID])},
	{0},
};

static const struct option_spec assumed_options[] = {
	{.name = "assumed", .type = OPTION_TEXT, AT(source)},
	{0},
};

/* source, cpu and method: the primitive's own, or the file's. */
static int
read_texts(const struct node *node, const struct node *root, struct cost *cost)
{
	for (const struct option_spec *option = text_options; option->name; option++) {
		const struct node *text = node_find(node, option->name);

		if (!text)
			text = node_find(root, option->name);
		if (!text)
			return node_refuse(node,
					   "found no %s, allowed: primitives that say their "
					   "source, cpu and method",
					   option->name);
		if (node_expect(text, NODE_SCALAR, "text") || node_option(text, option, cost))
			return -EINVAL;
	}
	return 0;
}

static int
read_point(const struct node *node, struct cost *cost)
{
	const struct node *value = node_find(node, "value"), *mid = node_find(node, "mid");

	if (value && mid)
		return node_refuse(value, "found a value beside mid, which is the same, allowed: "
					  "one of them");
	if (!value && !mid)
		return node_refuse(node, "found no value, allowed: a primitive with a value, such "
					 "as value: 3573 ns, or with a range");
	if (node_option(value ? value : mid, &cycle_options[COST_MID], cost))
		return -EINVAL;
	for (enum cost_level level = COST_LO; level <= COST_HI; level++) {
		const struct node *own = node_find(node, levels[level]);

		cost->cycles[level] = cost->cycles[COST_MID];
		if (own && node_option(own, &cycle_options[level], cost))
			return -EINVAL;
	}
	if (cost->cycles[COST_LO] > cost->cycles[COST_MID] ||
	    cost->cycles[COST_HI] < cost->cycles[COST_MID])
		return node_refuse(node, "found an interval without its value, allowed: "
					 "lo <= value <= hi");
	return 0;
}

/* A point that stood beside a range would be taken for a measured one. */
static int
read_range(const struct node *node, const struct node *range, struct cost *cost)
{
	const struct node *grounds = node_find(node, "assumed");
	struct names keys = {0};

	names_add(&keys, "range");
	names_add_options(&keys, assumed_options);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	if (!grounds)
		return node_refuse(node, "found a range without grounds, allowed: assumed: TEXT "
					 "beside it, which says where its bounds come from");
	if (node_expect(grounds, NODE_SCALAR, "text") ||
	    node_option(grounds, assumed_options, cost))
		return -EINVAL;
	if (range->kind != NODE_LIST || range->n_items != 2)
		return node_refuse_found(range, "a list of two costs, such as [100 cycles, 2 us]");
	if (node_option(range->items[0], &cycle_options[COST_LO], cost) ||
	    node_option(range->items[1], &cycle_options[COST_HI], cost))
		return -EINVAL;
	if (cost->cycles[COST_LO] >= cost->cycles[COST_HI])
		return node_refuse(range, "found a range that does not rise, allowed: [lo, hi] "
					  "with lo < hi");
	cost->assumed = true;
	strcpy(cost->cpu, "n/a");
	strcpy(cost->method, "n/a");
	return 0;
}

static int
read_cost(const struct node *node, const struct node *root, struct cost *cost)
{
	struct names keys = {0};
	const struct node *range;

	names_add_options(&keys, cycle_options);
	names_add(&keys, "range");
	names_add_options(&keys, assumed_options);
	names_add_options(&keys, text_options);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	if (strlen(node->key) >= sizeof(cost->primitive))
		return node_refuse(node, "found a long name, allowed: at most %zu bytes",
				   sizeof(cost->primitive) - 1);
	strcpy(cost->primitive, node->key);
	range = node_find(node, "range");
	if (range)
		return read_range(node, range, cost);
	if (node_find(node, "assumed"))
		return node_refuse(node_find(node, "assumed"),
				   "found grounds without what they are for, allowed: beside a "
				   "range");
	if (read_point(node, cost))
		return -EINVAL;
	return read_texts(node, root, cost);
}

static int
check_header(const struct node *root, const char *name)
{
	struct names keys = {0}, version = {{"1"}, 1}, own = {{name}, 1};
	static const char *const required[] = {"folio-costs", "name", "primitives"};

	names_add(&keys, "folio-costs");
	names_add(&keys, "name");
	names_add_options(&keys, text_options);
	names_add(&keys, "primitives");
	if (node_expect_keys(root, &keys))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!node_find(root, required[i]))
			return node_refuse(root,
					   "found no %s, allowed: a cost profile with "
					   "folio-costs, name and primitives",
					   required[i]);
	if (node_expect_name(node_find(root, "folio-costs"), &version))
		return -EINVAL;
	return node_expect_name(node_find(root, "name"), &own);
}

static int
read_profile(const struct node *root, struct costs *costs)
{
	const struct node *primitives;

	if (check_header(root, costs->name))
		return -EINVAL;
	primitives = node_find(root, "primitives");
	if (node_expect(primitives, NODE_MAPPING, "a mapping of primitives"))
		return -EINVAL;
	if (!primitives->n_items)
		return node_refuse(primitives, "found no primitive, allowed: at least one");
	costs->costs = calloc(primitives->n_items, sizeof(*costs->costs));
	if (!costs->costs)
		return -ENOMEM;
	for (size_t i = 0; i < primitives->n_items; i++) {
		if (read_cost(primitives->items[i], root, &costs->costs[i]))
			return -EINVAL;
		costs->n_costs++;
	}
	return 0;
}

/* Names the profiles that there are. */
static int
refuse_name(const char *dir, const struct node *named)
{
	char allowed[NAMES_TEXT_BYTES], shown[80];
	struct names profiles = {0};
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char *suffix = strrchr(entries[i]->d_name, '.');

		if (!suffix || suffix == entries[i]->d_name || strcmp(suffix, SUFFIX))
			continue;
		*suffix = '\0';
		names_add(&profiles, entries[i]->d_name);
	}
	names_allowed(&profiles, named->kind == NODE_SCALAR ? named->text : "", allowed,
		      sizeof(allowed));
	for (int i = 0; i < n; i++)
		free(entries[i]);
	if (n >= 0)
		free(entries);
	return node_refuse(named, "found %s, which is no cost profile in %s, allowed: %s",
			   node_shown(named, shown, sizeof(shown)), dir, allowed);
}

int
costs_open(const char *dir, const struct node *named, struct costs **out)
{
	struct costs *costs;
	struct node *root = NULL;
	int error;

	if (named->kind != NODE_SCALAR || !*named->text || strchr(named->text, '/') ||
	    strlen(named->text) >= sizeof(costs->name))
		return refuse_name(dir, named);
	costs = calloc(1, sizeof(*costs));
	if (!costs)
		return -ENOMEM;
	strcpy(costs->name, named->text);
	if (snprintf(costs->path, sizeof(costs->path), "%s/%s" SUFFIX, dir, named->text) >=
		    (int)sizeof(costs->path) ||
	    access(costs->path, F_OK))
		error = refuse_name(dir, named);
	else
		error = yaml_read_file(costs->path, &root);
	if (!error)
		error = read_profile(root, costs);
	node_free(root);
	if (error)
		costs_close(costs);
	else
		*out = costs;
	return error;
}

void
costs_close(struct costs *costs)
{
	if (!costs)
		return;
	free(costs->costs);
	free(costs);
}

const struct cost *
costs_find(const struct costs *costs, const char *primitive)
{
	for (size_t i = 0; costs && i < costs->n_costs; i++)
		if (!strcmp(costs->costs[i].primitive, primitive))
			return &costs->costs[i];
	return NULL;
}
