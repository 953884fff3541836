/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "base/fidelity.h"
#include "datapath/sources/source.h"
#include "runner/commands/columns.h"
#include "runner/commands/list.h"

static void
add_option(struct columns *columns, const char *prefix, const struct option_spec *option)
{
	char name[128], preset[128], allowed[COLUMNS_CELL_BYTES - 16], text[COLUMNS_CELL_BYTES];

	snprintf(name, sizeof(name), "%s%s", prefix, option->name);
	if (option->cost)
		snprintf(preset, sizeof(preset), "%s of costs", option->cost);
	else
		snprintf(preset, sizeof(preset), "%s", option->preset ? option->preset : "");
	snprintf(text, sizeof(text), "allowed: %s",
		 option_allowed(option, allowed, sizeof(allowed)));
	columns_row(columns, name, preset, option->help);
	columns_row(columns, "", "", text);
}

static void
add_options(struct columns *columns, const char *prefix, const struct option_spec *table)
{
	for (const struct option_spec *option = table; option && option->name; option++)
		add_option(columns, prefix, option);
}

void
list_sources(struct columns *columns)
{
	char fidelity[FIDELITY_TEXT_BYTES];

	columns_row(columns, "source", "acts at", "fidelity", "what it is");
	for (unsigned int i = 0; sources[i]; i++)
		columns_row(columns, sources[i]->name, sources[i]->acts_at,
			    fidelity_format(sources[i]->fidelity, fidelity, sizeof(fidelity)),
			    sources[i]->help);
}

void
list_options(struct columns *columns)
{
	char prefix[64];

	columns_row(columns, "option", "default", "what it is");
	for (unsigned int i = 0; sources[i]; i++) {
		snprintf(prefix, sizeof(prefix), "sources.%s.", sources[i]->name);
		add_options(columns, prefix, sources[i]->options);
	}
	add_options(columns, "", datapath_options);
}
