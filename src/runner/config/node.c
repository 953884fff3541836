/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree itself: made, changed, walked. */
#include "runner/config/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node *
node_new(const char *file, unsigned int line, enum node_kind kind, const char *text)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->file = file;
	node->line = line;
	node->kind = kind;
	if (kind == NODE_SCALAR) {
		node->text = strdup(text);
		if (!node->text) {
			free(node);
			return NULL;
		}
	}
	return node;
}

void
node_free(struct node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->n_items; i++)
		node_free(node->items[i]);
	free(node->items);
	free(node->text);
	free(node->key);
	free(node);
}

int
node_append(struct node *parent, const char *key, struct node *child)
{
	struct node **items = reallocarray(parent->items, parent->n_items + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	parent->items = items;
	if (key) {
		child->key = strdup(key);
		if (!child->key)
			return -ENOMEM;
	}
	child->parent = parent;
	parent->items[parent->n_items++] = child;
	return 0;
}

void
node_remove(struct node *mapping, const char *key)
{
	struct node *child = node_find(mapping, key);
	size_t i = 0;

	if (!child)
		return;
	while (mapping->items[i] != child)
		i++;
	mapping->n_items--;
	memmove(&mapping->items[i], &mapping->items[i + 1],
		(mapping->n_items - i) * sizeof(*mapping->items));
	node_free(child);
}

struct node *
node_find(const struct node *mapping, const char *key)
{
	if (!mapping || mapping->kind != NODE_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->n_items; i++)
		if (!strcmp(mapping->items[i]->key, key))
			return mapping->items[i];
	return NULL;
}

int
node_set_text(struct node *scalar, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(scalar->text);
	scalar->text = copy;
	return 0;
}

const char *
node_path(const struct node *node, char *buf, size_t size)
{
	size_t used, i = 0;

	buf[0] = '\0';
	if (!node->parent)
		return buf;
	node_path(node->parent, buf, size);
	used = strlen(buf);
	if (node->key) {
		snprintf(buf + used, size - used, "%s%s", used ? "." : "", node->key);
		return buf;
	}
	while (node->parent->items[i] != node)
		i++;
	snprintf(buf + used, size - used, "[%zu]", i);
	return buf;
}
