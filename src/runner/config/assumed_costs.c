/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cost that nobody has measured has no point value. A configuration that needs it is
 * measured twice, at both ends of the range, as if the file's `sweep:` had
 * cost_level: [lo, hi]; and so that the resolved file says it, the tree gets that key.
 */
#include "runner/config/assumed_costs.h"

#include <errno.h>

#include "runner/config/costs.h"
#include "runner/config/form.h"

/* What is swept of sources gives listed configurations a value, but not attribution's ends. */
static int
is_needed(const struct form *form, bool attribution)
{
	const struct recipe *const ends[] = {&form->reference, &form->ideal, &form->naive};
	const struct combo combo = {.axes = &form->axes};
	int needed = 0;

	for (uint32_t i = 0; !needed && i < form->n_recipes; i++)
		needed = recipe_assumes(&form->recipes[i], &form->shared, &combo, SWEEP_MISSING);
	for (size_t i = 0; !needed && i < (attribution ? 3 : 1); i++)
		needed = recipe_assumes(ends[i], &form->shared, &combo, SWEEP_NOTHING);
	return needed;
}

/* The mapping's value of that key, made if it isn't there, on the mapping's own line. */
static struct node *
make(struct node *mapping, const char *key, enum node_kind kind)
{
	struct node *node = node_find(mapping, key);

	if (node)
		return node;
	node = node_new(mapping->file, mapping->line, kind, NULL);
	if (node && node_append(mapping, key, node)) {
		node_free(node);
		node = NULL;
	}
	return node;
}

static int
add_value(struct node *list, enum cost_level level)
{
	const char *text = cost_level_options->choices[level];
	struct node *value = node_new(list->file, list->line, NODE_SCALAR, text);
	int error = value ? node_append(list, NULL, value) : -ENOMEM;

	if (error)
		node_free(value);
	return error;
}

int
assumed_costs_sweep(struct form *form, bool attribution)
{
	struct node *sweep, *list;
	int needed;

	if (node_find(form->root, cost_level_options->name) ||
	    axes_find(&form->axes, cost_level_options->name))
		return 0;
	needed = is_needed(form, attribution);
	if (needed <= 0)
		return needed;
	sweep = make(form->root, "sweep", NODE_MAPPING);
	list = sweep ? make(sweep, cost_level_options->name, NODE_LIST) : NULL;
	if (!list || add_value(list, COST_LO) || add_value(list, COST_HI))
		return -ENOMEM;
	return axes_add(&form->axes, list);
}
