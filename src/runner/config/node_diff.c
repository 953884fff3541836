/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/node_diff.h"

#include <stdio.h>
#include <string.h>

#include "datapath/config.h"

/* Its values are not shown. */
static bool
is_secret(const struct node *node)
{
	const struct option_spec *option = node->key ? options_find(datapath_options, node->key) :
						       NULL;

	return option && option->secret;
}

/* where: a node that is at the place; one of then and now may be missing. */
static void
tell(const struct node *where, const struct node *then, const struct node *now, char *out,
     size_t size)
{
	char path[NODE_PATH_BYTES], was[80] = "not there", is[80] = "not there";

	node_path(where, path, sizeof(path));
	if (is_secret(where)) {
		snprintf(out, size, "%s is another", path);
		return;
	}
	if (then)
		node_shown(then, was, sizeof(was));
	if (now)
		node_shown(now, is, sizeof(is));
	snprintf(out, size, "%s was %s and is %s", *path ? path : "the file", was, is);
}

/* The item of now that stands where then's i-th does: by key in a mapping, by place in a list. */
static const struct node *
counterpart(const struct node *then, size_t i, const struct node *now)
{
	if (then->kind == NODE_MAPPING)
		return node_find(now, then->items[i]->key);
	return i < now->n_items ? now->items[i] : NULL;
}

bool
node_difference(const struct node *then, const struct node *now, char *out, size_t size)
{
	if (then->kind != now->kind ||
	    (then->kind == NODE_SCALAR && strcmp(then->text, now->text))) {
		tell(then, then, now, out, size);
		return true;
	}
	for (size_t i = 0; i < then->n_items; i++) {
		const struct node *other = counterpart(then, i, now);

		if (!other) {
			tell(then->items[i], then->items[i], NULL, out, size);
			return true;
		}
		if (node_difference(then->items[i], other, out, size))
			return true;
	}
	for (size_t i = 0; i < now->n_items; i++) {
		if (counterpart(now, i, then))
			continue;
		tell(now->items[i], NULL, now->items[i], out, size);
		return true;
	}
	return false;
}
