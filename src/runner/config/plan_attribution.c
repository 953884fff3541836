/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Attribution, one factor at a time: the ideal and one factor, against the
 * ideal; all factors less one, against all; all against the ideal. A factor's
 * settings are those that `naive` gives it, in each of these cells.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/plan.h"

struct ends {
	struct datapath_config ideal;
	struct datapath_config naive; /* as the file or the preset has it */
	struct datapath_config all;   /* the ideal and the factors */
	const char *all_name;
};

static void
copy_source(struct datapath_config *to, const struct datapath_config *from, int source)
{
	memcpy(&to->sources[source], &from->sources[source], sizeof(to->sources[source]));
}

/* A factor is off in the one and on in the other, or there is nothing to attribute. */
static int
check_factor(const struct plan *plan, const struct ends *ends, int factor)
{
	bool is_on = ends->ideal.sources[factor].on;

	if (!is_on && ends->naive.sources[factor].on)
		return 0;
	return node_refuse(
		node_find(plan->form->root, "attribution"),
		"found %s %s in the configuration '%s', allowed: factors that are off in "
		"'" PRESET_IDEAL "' and on in '" PRESET_NAIVE "'",
		sources[factor]->name, is_on ? "on" : "off", is_on ? PRESET_IDEAL : PRESET_NAIVE);
}

static int
find_ends(const struct plan *plan, const struct combo *combo, struct ends *ends)
{
	const struct form *form = plan->form;

	if (recipe_resolve(&form->ideal, &form->shared, combo, SWEEP_DATAPATH, &ends->ideal) ||
	    recipe_resolve(&form->naive, &form->shared, combo, SWEEP_DATAPATH, &ends->naive))
		return -EINVAL;
	memcpy(&ends->all, &ends->ideal, sizeof(ends->all));
	for (int i = 0; sources[i]; i++) {
		if (!(plan->experiment->attribution.factors & 1u << i))
			continue;
		if (check_factor(plan, ends, i))
			return -EINVAL;
		copy_source(&ends->all, &ends->naive, i);
	}
	ends->all_name = memcmp(&ends->all, &ends->naive, sizeof(ends->all)) ? "factors" :
									       PRESET_NAIVE;
	return 0;
}

/* Tables know cells by their names: one of attribution's own must not be a configuration's. */
static int
check_name(const struct plan *plan, const struct cell *cell)
{
	int index = form_find(plan->form, cell->configuration);

	if (index < 0 || (cell->role == CELL_ALL && !strcmp(cell->configuration, PRESET_NAIVE)))
		return 0;
	return node_refuse(plan->form->recipes[index].node,
			   "found the name '%s', which attribution has for a cell of its own, "
			   "allowed: name: ANOTHER",
			   cell->configuration);
}

static int
add(struct plan *plan, const struct combo *combo, struct cell *cell)
{
	if (check_name(plan, cell) || plan_set_variant(plan, combo, cell))
		return -EINVAL;
	return plan_add(plan, cell);
}

/* Is the comparison of all factors with the ideal in the plan already, as `naive`? */
static bool
is_listed(const struct plan *plan, const struct cell *all)
{
	const struct experiment *experiment = plan->experiment;

	for (size_t i = plan->row_start; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];

		if (cell->role == CELL_LISTED && !strcmp(cell->configuration, PRESET_NAIVE) &&
		    !strcmp(cell->variant, all->variant) &&
		    !memcmp(&cell->config, &all->config, sizeof(all->config)) &&
		    !memcmp(&cell->reference_config, &all->reference_config,
			    sizeof(all->reference_config)))
			return true;
	}
	return false;
}

static int
add_all(struct plan *plan, const struct row *row, const struct combo *combo,
	const struct ends *ends)
{
	struct cell cell;

	plan_cell_init(plan, row, CELL_ALL, &cell);
	snprintf(cell.configuration, NAME_BYTES, "%s", ends->all_name);
	snprintf(cell.reference, NAME_BYTES, PRESET_IDEAL);
	memcpy(&cell.config, &ends->all, sizeof(cell.config));
	memcpy(&cell.reference_config, &ends->ideal, sizeof(cell.config));
	if (plan_set_variant(plan, combo, &cell))
		return -EINVAL;
	return is_listed(plan, &cell) ? 0 : add(plan, combo, &cell);
}

static int
add_alone(struct plan *plan, const struct row *row, const struct combo *combo,
	  const struct ends *ends, int factor)
{
	struct cell cell;

	plan_cell_init(plan, row, CELL_ALONE, &cell);
	cell.factor = factor;
	snprintf(cell.configuration, NAME_BYTES, PRESET_IDEAL "+%s", sources[factor]->name);
	snprintf(cell.reference, NAME_BYTES, PRESET_IDEAL);
	memcpy(&cell.config, &ends->ideal, sizeof(cell.config));
	memcpy(&cell.reference_config, &ends->ideal, sizeof(cell.config));
	copy_source(&cell.config, &ends->all, factor);
	return add(plan, combo, &cell);
}

static int
add_removed(struct plan *plan, const struct row *row, const struct combo *combo,
	    const struct ends *ends, int factor)
{
	struct cell cell;

	plan_cell_init(plan, row, CELL_REMOVED, &cell);
	cell.factor = factor;
	snprintf(cell.configuration, NAME_BYTES, "%s-%s", ends->all_name, sources[factor]->name);
	snprintf(cell.reference, NAME_BYTES, "%s", ends->all_name);
	memcpy(&cell.config, &ends->all, sizeof(cell.config));
	memcpy(&cell.reference_config, &ends->all, sizeof(cell.config));
	copy_source(&cell.config, &ends->ideal, factor);
	return add(plan, combo, &cell);
}

int
plan_attribution(struct plan *plan, const struct row *row, const struct combo *combo)
{
	struct ends ends;
	int error = find_ends(plan, combo, &ends);

	if (!error)
		error = add_all(plan, row, combo, &ends);
	for (int i = 0; !error && sources[i]; i++)
		if (plan->experiment->attribution.factors & 1u << i)
			error = add_alone(plan, row, combo, &ends, i);
	for (int i = 0; !error && sources[i]; i++)
		if (plan->experiment->attribution.factors & 1u << i)
			error = add_removed(plan, row, combo, &ends, i);
	return error;
}
