/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong with a node, and how that is said. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "runner/config/node.h"

const char *
node_shown(const struct node *node, char *buf, size_t size)
{
	if (node->kind == NODE_LIST)
		snprintf(buf, size, node->n_items ? "a list" : "an empty list");
	else if (node->kind == NODE_MAPPING)
		snprintf(buf, size, "a mapping");
	else if (!*node->text)
		snprintf(buf, size, "nothing");
	else
		snprintf(buf, size, "'%.60s'", node->text);
	return buf;
}

int
node_refuse(const struct node *node, const char *format, ...)
{
	char path[NODE_PATH_BYTES], text[NAMES_TEXT_BYTES + 256];
	va_list args;

	node_path(node, path, sizeof(path));
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (node->line)
		log_error("%s:%u: %s%s%s", node->file, node->line, path, *path ? ": " : "", text);
	else
		log_error("--set %s: %s", path, text);
	return -EINVAL;
}

int
node_refuse_found(const struct node *node, const char *allowed)
{
	char shown[80];

	return node_refuse(node, "found %s, allowed: %s", node_shown(node, shown, sizeof(shown)),
			   allowed);
}

const struct node *
node_find_required(const struct node *mapping, const char *key, const char *allowed)
{
	const struct node *node = node_find(mapping, key);

	if (!node)
		node_refuse(mapping, "found no key '%s', allowed: %s", key, allowed);
	return node;
}

int
node_expect(const struct node *node, enum node_kind kind, const char *allowed)
{
	if (node->kind != kind || (kind == NODE_SCALAR && !*node->text))
		return node_refuse_found(node, allowed);
	return 0;
}

int
node_expect_name(const struct node *node, const struct names *allowed)
{
	const char *word = node->kind == NODE_SCALAR ? node->text : "";
	char text[NAMES_TEXT_BYTES];

	if (*word && names_has(allowed, word))
		return 0;
	return node_refuse_found(node, names_allowed(allowed, word, text, sizeof(text)));
}

int
node_expect_keys(const struct node *node, const struct names *allowed)
{
	char text[NAMES_TEXT_BYTES], keys[NAMES_TEXT_BYTES + 32];

	names_allowed(allowed, "", text, sizeof(text));
	snprintf(keys, sizeof(keys), "a mapping with keys of: %s", text);
	if (node_expect(node, NODE_MAPPING, keys))
		return -EINVAL;
	for (size_t i = 0; i < node->n_items; i++) {
		const struct node *item = node->items[i];

		if (names_has(allowed, item->key))
			continue;
		names_allowed(allowed, item->key, text, sizeof(text));
		return node_refuse(item, "found a key that is not known here, allowed: %s", text);
	}
	return 0;
}

int
identifier_read(const char *text, char *out, size_t size)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char others[] = "_-.";
	size_t length = strlen(text), i = 0;

	while (i < length && (strchr(letters, text[i]) || (i && strchr(others, text[i]))))
		i++;
	if (!length || i < length || length >= size)
		return -EINVAL;
	memcpy(out, text, length + 1);
	return 0;
}

int
node_identifier(const struct node *node, char *out, size_t size)
{
	char shown[80];

	if (node->kind == NODE_SCALAR && identifier_read(node->text, out, size) == 0)
		return 0;
	return node_refuse(node, "found %s, allowed: " IDENTIFIER_ALLOWED,
			   node_shown(node, shown, sizeof(shown)), (int)size - 1);
}

int
node_expect_items(const struct node *node, const char *allowed)
{
	if (node->kind != NODE_LIST || !node->n_items)
		return node_refuse_found(node, allowed);
	return 0;
}

/* "[a, b]" of a list of scalars, as option_parse() reads it. */
static int
join_list(const struct node *node, char *buf, size_t size)
{
	size_t used = (size_t)snprintf(buf, size, "[");

	for (size_t i = 0; i < node->n_items && used < size; i++) {
		if (node->items[i]->kind != NODE_SCALAR)
			return -EINVAL;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "",
					 node->items[i]->text);
	}
	if (used < size)
		used += (size_t)snprintf(buf + used, size - used, "]");
	return used < size ? 0 : -EINVAL;
}

int
node_option(const struct node *node, const struct option_spec *option, void *settings)
{
	char text[OPTION_TEXT_BYTES], why[512];
	const char *value = node->text;

	if (node->kind == NODE_LIST && node->n_items && option->type == OPTION_CHOICES &&
	    !join_list(node, text, sizeof(text)))
		value = text;
	if (!value || (!*value && option->type != OPTION_TEXT))
		return node_refuse_found(node, option_allowed(option, why, sizeof(why)));
	if (option_parse(option, settings, value, why, sizeof(why)))
		return node_refuse(node, "%s", why);
	return 0;
}
