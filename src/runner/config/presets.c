/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The matrix is read once, at its first use, and stays: names and helps are the tree's.
 * What is wrong in it is the build's fault, not a user's: it is said, and nothing is left
 * to choose from.
 */
#include "runner/config/presets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/node.h"
#include "runner/config/node_write.h"
#include "runner/config/yaml.h"

#define MATRIX_NAME "configs/presets.yaml"
#define FACTORS_MAX 32

static struct {
	bool is_read;
	struct node *root;
	struct preset presets[PRESETS_MAX + 1];
	struct factor factors[FACTORS_MAX + 1];
	size_t n_presets, n_factors;
} matrix;

static const char *
text_of(const struct node *mapping, const char *key)
{
	const struct node *node = node_find(mapping, key);

	return node ? node->text : NULL;
}

static int
read_preset(const struct node *node, struct preset *preset)
{
	struct names keys = {{"name", "paper", "help", "without"}, 4};

	if (node_expect_keys(node, &keys))
		return -EINVAL;
	*preset = (struct preset){.name = text_of(node, "name"),
				  .help = text_of(node, "help"),
				  .paper = text_of(node, "paper"),
				  .without = node_find(node, "without")};
	if (!preset->name || !preset->help)
		return node_refuse_found(node, "a preset with name and help");
	return 0;
}

static int
read_marks(const struct node *node, const struct node *marks, struct factor *factor)
{
	struct names allowed = {{"Y", "N", "y", "w"}, 4};

	if (!marks || marks->kind != NODE_LIST || marks->n_items != matrix.n_presets)
		return node_refuse_found(node, "a mark for each preset");
	for (size_t i = 0; i < marks->n_items; i++) {
		if (node_expect_name(marks->items[i], &allowed))
			return -EINVAL;
		factor->marks[i] = (enum factor_mark)marks->items[i]->text[0];
	}
	return 0;
}

static int
read_factor(const struct node *node, struct factor *factor)
{
	struct names keys = {{"name", "source", "own", "options", "marks"}, 5};
	const char *own;

	if (node_expect_keys(node, &keys))
		return -EINVAL;
	own = text_of(node, "own");
	*factor = (struct factor){.name = text_of(node, "name"),
				  .source = text_of(node, "source"),
				  .own = own && !strcmp(own, "true"),
				  .options = node_find(node, "options")};
	if (!factor->name)
		return node_refuse_found(node, "a factor with name");
	return read_marks(node, node_find(node, "marks"), factor);
}

static bool
has_item(const struct node *list, const char *text)
{
	for (size_t i = 0; list && i < list->n_items; i++)
		if (list->items[i]->text && !strcmp(list->items[i]->text, text))
			return true;
	return false;
}

bool
factor_is_on(const struct factor *factor, const struct preset *preset)
{
	return factor->source && factor->marks[preset - matrix.presets] == FACTOR_YES &&
	       !has_item(preset->without, factor->source);
}

/* "psc: on, iotlb: {strict: on}": what the preset's column says. */
static int
write_sources(struct preset *preset)
{
	FILE *file = fmemopen(preset->sources, sizeof(preset->sources), "w");
	const char *separator = "";
	int error = 0;

	if (!file)
		return -ENOMEM;
	for (const struct factor *factor = matrix.factors; factor->name; factor++) {
		if (!factor_is_on(factor, preset))
			continue;
		fprintf(file, "%s%s: ", separator, factor->source);
		if (factor->options)
			node_write(file, factor->options);
		else
			fputs("on", file);
		separator = ", ";
	}
	if (ftell(file) >= (long)sizeof(preset->sources))
		error = -EINVAL;
	if (fclose(file))
		error = -EINVAL;
	return error;
}

static int
read_lists(const struct node *columns, const struct node *rows)
{
	int error = 0;

	if (columns->n_items > PRESETS_MAX || rows->n_items > FACTORS_MAX)
		return node_refuse_found(columns, "at most 32 presets and factors");
	for (; !error && matrix.n_presets < columns->n_items; matrix.n_presets++)
		error = read_preset(columns->items[matrix.n_presets],
				    &matrix.presets[matrix.n_presets]);
	for (; !error && matrix.n_factors < rows->n_items; matrix.n_factors++)
		error = read_factor(rows->items[matrix.n_factors],
				    &matrix.factors[matrix.n_factors]);
	for (size_t i = 0; !error && i < matrix.n_presets; i++)
		error = write_sources(&matrix.presets[i]);
	return error;
}

static int
read_matrix(void)
{
	struct names keys = {{"folio-presets", "presets", "factors"}, 3};
	const struct node *columns, *rows;
	int error = yaml_read_text(MATRIX_NAME, presets_text, &matrix.root);

	if (error)
		return error;
	if (node_expect_keys(matrix.root, &keys))
		return -EINVAL;
	columns = node_find_required(matrix.root, "presets", "a list of presets");
	rows = node_find_required(matrix.root, "factors", "a list of factors");
	if (!columns || !rows || node_expect_items(columns, "a list of presets") ||
	    node_expect_items(rows, "a list of factors"))
		return -EINVAL;
	return read_lists(columns, rows);
}

static void
read_once(void)
{
	if (matrix.is_read)
		return;
	matrix.is_read = true;
	if (!read_matrix())
		return;
	memset(matrix.presets, 0, sizeof(matrix.presets));
	memset(matrix.factors, 0, sizeof(matrix.factors));
}

const struct preset *
presets_all(void)
{
	read_once();
	return matrix.presets;
}

const struct factor *
factors_all(void)
{
	read_once();
	return matrix.factors;
}

const struct preset *
preset_find(const char *name)
{
	for (const struct preset *preset = presets_all(); preset->name; preset++)
		if (!strcmp(preset->name, name))
			return preset;
	return NULL;
}
