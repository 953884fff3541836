/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/inclusions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/form.h"

static int
read_inclusion(struct node *node, struct form *form, struct inclusion *inclusion)
{
	struct names others = {{"configuration"}, 1}, names = {0};
	const struct node *configuration;
	int error;

	if (node_expect(node, NODE_MAPPING, "a mapping such as {configuration: folio, burst: 8}"))
		return -EINVAL;
	configuration = node_find_required(node, "configuration", "a configuration's name");
	for (uint32_t i = 0; i < form->n_recipes; i++)
		if (strcmp(form->recipes[i].name, form->reference.name))
			names_add(&names, form->recipes[i].name);
	if (!configuration || node_expect_name(configuration, &names))
		return -EINVAL;
	inclusion->recipe = (uint32_t)form_find(form, configuration->text);
	rows_keys(&others);
	error = rows_include(node, &form->rows, &inclusion->row);
	return error ? error : axes_read(node, false, &others, &inclusion->axes);
}

int
inclusions_read(struct form *form)
{
	struct node *list = node_find(form->root, "include");

	if (!list)
		return 0;
	if (node_expect(list, NODE_LIST, "a list such as [{configuration: folio, burst: 8}]"))
		return -EINVAL;
	form->inclusions = calloc(list->n_items + 1, sizeof(*form->inclusions));
	if (!form->inclusions)
		return -ENOMEM;
	for (size_t i = 0; i < list->n_items; i++) {
		int error = read_inclusion(list->items[i], form, &form->inclusions[i]);

		form->n_inclusions++;
		if (error)
			return error;
	}
	return 0;
}

void
inclusions_close(struct form *form)
{
	for (size_t i = 0; i < form->n_inclusions; i++)
		axes_close(&form->inclusions[i].axes);
	free(form->inclusions);
	form->inclusions = NULL;
	form->n_inclusions = 0;
}
