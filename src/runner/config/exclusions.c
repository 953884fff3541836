/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/exclusions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/form.h"

#define WANTED_ANY (-1)
#define WANTED_NONE (-2)

static int
read_wanted(const struct node *node, const struct axes *axes, struct exclusion *exclusion)
{
	const struct axis *axis = axes_find(axes, node->key);
	char text[SETTING_TEXT_BYTES];
	int64_t *wanted;

	if (setting_text(&axis->setting, node, text))
		return -EINVAL;
	wanted = &exclusion->wanted[axis - axes->at];
	*wanted = WANTED_NONE;
	for (size_t i = 0; i < axis->n; i++)
		if (!strcmp(axis->values[i].text, text))
			*wanted = (int64_t)i;
	exclusion->names_source |= axis->setting.source >= 0;
	return 0;
}

static int
read_configuration(const struct node *node, const struct form *form, struct exclusion *exclusion)
{
	struct names names = {0};

	form_names(form, &names);
	if (node_expect_name(node, &names))
		return -EINVAL;
	exclusion->configuration = node->text;
	return 0;
}

static int
check_keys(const struct node *node, const struct form *form)
{
	struct names keys = {0};

	names_add(&keys, "configuration");
	rows_keys(&keys);
	for (size_t i = 0; i < form->axes.n; i++)
		names_add(&keys, form->axes.at[i].key);
	if (node_expect_keys(node, &keys))
		return -EINVAL;
	if (!node->n_items)
		return node_refuse(node, "found no key, allowed: configuration, frame_size, "
					 "payload_size, traffic and what is swept");
	return 0;
}

static int
read_exclusion(const struct node *node, const struct form *form, struct exclusion *exclusion)
{
	exclusion->node = node;
	for (size_t i = 0; i < AXES_MAX; i++)
		exclusion->wanted[i] = WANTED_ANY;
	if (check_keys(node, form))
		return -EINVAL;
	for (size_t i = 0; i < node->n_items; i++) {
		const struct node *item = node->items[i];
		int error = 0;

		if (axes_find(&form->axes, item->key))
			error = read_wanted(item, &form->axes, exclusion);
		else if (!strcmp(item->key, "configuration"))
			error = read_configuration(item, form, exclusion);
		if (error)
			return error;
	}
	return rows_label(node, exclusion->label);
}

int
exclusions_read(struct form *form)
{
	const struct node *list = node_find(form->root, "exclude");

	if (!list)
		return 0;
	if (node_expect(list, NODE_LIST, "a list such as [{configuration: folio}]"))
		return -EINVAL;
	form->exclusions = calloc(list->n_items + 1, sizeof(*form->exclusions));
	if (!form->exclusions)
		return -ENOMEM;
	for (size_t i = 0; i < list->n_items; i++) {
		int error = read_exclusion(list->items[i], form, &form->exclusions[i]);

		if (error)
			return error;
	}
	form->n_exclusions = list->n_items;
	return 0;
}

static bool
matches(const struct exclusion *exclusion, const char *configuration, const struct row *row,
	const struct combo *combo)
{
	if (!configuration && (exclusion->configuration || exclusion->names_source))
		return false;
	if (exclusion->configuration && strcmp(exclusion->configuration, configuration))
		return false;
	if (*exclusion->label && strcmp(exclusion->label, row->label))
		return false;
	for (size_t i = 0; i < combo->axes->n; i++)
		if (exclusion->wanted[i] != WANTED_ANY && exclusion->wanted[i] != combo->at[i])
			return false;
	return true;
}

bool
exclusions_match(const struct form *form, const char *configuration, const struct row *row,
		 const struct combo *combo)
{
	for (size_t i = 0; i < form->n_exclusions; i++)
		if (matches(&form->exclusions[i], configuration, row, combo))
			return true;
	return false;
}
