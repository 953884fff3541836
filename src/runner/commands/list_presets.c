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

#define SOURCES_CHARS 63 /* of sources in a line, which then fits 80 columns */

/* How much of "a: on, b: {at: [c, d]}, e: on" a line takes: whole sources, at least one of them. */
static size_t
line_chars(const char *sources)
{
	size_t depth = 0, fits = 0, i;

	for (i = 0; sources[i] && (i < SOURCES_CHARS || !fits); i++) {
		if (sources[i] == '{')
			depth++;
		else if (sources[i] == '}')
			depth--;
		else if (sources[i] == ',' && !depth)
			fits = i + 1;
	}
	return sources[i] ? fits : i;
}

static void
add_sources(struct columns *columns, const char *sources)
{
	char line[COLUMNS_CELL_BYTES];

	if (!*sources)
		columns_row(columns, "", "", "(no source)");
	while (*sources) {
		size_t chars = line_chars(sources);

		snprintf(line, sizeof(line), "%.*s", (int)chars, sources);
		columns_row(columns, "", "", line);
		sources += chars;
		sources += strspn(sources, " ");
	}
}

void
list_presets(struct columns *columns)
{
	char number[16];

	columns_row(columns, "no.", "preset", "what it is, and its sources");
	for (const struct preset *preset = presets_all(); preset->name; preset++) {
		snprintf(number, sizeof(number), "%zu", (size_t)(preset - presets_all()) + 1);
		columns_row(columns, number, preset->name, preset->help);
		add_sources(columns, preset->sources);
	}
}

static bool
acts_unpriced(const struct factor *factor, const struct preset *preset)
{
	return factor->marks[preset - presets_all()] == FACTOR_YES && factor->source &&
	       !factor_is_on(factor, preset);
}

/* A preset's column in the matrix: one blank and its number, or its mark below that. */
static int
mark_chars(const struct preset *preset)
{
	return preset - presets_all() < 9 ? 2 : 3;
}

static void
add_marks(struct columns *columns, const struct factor *factor)
{
	char marks[COLUMNS_CELL_BYTES] = "";
	size_t used = 0;

	for (const struct preset *preset = presets_all(); preset->name; preset++)
		used += (size_t)snprintf(marks + used, sizeof(marks) - used, "%*c",
					 mark_chars(preset),
					 acts_unpriced(factor, preset) ?
						 '*' :
						 (char)factor->marks[preset - presets_all()]);
	columns_row(columns, factor->name, factor->source ? factor->source : "-", marks);
}

void
list_factors(struct columns *columns)
{
	static const char *const legend[] = {"Y  acts: its source is on",
					     "N  does not act",
					     "y  seldom, as the guest polls",
					     "w  on writes only",
					     "*  acts, source off: no published cost",
					     NULL};
	char header[COLUMNS_CELL_BYTES] = "";
	size_t used = 0;

	for (const struct preset *preset = presets_all(); preset->name; preset++)
		used += (size_t)snprintf(header + used, sizeof(header) - used, "%*zu",
					 mark_chars(preset), (size_t)(preset - presets_all()) + 1);
	columns_row(columns, "factor", "source", header);
	for (const struct factor *factor = factors_all(); factor->name; factor++)
		add_marks(columns, factor);
	for (const char *const *line = legend; *line; line++)
		columns_row(columns, *line);
}

/* "Y: on", "Y: {at: [idle]}", "Y: off", "N". */
static void
describe(const struct factor *factor, const struct preset *preset, char *buf, size_t size)
{
	char mark = (char)factor->marks[preset - presets_all()];
	FILE *file;

	snprintf(buf, size, "%c%s", mark, acts_unpriced(factor, preset) ? ": off" : "");
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
