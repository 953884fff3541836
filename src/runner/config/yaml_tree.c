/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libyaml's document is an array of nodes that refer to each other by index; an
 * alias is an index used twice. The tree here has one parent per node, which is
 * what lets a node say where it stands, so an alias becomes a copy. That is why
 * the tree is counted while it grows: a few lines of aliases to aliases would
 * otherwise fill the memory.
 */
#include "runner/config/yaml_tree.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/config/node.h"

#define DEPTH_MAX 32
#define NODES_MAX 65536
#define KEY_BYTES_MAX 128

struct converter {
	const struct yaml_origin *origin;
	yaml_document_t *document;
	struct node *root;
	size_t n_nodes;
	int path[DEPTH_MAX]; /* indices from the root to the node at hand */
	unsigned int depth;
};

int
yaml_refuse(const struct yaml_origin *origin, size_t line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (origin->set_key)
		log_error("--set %s: %s", origin->set_key, text);
	else
		log_error("%s:%zu: %s", origin->file, line + 1, text);
	return -EINVAL;
}

/* Trailing newlines are what a folded block leaves; any other control character is refused. */
static int
copy_text(const struct converter *c, const yaml_node_t *from, char **out)
{
	size_t length = from->data.scalar.length;
	const char *value = (const char *)from->data.scalar.value;

	while (length && value[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)value[i]))
			return yaml_refuse(c->origin, from->start_mark.line,
					   "found a control character, allowed: text on one line");
	*out = strndup(value, length);
	return *out ? 0 : -ENOMEM;
}

static int
enter(struct converter *c, int index, size_t line)
{
	for (unsigned int i = 0; i < c->depth; i++)
		if (c->path[i] == index)
			return yaml_refuse(c->origin, line,
					   "found an alias that leads back to itself");
	if (c->depth == DEPTH_MAX)
		return yaml_refuse(c->origin, line, "found nesting deeper than %d, allowed: less",
				   DEPTH_MAX);
	if (++c->n_nodes > NODES_MAX)
		return yaml_refuse(c->origin, line, "found more than %d values, allowed: less",
				   NODES_MAX);
	c->path[c->depth++] = index;
	return 0;
}

/* Makes the node, still without its items, and hangs it into the tree. */
static int
add_node(struct converter *c, const yaml_node_t *from, size_t line, struct node *parent,
	 const char *key, struct node **out)
{
	enum node_kind kind = from->type == YAML_SCALAR_NODE   ? NODE_SCALAR :
			      from->type == YAML_SEQUENCE_NODE ? NODE_LIST :
								 NODE_MAPPING;
	char *text = NULL;
	int error = kind == NODE_SCALAR ? copy_text(c, from, &text) : 0;

	if (error)
		return error;
	*out = node_new(c->origin->file, c->origin->set_key ? 0 : (unsigned int)line + 1, kind,
			text);
	free(text);
	if (!*out)
		return -ENOMEM;
	if (!parent) {
		c->root = *out;
		return 0;
	}
	error = node_append(parent, key, *out);
	if (error)
		node_free(*out);
	return error;
}

static int convert(struct converter *c, int index, const yaml_mark_t *key_mark, struct node *parent,
		   const char *key);

static int
convert_items(struct converter *c, const yaml_node_t *from, struct node *list)
{
	int error = 0;

	for (yaml_node_item_t *item = from->data.sequence.items.start;
	     !error && item < from->data.sequence.items.top; item++)
		error = convert(c, *item, NULL, list, NULL);
	return error;
}

static int
convert_pair(struct converter *c, const yaml_node_pair_t *pair, struct node *mapping)
{
	const yaml_node_t *key = yaml_document_get_node(c->document, pair->key);
	char *text, path[NODE_PATH_BYTES];
	const struct node *first;
	int error;

	if (key->type != YAML_SCALAR_NODE || !key->data.scalar.length ||
	    key->data.scalar.length > KEY_BYTES_MAX)
		return yaml_refuse(c->origin, key->start_mark.line,
				   "found a key that is no plain word, allowed: a name");
	error = copy_text(c, key, &text);
	if (error)
		return error;
	first = node_find(mapping, text);
	if (first)
		error = yaml_refuse(c->origin, key->start_mark.line,
				    "%s: found a second time, allowed: once",
				    node_path(first, path, sizeof(path)));
	else
		error = convert(c, pair->value, &key->start_mark, mapping, text);
	free(text);
	return error;
}

static int
convert_pairs(struct converter *c, const yaml_node_t *from, struct node *mapping)
{
	int error = 0;

	for (yaml_node_pair_t *pair = from->data.mapping.pairs.start;
	     !error && pair < from->data.mapping.pairs.top; pair++)
		error = convert_pair(c, pair, mapping);
	return error;
}

/* key_mark is where the key stands whose value this is: the line that a message names. */
static int
convert(struct converter *c, int index, const yaml_mark_t *key_mark, struct node *parent,
	const char *key)
{
	const yaml_node_t *from = yaml_document_get_node(c->document, index);
	size_t line = key_mark ? key_mark->line : from->start_mark.line;
	struct node *node;
	int error = enter(c, index, line);

	if (!error)
		error = add_node(c, from, line, parent, key, &node);
	if (error)
		return error;
	if (node->kind == NODE_LIST)
		error = convert_items(c, from, node);
	else if (node->kind == NODE_MAPPING)
		error = convert_pairs(c, from, node);
	c->depth--;
	return error;
}

int
yaml_convert(const struct yaml_origin *origin, yaml_document_t *document, struct node **root)
{
	struct converter c = {.origin = origin, .document = document};
	int error = convert(&c, 1, NULL, NULL, NULL);

	if (error)
		node_free(c.root);
	else
		*root = c.root;
	return error;
}
