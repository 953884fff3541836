/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a configuration is made: a preset, what the file says for all, what the
 * file says for this one, and what a sweep says, each over the one before.
 * Costs fill in last what nobody gave. A source that is off has its options at
 * their defaults, so that configurations that behave alike are equal bytes.
 */
#ifndef FOLIO_RUNNER_RECIPE_H
#define FOLIO_RUNNER_RECIPE_H

#include "runner/config/axes.h"
#include "runner/config/experiment.h"
#include "runner/config/node.h"
#include "runner/config/presets.h"

struct costs;

struct recipe {
	char name[NAME_BYTES];
	const struct preset *preset;
	struct node *preset_sources; /* owned */
	const struct node *node;     /* the file's mapping; NULL: the preset as it is */
	const struct node *where;    /* what a message points at */
};

/* What all recipes of a file share. */
struct recipe_shared {
	const struct node *root;
	const struct costs *costs; /* NULL: no profile */
	uint32_t cost_level;       /* enum cost_level, where none is swept */
};

/* From an item of `configurations:`. Returns 0; -EINVAL after node_refuse(); -ENOMEM. */
int recipe_read(const struct node *node, struct recipe *recipe);
/* From a preset; where asked for it. As above. */
int recipe_from_preset(const struct preset *preset, const struct node *where,
		       struct recipe *recipe);
void recipe_close(struct recipe *recipe);

/* What a combination of swept values changes. */
enum sweep_scope {
	SWEEP_ALL,      /* options of the datapath, sources and their options */
	SWEEP_DATAPATH, /* options of the datapath only */
	SWEEP_MISSING,  /* costs that nothing else gives a value for */
	SWEEP_NOTHING,  /* but cost_level, which each of these takes from combo */
};

/* combo NULL: nothing is swept. Returns 0, or -EINVAL after node_refuse(). */
int recipe_resolve(const struct recipe *recipe, const struct recipe_shared *shared,
		   const struct combo *combo, enum sweep_scope scope, struct datapath_config *out);

/* Can config, which is all of that, work? Returns 0; or -EINVAL after node_refuse() of what cannot. */
int recipe_check(const struct recipe *recipe, const struct recipe_shared *shared,
		 const struct combo *combo, enum sweep_scope scope,
		 const struct datapath_config *config);

/*
 * Does it need a cost that the profile has a range of only? Returns 1, 0, or -EINVAL after
 * node_refuse().
 */
int recipe_assumes(const struct recipe *recipe, const struct recipe_shared *shared,
		   const struct combo *combo, enum sweep_scope scope);

/* Does the preset or the file give this option of a source, or is it the cost profile's? */
bool recipe_gives(const struct recipe *recipe, const struct node *root, const char *source,
		  const struct option_spec *option);

/* Is a cost in this configuration what the profile has at the combination's level only? */
bool recipe_is_of_level(const struct recipe_shared *shared, const struct combo *combo,
			const struct datapath_config *config);

#endif
