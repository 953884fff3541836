/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration while it is put together, setting by setting, from names and
 * texts: out of YAML, or out of device arguments. What a setting is called and
 * where its value goes is said here once for both.
 */
#ifndef FOLIO_DATAPATH_DRAFT_H
#define FOLIO_DATAPATH_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/names.h"
#include "datapath/config.h"

struct setting {
	int source;                       /* index into sources[]; -1: an option of the datapath */
	const struct option_spec *option; /* NULL: the source's switch */
};

struct draft {
	struct datapath_config config;
	uint32_t given[SOURCES_MAX]; /* bit i: option i of the source was given; no cost replaces it */
};

/* datapath_config_init(), and nothing given. */
void draft_init(struct draft *draft);

/*
 * The setting of a source: "vc" is its switch, "vc.cost" an option of it. Returns
 * 0; or -ENOENT, with setting->source -1 where there is no such source, and its
 * index where it has no such option.
 */
int setting_of_source(const char *name, struct setting *setting);

/* Any setting: "burst", "vc", "vc.cost". Returns 0, or -ENOENT as above. */
int setting_of_name(const char *name, struct setting *setting);

/* How the setting's value is written; a switch too is an option. */
const struct option_spec *setting_option(const struct setting *setting);

/* Where setting_option() puts the value. An option of a source counts as given from here on. */
void *draft_target(struct draft *draft, const struct setting *setting);

/* Was this option of a source given? */
bool draft_gives(const struct draft *draft, int source, const struct option_spec *option);

/*
 * A cost that a cost profile would have to give: of a source that is on, and not
 * given. Returns whether there is one, in *setting.
 */
bool draft_missing_cost(const struct draft *draft, struct setting *setting);

/* For messages: the names of all sources. */
void names_add_sources(struct names *names);

#endif
