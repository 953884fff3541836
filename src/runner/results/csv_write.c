/* SPDX-License-Identifier: BSD-3-Clause */
#include <csv.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/results/csv_file.h"

static void
begin_field(struct csv_writer *csv)
{
	if (csv->within_line)
		putc(',', csv->file);
	csv->within_line = true;
}

/* Readers drop blanks around a bare field, so those need quotes too. */
static bool
needs_quotes(const char *text)
{
	size_t length = strlen(text);

	return strpbrk(text, ",\"\r\n") ||
	       (length && (strchr(" \t", text[0]) || strchr(" \t", text[length - 1])));
}

void
csv_text(struct csv_writer *csv, const char *text)
{
	begin_field(csv);
	if (needs_quotes(text))
		csv_fwrite(csv->file, text, strlen(text));
	else
		fputs(text, csv->file);
}

void
csv_number(struct csv_writer *csv, double value)
{
	char text[32] = "";

	for (int digits = 15; !isnan(value) && digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	begin_field(csv);
	fputs(text, csv->file);
}

void
csv_count(struct csv_writer *csv, uint64_t value)
{
	begin_field(csv);
	fprintf(csv->file, "%" PRIu64, value);
}

void
csv_end(struct csv_writer *csv)
{
	putc('\n', csv->file);
	csv->within_line = false;
}
