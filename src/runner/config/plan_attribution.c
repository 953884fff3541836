/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Attribution's cells. One factor at a time: the ideal and one factor, against
 * the ideal; all factors less one, against all; all against the ideal. Shapley:
 * the ideal and each set of factors, against the ideal; of more than FACTORS_MAX
 * factors a fraction, the cells of one at a time (report/both_ends.c). A factor's settings are
 * those that `naive` gives it, in each of these cells.
 *
 * Every set is held against the ideal rather than against its neighbours or
 * `naive`: what a slice scatters is a share of what it costs, so the cheapest
 * reference adds the least; and 2^k - 1 cells do where neighbours would take
 * k 2^(k-1) and not add up.
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

/* Sources that go together with all others on need not with some of them off. */
static int
check_conflict(const struct plan *plan, const struct cell *cell)
{
	unsigned int source;
	const char *conflict = datapath_config_conflict(&cell->config, &source);

	if (!conflict)
		return 0;
	return node_refuse(node_find(plan->form->root, "attribution"),
			   "found source %s on in '%s', which is one of its configurations: %s, "
			   "allowed: factors that can be on without each other",
			   sources[source]->name, cell->configuration, conflict);
}

static int
add(struct plan *plan, const struct combo *combo, struct cell *cell)
{
	if (check_name(plan, cell) || check_conflict(plan, cell) ||
	    plan_set_variant(plan, combo, cell))
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
	snprintf(cell.configuration, sizeof(cell.configuration), "%s", ends->all_name);
	snprintf(cell.reference, NAME_BYTES, PRESET_IDEAL);
	memcpy(&cell.config, &ends->all, sizeof(cell.config));
	memcpy(&cell.reference_config, &ends->ideal, sizeof(cell.config));
	if (plan_set_variant(plan, combo, &cell))
		return -EINVAL;
	return is_listed(plan, &cell) ? 0 : add(plan, combo, &cell);
}

/* Adds "+source" to the cell's name. FACTORS_MAX names have room in it. */
static void
name_source(struct cell *cell, int source)
{
	size_t used = strlen(cell->configuration);

	snprintf(cell->configuration + used, sizeof(cell->configuration) - used, "+%s",
		 sources[source]->name);
}

/* The ideal and these factors: one alone, or several. */
static int
add_to_ideal(struct plan *plan, const struct row *row, const struct combo *combo,
	     const struct ends *ends, uint32_t factors)
{
	bool is_alone = __builtin_popcount(factors) == 1;
	struct cell cell;

	plan_cell_init(plan, row, is_alone ? CELL_ALONE : CELL_SUBSET, &cell);
	cell.factors = factors;
	snprintf(cell.configuration, sizeof(cell.configuration), PRESET_IDEAL);
	snprintf(cell.reference, NAME_BYTES, PRESET_IDEAL);
	memcpy(&cell.config, &ends->ideal, sizeof(cell.config));
	memcpy(&cell.reference_config, &ends->ideal, sizeof(cell.config));
	for (int i = 0; sources[i]; i++) {
		if (!(factors & 1u << i))
			continue;
		name_source(&cell, i);
		copy_source(&cell.config, &ends->all, i);
	}
	return add(plan, combo, &cell);
}

static int
add_removed(struct plan *plan, const struct row *row, const struct combo *combo,
	    const struct ends *ends, int factor)
{
	struct cell cell;

	plan_cell_init(plan, row, CELL_REMOVED, &cell);
	cell.factors = 1u << factor;
	snprintf(cell.configuration, sizeof(cell.configuration), "%s-%s", ends->all_name,
		 sources[factor]->name);
	snprintf(cell.reference, NAME_BYTES, "%s", ends->all_name);
	memcpy(&cell.config, &ends->all, sizeof(cell.config));
	memcpy(&cell.reference_config, &ends->all, sizeof(cell.config));
	copy_source(&cell.config, &ends->ideal, factor);
	return add(plan, combo, &cell);
}

static int
add_alone(struct plan *plan, const struct row *row, const struct combo *combo,
	  const struct ends *ends, int factor)
{
	return add_to_ideal(plan, row, combo, ends, 1u << factor);
}

static int
add_each(struct plan *plan, const struct row *row, const struct combo *combo,
	 const struct ends *ends,
	 int (*add_one)(struct plan *plan, const struct row *row, const struct combo *combo,
			const struct ends *ends, int factor))
{
	int error = 0;

	for (int i = 0; !error && sources[i]; i++)
		if (plan->experiment->attribution.factors & 1u << i)
			error = add_one(plan, row, combo, ends, i);
	return error;
}

/* Every set of two factors or more but all of them, in binary order. */
static int
add_subsets(struct plan *plan, const struct row *row, const struct combo *combo,
	    const struct ends *ends)
{
	uint32_t all = plan->experiment->attribution.factors;
	int error = 0;

	for (uint32_t set = -all & all; !error && set != all; set = (set - all) & all)
		if (__builtin_popcount(set) > 1)
			error = add_to_ideal(plan, row, combo, ends, set);
	return error;
}

int
plan_attribution(struct plan *plan, const struct row *row, const struct combo *combo)
{
	const struct attribution_spec *spec = &plan->experiment->attribution;
	struct ends ends;
	int error = find_ends(plan, combo, &ends);

	if (!error)
		error = add_all(plan, row, combo, &ends);
	if (!error)
		error = add_each(plan, row, combo, &ends, add_alone);
	if (!error && spec->design == DESIGN_SHAPLEY &&
	    __builtin_popcount(spec->factors) <= FACTORS_MAX)
		return add_subsets(plan, row, combo, &ends);
	return error ? error : add_each(plan, row, combo, &ends, add_removed);
}
