/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings of a datapath_config by the names that files use: an option of the
 * datapath ("burst"), a source ("sources.vc": on, off or its options), or an
 * option of a source ("sources.vc.cost"). The host's `rate`, and the `cost_level` that the
 * cost profile is taken at, can be swept like them, but belong to a cell and to no
 * configuration.
 */
#ifndef FOLIO_RUNNER_SETTING_H
#define FOLIO_RUNNER_SETTING_H

#include "datapath/draft.h"
#include "runner/config/node.h"

#define SETTING_TEXT_BYTES OPTION_TEXT_BYTES

bool setting_is_rate(const struct setting *setting);
bool setting_is_cost_level(const struct setting *setting);
/* One of the two. */
bool setting_is_of_cell(const struct setting *setting);

/* What node's key names. Returns 0, or -EINVAL after node_refuse(). */
int setting_find(const struct node *node, struct setting *setting);

/* Every name that setting_find() knows but the options of sources. */
void setting_names(struct names *names);

/*
 * Applies one value: an option's, or on/off of a source; not a cell's. Returns 0, or -EINVAL
 * after node_refuse().
 */
int draft_apply(struct draft *draft, const struct setting *setting, const struct node *value);

/* `sources:` of a configuration: a source that has a mapping is on. As above. */
int draft_apply_sources(struct draft *draft, const struct node *sources_node);

/*
 * `sources:` at the top of a file, for all configurations: options, which turn nothing on,
 * or off, whatever a preset says. As above.
 */
int draft_apply_defaults(struct draft *draft, const struct node *sources_node);

/* The options of the datapath among the mapping's keys. As above. */
int draft_apply_datapath(struct draft *draft, const struct node *mapping);

/* The value as it is written in one way only: "4000 cycles", "on". As above. */
int setting_text(const struct setting *setting, const struct node *value,
		 char text[SETTING_TEXT_BYTES]);

#endif
