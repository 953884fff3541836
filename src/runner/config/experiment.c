/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/experiment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/workload.h"
#include "runner/config/assign.h"
#include "runner/config/form.h"
#include "runner/config/plan.h"
#include "runner/config/resolved.h"
#include "runner/config/yaml.h"
#include "runner/measure/bench.h"

/* Before any sweep. A cost that only the sweep gives has its first value there. */
static int
add_configuration(const struct form *form, const struct recipe *recipe,
		  struct experiment *experiment)
{
	struct configuration *c = &experiment->configurations[experiment->n_configurations];
	struct combo combo = {.axes = &form->axes};
	bool is_reference = !strcmp(recipe->name, form->reference.name);

	memcpy(c->name, recipe->name, sizeof(c->name));
	if (recipe_resolve(recipe, &form->shared, &combo,
			   is_reference ? SWEEP_NOTHING : SWEEP_MISSING, &c->config))
		return -EINVAL;
	experiment->n_configurations++;
	return 0;
}

static int
fill_configurations(const struct form *form, struct experiment *experiment)
{
	int error = 0;

	experiment->configurations =
		calloc(form->n_recipes + 1, sizeof(*experiment->configurations));
	if (!experiment->configurations)
		return -ENOMEM;
	for (uint32_t i = 0; !error && i < form->n_recipes; i++)
		error = add_configuration(form, &form->recipes[i], experiment);
	if (error || form->reference_is_listed)
		return error;
	return add_configuration(form, &form->reference, experiment);
}

static int
check_topology(const struct form *form, const struct experiment *experiment)
{
	const struct bench_ops *bench = bench_find(experiment->topology);
	const struct node *given = node_find(form->root, "topology");

	for (uint32_t i = 0; bench->conflict && i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];
		const char *why = bench->conflict(&cell->config);
		const char *name = why ? cell->configuration : cell->reference;

		if (!why)
			why = bench->conflict(&cell->reference_config);
		if (why)
			return node_refuse(given ? given : form->root,
					   "found %s with configuration %s: %s", bench->topology,
					   name, why);
	}
	return 0;
}

/* A source may stand in one workload's place only. */
static int
check_workload(const struct form *form, const struct experiment *experiment)
{
	const struct node *given = node_find(form->root, "workload");

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];
		const char *name = cell->configuration;
		int source = datapath_config_other_workload(&cell->config, experiment->workload);

		if (source < 0) {
			name = cell->reference;
			source = datapath_config_other_workload(&cell->reference_config,
								experiment->workload);
		}
		if (source >= 0)
			return node_refuse(given ? given : form->root,
					   "found %s with source %s on in configuration %s: it "
					   "takes the place of one workload, allowed: workload: "
					   "%s, or the source off",
					   experiment->workload, sources[source]->name, name,
					   sources[source]->workload);
	}
	return 0;
}

/* A workload may want something of every configuration. */
static int
check_configurations(const struct form *form, const struct experiment *experiment)
{
	const struct workload *workload = workload_find(experiment->workload);
	const struct node *given = node_find(form->root, "workload");

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];
		const char *name = cell->configuration,
			   *why = workload_conflict(workload, &cell->config);

		if (!why) {
			name = cell->reference;
			why = workload_conflict(workload, &cell->reference_config);
		}
		if (why)
			return node_refuse(given ? given : form->root,
					   "found %s with configuration %s: %s", workload->name,
					   name, why);
	}
	return 0;
}

/* A --set that changes nothing is a mistake that no table would show. */
static void
warn_of_unused(const struct form *form, const struct experiment *experiment)
{
	const struct node *defaults = node_find(form->root, "sources");

	for (size_t i = 0; defaults && i < defaults->n_items; i++) {
		const struct node *source = defaults->items[i];
		int index = source_find(source->key);
		uint32_t cell = 0;

		while (cell < experiment->n_cells &&
		       !experiment->cells[cell].config.sources[index].on)
			cell++;
		for (size_t j = 0; cell == experiment->n_cells && j < source->n_items; j++)
			if (!source->items[j]->line)
				log_warning(
					"--set sources.%s.%s: has no effect, %s is on in no cell",
					source->key, source->items[j]->key, source->key);
	}
}

static int
fill(const char *costs_dir, struct node *root, struct experiment *experiment)
{
	struct form form;
	int error = form_read(&form, root, costs_dir, experiment);

	if (!error)
		error = fill_configurations(&form, experiment);
	if (!error)
		error = plan_build(&form, experiment);
	if (!error)
		error = check_topology(&form, experiment);
	if (!error)
		error = check_workload(&form, experiment);
	if (!error)
		error = check_configurations(&form, experiment);
	if (!error)
		error = resolved_write(&form, experiment);
	if (!error)
		warn_of_unused(&form, experiment);
	form_close(&form);
	return error;
}

static int
read_tree(const char *path, const struct assignment *set, size_t n_set, struct node **root)
{
	int error = yaml_read_file(path, root);

	if (error)
		return error;
	error = node_expect(*root, NODE_MAPPING, "a mapping with keys folio, name, configurations");
	if (!error)
		error = assign_all(*root, set, n_set);
	if (error)
		node_free(*root);
	return error;
}

int
experiment_open(const char *path, const char *costs_dir, const struct assignment *set, size_t n_set,
		struct experiment **out)
{
	struct experiment *experiment = calloc(1, sizeof(*experiment));
	struct node *root;
	int error = experiment ? 0 : -ENOMEM;

	if (!error && snprintf(experiment->path, sizeof(experiment->path), "%s", path) >=
			      (int)sizeof(experiment->path)) {
		log_error("%.60s...: found a path of %zu bytes, allowed: at most %zu", path,
			  strlen(path), sizeof(experiment->path) - 1);
		error = -ENAMETOOLONG;
	}
	if (!error)
		error = read_tree(path, set, n_set, &root);
	if (!error)
		error = fill(costs_dir, root, experiment);
	if (error == -ENOMEM)
		log_error("%s: out of memory", path);
	if (error)
		experiment_close(experiment);
	else
		*out = experiment;
	return error;
}

void
experiment_close(struct experiment *experiment)
{
	if (!experiment)
		return;
	free(experiment->resolved);
	free(experiment->cells);
	free(experiment->configurations);
	free(experiment);
}

const char *
costs_dir(void)
{
	return FOLIO_COSTS_DIR;
}
