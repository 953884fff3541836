/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/axes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
read_value(const struct node *node, struct axis *axis)
{
	struct axis_value *value = &axis->values[axis->n];

	value->node = node;
	if (setting_text(&axis->setting, node, value->text))
		return -EINVAL;
	for (size_t i = 0; i < axis->n; i++)
		if (!strcmp(axis->values[i].text, value->text))
			return node_refuse(node, "found '%.60s' a second time, allowed: once",
					   value->text);
	axis->n++;
	return 0;
}

static int
read_axis(const struct node *node, bool is_list, struct axis *axis)
{
	*axis = (struct axis){.key = node->key};
	if (setting_find(node, &axis->setting))
		return -EINVAL;
	/* Cells are named after the values, in every file and every report. */
	if (axis->setting.option && axis->setting.option->secret)
		return node_refuse(node, "found a secret, which would name cells of the plan, "
					 "allowed: to set it for all of them, or in a "
					 "configuration");
	if (is_list && node_expect_items(node, "a list of at least one value"))
		return -EINVAL;
	axis->values = calloc(is_list ? node->n_items : 1, sizeof(*axis->values));
	if (!axis->values)
		return -ENOMEM;
	if (!is_list)
		return read_value(node, axis);
	for (size_t i = 0; i < node->n_items; i++)
		if (read_value(node->items[i], axis))
			return -EINVAL;
	return 0;
}

static int
add_axis(struct axes *axes, const struct node *node, bool is_list)
{
	if (axes->n == AXES_MAX)
		return node_refuse(node, "found more than %d swept keys, allowed: less", AXES_MAX);
	return read_axis(node, is_list, &axes->at[axes->n++]);
}

int
axes_add(struct axes *axes, const struct node *node)
{
	return add_axis(axes, node, true);
}

int
axes_read(const struct node *mapping, bool lists, const struct names *others, struct axes *axes)
{
	*axes = (struct axes){0};
	for (size_t i = 0; mapping && i < mapping->n_items; i++) {
		const struct node *node = mapping->items[i];
		int error;

		if (names_has(others, node->key))
			continue;
		error = add_axis(axes, node, lists);
		if (error)
			return error;
	}
	return 0;
}

void
axes_close(struct axes *axes)
{
	for (size_t i = 0; i < axes->n; i++)
		free(axes->at[i].values);
	axes->n = 0;
}

const struct axis *
axes_find(const struct axes *axes, const char *key)
{
	for (size_t i = 0; i < axes->n; i++)
		if (!strcmp(axes->at[i].key, key))
			return &axes->at[i];
	return NULL;
}

size_t
axes_combos(const struct axes *axes)
{
	size_t product = 1;

	for (size_t i = 0; i < axes->n; i++)
		if (__builtin_mul_overflow(product, axes->at[i].n, &product))
			return SIZE_MAX;
	return product;
}

bool
combo_next(struct combo *combo)
{
	for (size_t i = combo->axes->n; i-- > 0;) {
		if (++combo->at[i] < combo->axes->at[i].n)
			return true;
		combo->at[i] = 0;
	}
	return false;
}
