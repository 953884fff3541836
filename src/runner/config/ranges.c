/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/ranges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/node.h"

/* What a value may lie beyond `to` by: the error of adding steps that no double holds. */
#define SLACK 1e-9

struct range {
	struct quantity from, to;
	double step;
	bool multiplies; /* step is a factor */
};

static int
read_quantity(const struct node *range, const char *key, const char *allowed, struct quantity *out)
{
	const struct node *node = node_find_required(range, key, allowed);

	if (!node || node_expect(node, NODE_SCALAR, allowed))
		return -EINVAL;
	return quantity_parse(node->text, out) ? node_refuse_found(node, allowed) : 0;
}

/* As read_quantity(), of the dimension of `from`. */
static int
read_alike(const struct node *range, const char *key, enum dimension dimension,
	   struct quantity *out)
{
	const char *allowed = dimension_help(dimension);

	if (read_quantity(range, key, allowed, out))
		return -EINVAL;
	return out->dimension == dimension ? 0 : node_refuse_found(node_find(range, key), allowed);
}

static int
read_step(const struct node *node, struct range *range)
{
	const struct node *step = node_find(node, "step"), *factor = node_find(node, "factor");
	struct quantity quantity;

	if (!step == !factor)
		return node_refuse(node, "found %s step and factor, allowed: one of the two",
				   step ? "both" : "neither");
	range->multiplies = factor != NULL;
	if (factor ? read_alike(node, "factor", DIMENSION_COUNT, &quantity) :
		     read_alike(node, "step", range->from.dimension, &quantity))
		return -EINVAL;
	range->step = quantity.value;
	if (factor && quantity.value <= 1)
		return node_refuse_found(factor, "a factor above 1");
	if (step && quantity.value <= 0)
		return node_refuse_found(step, "a step above 0");
	return 0;
}

static int
read_range(const struct node *node, struct range *range)
{
	static const char allowed[] = "a value such as 64 or 2000 cycles";
	struct names keys = {{"from", "to", "step", "factor"}, 4};

	if (node_expect_keys(node, &keys) || read_quantity(node, "from", allowed, &range->from) ||
	    read_alike(node, "to", range->from.dimension, &range->to) || read_step(node, range))
		return -EINVAL;
	if (range->to.value < range->from.value)
		return node_refuse_found(node_find(node, "to"), "no less than from");
	if (range->multiplies && range->from.value <= 0)
		return node_refuse_found(node_find(node, "from"), "more than 0 with a factor");
	return 0;
}

static int
append_value(struct node *list, enum dimension dimension, double value)
{
	char text[64];
	struct node *item = node_new(list->file, list->line, NODE_SCALAR,
				     quantity_format(dimension, value, text, sizeof(text)));

	if (!item)
		return -ENOMEM;
	if (node_append(list, NULL, item) == 0)
		return 0;
	node_free(item);
	return -ENOMEM;
}

static int
fill_list(const struct range *range, struct node *list)
{
	double end = range->to.value * (1 + SLACK), value = range->from.value;
	int error = 0;

	for (size_t i = 1; !error && value <= end; i++) {
		if (i > RANGE_VALUES_MAX)
			return node_refuse(list,
					   "found a range of more than %d values, allowed: less",
					   RANGE_VALUES_MAX);
		error = append_value(list, range->from.dimension, value);
		value = range->multiplies ? value * range->step :
					    range->from.value + (double)i * range->step;
	}
	return error;
}

/* The mapping gives its items for those of the list. */
static int
expand(struct node *node)
{
	struct range range;
	int error = read_range(node, &range);

	if (error)
		return error;
	for (size_t i = 0; i < node->n_items; i++)
		node_free(node->items[i]);
	node->n_items = 0;
	node->kind = NODE_LIST;
	return fill_list(&range, node);
}

int
ranges_expand(struct node *sweep)
{
	int error = 0;

	for (size_t i = 0; !error && sweep->kind == NODE_MAPPING && i < sweep->n_items; i++)
		if (sweep->items[i]->kind == NODE_MAPPING)
			error = expand(sweep->items[i]);
	return error;
}
