/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/attribution_spec.h"

#include <errno.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/experiment.h"
#include "runner/config/recipe.h"

static const char *const design_names[] = {
	[DESIGN_ONE_AT_A_TIME] = "one-at-a-time",
	[DESIGN_SHAPLEY] = "shapley",
};

#define N_DESIGNS (sizeof(design_names) / sizeof(design_names[0]))

const char *
attribution_design_name(enum attribution_design design)
{
	return design_names[design];
}

static int
read_design(const struct node *node, struct attribution_spec *spec)
{
	struct names designs = {0};

	for (size_t i = 0; i < N_DESIGNS; i++)
		names_add(&designs, design_names[i]);
	if (!node)
		return 0;
	if (node_expect_name(node, &designs))
		return -EINVAL;
	while (strcmp(design_names[spec->design], node->text))
		spec->design++;
	return 0;
}

static int
read_factors(const struct node *list, struct attribution_spec *spec)
{
	struct names names = {0};

	names_add_sources(&names);
	if (node_expect_items(list, "a list of sources such as [psc, vc]"))
		return -EINVAL;
	for (size_t i = 0; i < list->n_items; i++) {
		const struct node *item = list->items[i];
		uint32_t bit;

		if (node_expect_name(item, &names))
			return -EINVAL;
		bit = 1u << source_find(item->text);
		if (spec->factors & bit)
			return node_refuse(item, "found '%s' a second time, allowed: once",
					   item->text);
		spec->factors |= bit;
	}
	return 0;
}

static int
default_factors(const struct node *node, struct attribution_spec *spec)
{
	struct recipe naive;
	int error = recipe_from_preset(preset_find(PRESET_NAIVE), node, &naive);

	if (error)
		return error;
	for (size_t i = 0; i < naive.preset_sources->n_items; i++)
		spec->factors |= 1u << source_find(naive.preset_sources->items[i]->key);
	recipe_close(&naive);
	return 0;
}

int
attribution_spec_read(const struct node *node, struct attribution_spec *spec)
{
	struct names keys = {{"method", "factors"}, 2};
	const struct node *factors;
	int error;

	if (node_expect_keys(node, &keys) || read_design(node_find(node, "method"), spec))
		return -EINVAL;
	spec->wanted = true;
	factors = node_find(node, "factors");
	error = factors ? read_factors(factors, spec) : default_factors(node, spec);
	return error;
}
