/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/assign.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "runner/config/experiment.h"
#include "runner/config/node.h"
#include "runner/config/rows.h"
#include "runner/config/yaml.h"

#define KEY_BYTES_MAX 128
#define SOURCES_PREFIX "sources."

/* The mapping under that key, made if it isn't there. */
static int
descend(struct node **at, const char *key, const char *whole_key)
{
	struct node *child = node_find(*at, key);
	int error;

	if (child && child->kind != NODE_MAPPING) {
		log_error("--set %s: found '%s', which is no mapping in the file, allowed: keys "
			  "of mappings",
			  whole_key, key);
		return -EINVAL;
	}
	if (!child) {
		child = node_new((*at)->file, 0, NODE_MAPPING, NULL);
		if (!child)
			return -ENOMEM;
		error = node_append(*at, key, child);
		if (error) {
			node_free(child);
			return error;
		}
	}
	*at = child;
	return 0;
}

/* Puts value at the path. Swept keys hold dots themselves: `sweep` takes all that follows. */
static int
put(struct node *root, const char *key, struct node *value)
{
	char path[KEY_BYTES_MAX], *rest = path, *dot;
	struct node *at = root;
	bool in_sweep = false;

	snprintf(path, sizeof(path), "%s", key);
	for (dot = strchr(rest, '.'); dot && !in_sweep; dot = strchr(rest, '.')) {
		int error;

		*dot = '\0';
		error = descend(&at, rest, key);
		if (error)
			return error;
		in_sweep = at->parent == root && !strcmp(rest, "sweep");
		rest = dot + 1;
	}
	node_remove(at, rest);
	return node_append(at, rest, value);
}

static void
drop_from_sweep(struct node *root, const char *key)
{
	struct node *sweep = node_find(root, "sweep");

	if (!node_find(sweep, key))
		return;
	node_remove(sweep, key);
	if (!sweep->n_items)
		node_remove(root, "sweep");
}

/* "burst", "sources.vc.cost", or the switch "sources.vc", out of one configuration. */
static void
drop_from_configuration(struct node *configuration, const char *key, bool is_switch)
{
	const char *source = key + strlen(SOURCES_PREFIX), *dot;
	char name[KEY_BYTES_MAX];
	struct node *options;

	if (strncmp(key, SOURCES_PREFIX, strlen(SOURCES_PREFIX))) {
		if (options_find(datapath_options, key))
			node_remove(configuration, key);
		return;
	}
	dot = strchr(source, '.');
	options = node_find(configuration, "sources");
	if (!dot && is_switch && options)
		node_remove(options, source);
	if (!dot)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - source), source);
	options = node_find(options, name);
	if (options)
		node_remove(options, dot + 1);
}

static void
drop_others(struct node *root, const char *key, bool is_switch)
{
	struct node *configurations = node_find(root, "configurations");
	struct names traffic = {0};

	drop_from_sweep(root, key);
	for (size_t i = 0; configurations && i < configurations->n_items; i++)
		drop_from_configuration(configurations->items[i], key, is_switch);
	rows_keys(&traffic);
	for (size_t i = 0; names_has(&traffic, key) && i < traffic.n; i++) {
		node_remove(root, traffic.at[i]);
		drop_from_sweep(root, traffic.at[i]);
	}
}

int
assignments_add(struct assignments *assignments, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		log_error("--set: found '%.60s', allowed: KEY=VALUE, such as measure.pairs=4",
			  text);
		return -EINVAL;
	}
	if (assignments->n == ASSIGNMENTS_MAX) {
		log_error("--set: given more than %d times", ASSIGNMENTS_MAX);
		return -EINVAL;
	}
	*equals = '\0';
	assignments->set[assignments->n++] = (struct assignment){text, equals + 1};
	return 0;
}

static int
check_key(const char *key)
{
	size_t length = strlen(key);

	if (length && length < KEY_BYTES_MAX && *key != '.' && key[length - 1] != '.' &&
	    !strstr(key, ".."))
		return 0;
	log_error("--set %.60s: found no key, allowed: --set KEY=VALUE, such as "
		  "--set measure.pairs=4",
		  key);
	return -EINVAL;
}

static int
assign(struct node *root, const struct assignment *assignment)
{
	struct node *value;
	int error = check_key(assignment->key);

	if (!error)
		error = yaml_read_value(assignment->key, assignment->value, &value);
	if (error)
		return error;
	value->file = root->file;
	drop_others(root, assignment->key, value->kind == NODE_SCALAR);
	error = put(root, assignment->key, value);
	if (error)
		node_free(value);
	return error;
}

int
assign_all(struct node *root, const struct assignment *set, size_t n_set)
{
	int error = 0;

	for (size_t i = 0; !error && i < n_set; i++)
		error = assign(root, &set[i]);
	return error;
}
