/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/suite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/config/node.h"
#include "runner/config/node_write.h"
#include "runner/config/yaml.h"

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)text;
	(void)arg;
}

bool
suite_is(const char *path)
{
	struct node *root;
	bool found;

	log_set_sink(drop_message, NULL);
	if (yaml_read_file(path, &root))
		root = NULL;
	log_set_sink(NULL, NULL);
	found = root && root->kind == NODE_MAPPING && node_find(root, "runs");
	node_free(root);
	return found;
}

static bool
has_run(const struct suite *suite, const char *name)
{
	for (size_t i = 0; i < suite->n_runs; i++)
		if (!strcmp(suite->runs[i].name, name))
			return true;
	return false;
}

/* "../table1.yaml" beside DIR/short.yaml: DIR/../table1.yaml, called table1. */
static int
read_run(const struct node *node, const char *suite_path, struct suite *suite)
{
	struct suite_run *run = &suite->runs[suite->n_runs];
	const char *text = node->kind == NODE_SCALAR ? node->text : "";
	const char *slash = strrchr(suite_path, '/'), *base = strrchr(text, '/');
	int dir_bytes = *text == '/' || !slash ? 0 : (int)(slash + 1 - suite_path);
	size_t length;

	base = base ? base + 1 : text;
	length = strlen(base);
	if (length <= strlen(".yaml") || length >= sizeof(run->name) || *base == '.' ||
	    strcmp(base + length - strlen(".yaml"), ".yaml"))
		return node_refuse_found(node, "the name of a .yaml file");
	snprintf(run->name, sizeof(run->name), "%.*s", (int)(length - strlen(".yaml")), base);
	if (has_run(suite, run->name))
		return node_refuse(node, "found a second %s, allowed: file names that differ",
				   run->name);
	if (snprintf(run->config, sizeof(run->config), "%.*s%s", dir_bytes, suite_path, text) >=
	    (int)sizeof(run->config))
		return node_refuse(node, "found a path of %zu bytes, allowed: less than %zu",
				   (size_t)dir_bytes + strlen(text), sizeof(run->config));
	suite->n_runs++;
	return 0;
}

static int
read_runs(const struct node *list, const char *path, struct suite *suite)
{
	if (node_expect_items(list, "a list of files such as [f5.yaml, f6.yaml]"))
		return -EINVAL;
	if (list->n_items > SUITE_RUNS_MAX)
		return node_refuse(list, "found %zu runs, allowed: at most %d", list->n_items,
				   SUITE_RUNS_MAX);
	for (size_t i = 0; i < list->n_items; i++)
		if (read_run(list->items[i], path, suite))
			return -EINVAL;
	return 0;
}

/* As "KEY=VALUE" each with its NUL, which assignments_add() takes apart in place. */
static int
write_set(const struct node *mapping, struct suite *suite)
{
	size_t size;
	FILE *file = open_memstream(&suite->texts, &size);

	if (!file)
		return -ENOMEM;
	for (size_t i = 0; mapping && i < mapping->n_items; i++) {
		fprintf(file, "%s=", mapping->items[i]->key);
		node_write(file, mapping->items[i]);
		fputc('\0', file);
	}
	return fclose(file) ? -ENOMEM : 0;
}

static int
read_set(const struct node *mapping, struct suite *suite)
{
	char *text;
	int error;

	if (mapping &&
	    node_expect(mapping, NODE_MAPPING, "a mapping such as {measure.restarts: 2}"))
		return -EINVAL;
	error = write_set(mapping, suite);
	text = suite->texts;
	for (size_t i = 0; !error && mapping && i < mapping->n_items; i++) {
		size_t bytes = strlen(text) + 1;

		error = assignments_add(&suite->set, text);
		text += bytes;
	}
	return error;
}

static int
read_root(const struct node *root, const char *path, struct suite *suite)
{
	const struct names keys = {{"folio", "name", "runs", "set"}, 4}, version = {{"1"}, 1};
	const struct node *form, *name;

	if (node_expect(root, NODE_MAPPING, "a mapping with keys folio, name, runs") ||
	    node_expect_keys(root, &keys))
		return -EINVAL;
	form = node_find_required(root, "folio", "1, the version of this form");
	if (!form || node_expect_name(form, &version))
		return -EINVAL;
	name = node_find_required(root, "name", "a name for the suite's folder");
	if (!name || node_identifier(name, suite->name, NAME_BYTES) ||
	    read_runs(node_find(root, "runs"), path, suite))
		return -EINVAL;
	return read_set(node_find(root, "set"), suite);
}

static int
append_set(const struct assignments *set, struct suite *suite)
{
	for (size_t i = 0; i < set->n; i++) {
		if (suite->set.n == ASSIGNMENTS_MAX) {
			log_error("--set: found more than %d with those of the file, allowed: "
				  "less",
				  ASSIGNMENTS_MAX);
			return -EINVAL;
		}
		suite->set.set[suite->set.n++] = set->set[i];
	}
	return 0;
}

int
suite_open(const char *path, const struct assignments *set, struct suite *suite)
{
	struct node *root;
	int error = yaml_read_file(path, &root);

	*suite = (struct suite){0};
	if (error)
		return error;
	error = read_root(root, path, suite);
	if (!error)
		error = append_set(set, suite);
	if (error == -ENOMEM)
		log_error("%s: out of memory", path);
	node_free(root);
	if (error)
		suite_close(suite);
	return error;
}

void
suite_close(struct suite *suite)
{
	free(suite->texts);
	*suite = (struct suite){0};
}

/* What the file names lies where it lay, from wherever the new one is read. */
static void
put_runs(FILE *file, const struct suite *suite)
{
	fputs("runs:\n", file);
	for (size_t i = 0; i < suite->n_runs; i++) {
		char whole[PATH_MAX];
		const char *path = realpath(suite->runs[i].config, whole);

		fputs("  - ", file);
		node_write_text(file, path ? path : suite->runs[i].config);
		fputc('\n', file);
	}
}

/* What comes last counts, and a mapping has each key once. */
static bool
is_set_again(const struct assignments *set, size_t which)
{
	for (size_t i = which + 1; i < set->n; i++)
		if (!strcmp(set->set[i].key, set->set[which].key))
			return true;
	return false;
}

int
suite_write(const struct suite *suite, char **text, size_t *size)
{
	FILE *file = open_memstream(text, size);

	if (!file)
		return -ENOMEM;
	fputs("folio: 1\nname: ", file);
	node_write_text(file, suite->name);
	fputc('\n', file);
	put_runs(file, suite);
	if (suite->set.n)
		fputs("set:\n", file);
	for (size_t i = 0; i < suite->set.n; i++)
		if (!is_set_again(&suite->set, i))
			fprintf(file, "  %s: %s\n", suite->set.set[i].key, suite->set.set[i].value);
	return fclose(file) ? -ENOMEM : 0;
}
