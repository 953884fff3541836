/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What cannot work in a configuration, though each of its values is allowed. The message
 * points at the option's own place, of which there are three: the sweep, the
 * configuration and the top of the file, where --set puts its own; what comes first here
 * is what holds. An option that none of them gives has its default: then at the configuration.
 */
#include <errno.h>
#include <string.h>

#include "datapath/sources/source.h"
#include "runner/config/recipe.h"

static const struct node *
find_swept(const struct combo *combo, const char *option)
{
	const struct axis *axis = combo ? axes_find(combo->axes, option) : NULL;

	return axis ? axis->values[combo->at[axis - combo->axes->at]].node : NULL;
}

/* swept: NULL where the sweep changes no option of the datapath. */
static const struct node *
find_culprit(const struct recipe *recipe, const struct node *root, const struct combo *swept,
	     const struct option_conflict *conflict)
{
	const char *const options[] = {conflict->option, conflict->other};
	const size_t n = conflict->other ? 2 : 1;
	const struct node *found = NULL;

	for (size_t i = 0; !found && i < n; i++)
		found = find_swept(swept, options[i]);
	for (size_t i = 0; !found && i < n; i++)
		found = node_find(recipe->node, options[i]);
	for (size_t i = 0; !found && i < n; i++)
		found = node_find(root, options[i]);
	return found ? found : recipe->where;
}

int
recipe_check(const struct recipe *recipe, const struct recipe_shared *shared,
	     const struct combo *combo, enum sweep_scope scope,
	     const struct datapath_config *config)
{
	bool sweeps = scope == SWEEP_ALL || scope == SWEEP_DATAPATH;
	struct option_conflict conflict;
	unsigned int source;
	const char *why;

	if (datapath_config_option_conflict(config, &conflict))
		return node_refuse(find_culprit(recipe, shared->root, sweeps ? combo : NULL,
						&conflict),
				   "in %s: %s", recipe->name, conflict.why);
	why = datapath_config_conflict(config, &source);
	if (why)
		return node_refuse(recipe->where, "found source %s on in %s: %s",
				   sources[source]->name, recipe->name, why);
	return 0;
}
