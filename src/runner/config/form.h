/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration file while it is read: its tree and what its keys were
 * understood as. form_read() checks each key; plan_build() makes cells of it.
 *
 * Beside the keys that the design fixes, the top of a file takes any option of
 * the datapath and `sources: {SRC: {OPTION: value}}`: they hold for every
 * configuration, the reference and attribution's too, that says nothing else of
 * the option, and turn nothing on. --set puts its values there.
 */
#ifndef FOLIO_RUNNER_FORM_H
#define FOLIO_RUNNER_FORM_H

#include "runner/config/axes.h"
#include "runner/config/exclusions.h"
#include "runner/config/experiment.h"
#include "runner/config/inclusions.h"
#include "runner/config/recipe.h"
#include "runner/config/rows.h"

struct costs;

struct form {
	struct node *root;
	struct costs *costs; /* NULL: none named */
	struct recipe_shared shared;
	struct recipe *recipes; /* the file's, in its order */
	uint32_t n_recipes;
	struct recipe reference; /* borrows from recipes[] when it is one of them */
	bool reference_is_listed;
	/* With attribution: the configurations of these names, of the file or the presets. */
	struct recipe ideal, naive;
	bool ideal_is_listed, naive_is_listed;
	struct rows rows;
	struct axes axes;
	struct exclusion *exclusions;
	size_t n_exclusions;
	struct inclusion *inclusions;
	size_t n_inclusions;
};

/*
 * Reads root, which the form owns from now on. Fills in experiment's scalars. The
 * form wants form_close() in each case. Returns 0; -EINVAL or another -errno after
 * log_error(); -ENOMEM.
 */
int form_read(struct form *form, struct node *root, const char *costs_dir,
	      struct experiment *experiment);
void form_close(struct form *form);

/* Index of the file's configuration of that name, or -ENOENT. */
int form_find(const struct form *form, const char *name);

/* Is `cost_level` among what is swept or included? */
bool form_sweeps_cost_level(const struct form *form);

/* Names of the file's configurations. */
void form_names(const struct form *form, struct names *names);

#endif
