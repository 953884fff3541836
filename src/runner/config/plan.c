/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/header.h"
#include "runner/measure/bench.h"

#define CELLS_AT_ONCE 64

/* Configurations that are compared with the reference. */
static size_t
count_listed(const struct form *form)
{
	return form->n_recipes - form->reference_is_listed;
}

/* "configurations 2 x traffic 3 x burst 32", which says what to sweep less of. */
static const char *
format_sizes(const struct form *form, char *buf, size_t size)
{
	size_t used = (size_t)snprintf(buf, size, "configurations %zu x traffic %zu",
				       count_listed(form), form->rows.n_swept);

	for (size_t i = 0; i < form->axes.n && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, " x %s %zu", form->axes.at[i].key,
					 form->axes.at[i].n);
	return buf;
}

static int
refuse_size(const struct plan *plan)
{
	const struct node *sweep = node_find(plan->form->root, "sweep");
	char sizes[512];

	return node_refuse(sweep ? sweep : plan->form->root,
			   "found a plan of more than %u cells (%s, and controls), allowed: "
			   "max_cells, which may be raised to %d, or less to sweep",
			   plan->experiment->max_cells,
			   format_sizes(plan->form, sizes, sizeof(sizes)), CELLS_MAX);
}

void
plan_cell_init(const struct plan *plan, const struct row *row, enum cell_role role,
	       struct cell *cell)
{
	memset(cell, 0, sizeof(*cell));
	cell->role = role;
	memcpy(cell->workload, plan->experiment->workload, sizeof(cell->workload));
	memcpy(cell->traffic, row->text, sizeof(row->text));
	memcpy(cell->traffic_label, row->label, sizeof(row->label));
}

static bool
is_same(const struct cell *a, const struct cell *b)
{
	return a->role == b->role && a->rate_pps == b->rate_pps &&
	       !strcmp(a->configuration, b->configuration) &&
	       !memcmp(&a->config, &b->config, sizeof(a->config)) &&
	       !memcmp(&a->reference_config, &b->reference_config, sizeof(a->reference_config));
}

