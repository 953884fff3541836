/* SPDX-License-Identifier: BSD-3-Clause */
/* folio list presets: the presets, the matrix that they come from, and two of them side by side. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "runner/commands/columns.h"
#include "runner/commands/list.h"
#include "runner/config/node.h"
#include "runner/config/node_write.h"
#include "runner/config/presets.h"

void
list_presets(struct columns *columns)
{
	char number[16];

	columns_row(columns, "no.", "preset", "sources", "what it is");
	for (const struct preset *preset = presets_all(); preset->name; preset++) {
		snprintf(number, sizeof(number), "%zu", (size_t)(preset - presets_all()) + 1);
		columns_row(columns, number, preset->name, preset->sources, preset->help);
	}
}

void
list_factors(struct columns *columns)
{
	static const char *const legend[] = {"Y acts: its source is on", "N does not act",
					     "y seldom: polling leaves no exit for each packet",
					     "w on writes only", NULL};
	char header[COLUMNS_CELL_BYTES] = "", marks[COLUMNS_CELL_BYTES];
	const char *const *line = legend;
	size_t used = 0;

	for (const struct preset *preset = presets_all(); preset->name; preset++)
		used += (size_t)snprintf(header + used, sizeof(header) - used, "%3zu",
					 (size_t)(preset - presets_all()) + 1);
	columns_row(columns, "factor", "source", header);
	for (const struct factor *factor = factors_all(); factor->name; factor++) {
		used = 0;
		for (const struct preset *preset = presets_all(); preset->name; preset++)
			used += (size_t)snprintf(marks + used, sizeof(marks) - used, "%3c",
						 factor->marks[preset - presets_all()]);
		columns_row(columns, factor->name, factor->source ? factor->source : "-", marks,
			    *line);
		line += *line != NULL;
	}
}

/* "Y: on", "Y: {at: [idle]}", "Y: off", "N". */
static void
describe(const struct factor *factor, const struct preset *preset, char *buf, size_t size)
{
	char mark = (char)factor->marks[preset - presets_all()];
	FILE *file;

	snprintf(buf, size, "%c%s", mark,
		 mark == FACTOR_YES && factor->source && !factor_is_on(factor, preset) ? ": off" :
											 "");
	if (!factor_is_on(factor, preset))
		return;
	file = fmemopen(buf, size, "w");
	if (!file)
		return;
	fprintf(file, "%c: ", mark);
	if (factor->options)
		node_write(file, factor->options);
	else
		fputs("on", file);
	fclose(file);
}

void
list_preset_differences(struct columns *columns, const struct preset *a, const struct preset *b)
{
	char of_a[128], of_b[128];
	bool any = false;

	columns_row(columns, "factor", "source", a->name, b->name);
	for (const struct factor *factor = factors_all(); factor->name; factor++) {
		describe(factor, a, of_a, sizeof(of_a));
		describe(factor, b, of_b, sizeof(of_b));
		if (!strcmp(of_a, of_b))
			continue;
		any = true;
		columns_row(columns, factor->name, factor->source ? factor->source : "-", of_a,
			    of_b);
	}
	if (!any)
		columns_row(columns, "(no difference)");
}