static int
grow(struct experiment *experiment)
{
	struct cell *cells;

	if (experiment->n_cells % CELLS_AT_ONCE)
		return 0;
	cells = reallocarray(experiment->cells, experiment->n_cells + CELLS_AT_ONCE,
			     sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	experiment->cells = cells;
	return 0;
}

int
plan_add(struct plan *plan, const struct cell *cell)
{
	struct experiment *experiment = plan->experiment;

	for (size_t i = plan->row_start; i < experiment->n_cells; i++)
		if (is_same(&experiment->cells[i], cell))
			return 0;
	if (experiment->n_cells == experiment->max_cells)
		return refuse_size(plan);
	if (grow(experiment))
		return -ENOMEM;
	memcpy(&experiment->cells[experiment->n_cells], cell, sizeof(*cell));
	experiment->cells[experiment->n_cells].id = experiment->n_cells;
	experiment->n_cells++;
	return 0;
}

/* Cells of control and attribution do not follow what is swept of sources. */
static bool
has_a_say(const struct plan *plan, const struct combo *combo, const struct setting *setting,
	  const struct cell *cell)
{
	if (setting_is_cost_level(setting))
		return recipe_is_of_level(&plan->form->shared, combo, &cell->config);
	if (setting->source < 0)
		return true;
	return cell->role == CELL_LISTED &&
	       (!setting->option || cell->config.sources[setting->source].on);
}

/* In lock-step the host sends when it is its turn. */
static int
set_swept_rate(const struct plan *plan, const struct node *node, struct cell *cell)
{
	const struct experiment *experiment = plan->experiment;

	if (!bench_find(experiment->topology)->has_rate)
		return node_refuse(node,
				   "found a rate in the topology %s, allowed: topology: "
				   "two-process",
				   experiment->topology);
	if (node_option(node, rate_options, &cell->rate_pps))
		return -EINVAL;
	return header_check_rate(node, cell->rate_pps, experiment);
}

static int
set_rate(const struct plan *plan, const struct combo *combo, struct cell *cell)
{
	cell->rate_pps = plan->experiment->rate_pps;
	for (size_t i = 0; i < combo->axes->n; i++)
		if (setting_is_rate(&combo->axes->at[i].setting))
			return set_swept_rate(plan, combo->axes->at[i].values[combo->at[i]].node,
					      cell);
	return 0;
}

int
plan_set_variant(const struct plan *plan, const struct combo *combo, struct cell *cell)
{
	size_t used = 0, size = sizeof(cell->variant);

	if (set_rate(plan, combo, cell))
		return -EINVAL;
	for (size_t i = 0; i < combo->axes->n && used < size; i++) {
		const struct axis *axis = &combo->axes->at[i];

		if (has_a_say(plan, combo, &axis->setting, cell))
			used += (size_t)snprintf(cell->variant + used, size - used, "%s%s=%s",
						 used ? ", " : "", axis->key,
						 axis->values[combo->at[i]].text);
	}
	if (used < size)
		return 0;
	return node_refuse(plan->form->root,
			   "found more swept values at once than a table holds ('%s...'), "
			   "allowed: %zu bytes of them",
			   cell->variant, size - 1);
}

static int
add_listed(struct plan *plan, const struct row *row, const struct recipe *recipe,
	   const struct combo *combo)
{
	const struct form *form = plan->form;
	struct cell cell;

	plan_cell_init(plan, row, CELL_LISTED, &cell);
	memcpy(cell.configuration, recipe->name, sizeof(recipe->name));
	memcpy(cell.reference, form->reference.name, sizeof(cell.reference));
	if (recipe_resolve(recipe, &form->shared, combo, SWEEP_ALL, &cell.config) ||
	    recipe_resolve(&form->reference, &form->shared, combo, SWEEP_DATAPATH,
			   &cell.reference_config) ||
	    plan_set_variant(plan, combo, &cell))
		return -EINVAL;
	return plan_add(plan, &cell);
}

static int
add_all_listed(struct plan *plan, const struct row *row, const struct combo *combo)
{
	const struct form *form = plan->form;
	int error = 0;

	for (uint32_t i = 0; !error && i < form->n_recipes; i++) {
		const struct recipe *recipe = &form->recipes[i];

		if (!strcmp(recipe->name, form->reference.name))
			continue;
		if (exclusions_match(form, recipe->name, row, combo))
			plan->excluded = true;
		else
			error = add_listed(plan, row, recipe, combo);
	}
	return error;
}

static int
add_attribution(struct plan *plan, const struct row *row, const struct combo *combo)
{
	if (!plan->experiment->attribution.wanted || exclusions_match(plan->form, NULL, row, combo))
		return 0;
	return plan_attribution(plan, row, combo);
}

/* A row that lost its every cell needs no control. */
static int
add_controls(struct plan *plan, const struct row *row, const struct combo *combo)
{
	if (plan->experiment->n_cells == plan->row_start && plan->excluded)
		return 0;
	if (exclusions_match(plan->form, NULL, row, combo))
		return 0;
	return plan_controls(plan, row, combo);
}

static int
for_each_combo(struct plan *plan, const struct row *row,
	       int (*add)(struct plan *plan, const struct row *row, const struct combo *combo))
{
	struct combo combo = {.axes = &plan->form->axes};
	int error;

	do
		error = add(plan, row, &combo);
	while (!error && combo_next(&combo));
	return error;
}

static int
add_included(struct plan *plan, size_t row_index)
{
	const struct form *form = plan->form;
	int error = 0;

	for (size_t i = 0; !error && i < form->n_inclusions; i++) {
		const struct inclusion *inclusion = &form->inclusions[i];
		struct combo combo = {.axes = &inclusion->axes};

		if (inclusion->row < 0 ? row_index < form->rows.n_swept :
					 (size_t)inclusion->row == row_index)
			error = add_listed(plan, &form->rows.rows[row_index],
					   &form->recipes[inclusion->recipe], &combo);
	}
	return error;
}

static int
add_row(struct plan *plan, size_t row_index)
{
	const struct row *row = &plan->form->rows.rows[row_index];
	bool is_swept = row_index < plan->form->rows.n_swept;
	int error = 0;

	plan->row_start = plan->experiment->n_cells;
	if (is_swept)
		error = for_each_combo(plan, row, add_all_listed);
	if (!error && is_swept)
		error = for_each_combo(plan, row, add_attribution);
	if (!error)
		error = add_included(plan, row_index);
	return error ? error : for_each_combo(plan, row, add_controls);
}

/* Many combinations may give few cells, but looking at each of them takes its time. */
static int
check_size(const struct plan *plan)
{
	const struct form *form = plan->form;
	size_t combos = axes_combos(&form->axes);

	if (__builtin_mul_overflow(combos, form->rows.n_swept, &combos) || combos > COMBOS_MAX)
		return refuse_size(plan);
	return 0;
}

static int
check_left(const struct plan *plan)
{
	const struct experiment *experiment = plan->experiment;

	for (uint32_t i = 0; i < experiment->n_cells; i++)
		if (experiment->cells[i].role == CELL_LISTED)
			return 0;
	if (!plan->excluded)
		return 0;
	return node_refuse(node_find(plan->form->root, "exclude"),
			   "found every cell excluded, allowed: a plan that keeps at least one");
}

int
plan_build(const struct form *form, struct experiment *experiment)
{
	struct plan plan = {.form = form, .experiment = experiment};
	int error = check_size(&plan);

	for (size_t i = 0; !error && i < form->rows.n; i++)
		error = add_row(&plan, i);
	return error ? error : check_left(&plan);
}
