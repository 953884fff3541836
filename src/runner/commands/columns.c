/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

void
columns_add(struct columns *columns, const char *const texts[COLUMNS_MAX])
{
	struct columns_row *rows =
		reallocarray(columns->rows, columns->n + 1, sizeof(*columns->rows));

	if (!rows) {
		columns->error = -ENOMEM;
		return;
	}
	columns->rows = rows;
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		snprintf(rows[columns->n].cells[i], COLUMNS_CELL_BYTES, "%s",
			 texts[i] ? texts[i] : "");
	columns->n++;
}

static void
print_row(const struct columns_row *row, const size_t widths[COLUMNS_MAX], FILE *file)
{
	size_t last = COLUMNS_MAX - 1;

	while (last && !*row->cells[last])
		last--;
	for (size_t i = 0; i < last; i++)
		fprintf(file, "%-*s", (int)(widths[i] + GAP), row->cells[i]);
	fprintf(file, "%s\n", row->cells[last]);
}

int
columns_print(const struct columns *columns, FILE *file)
{
	size_t widths[COLUMNS_MAX] = {0};

	for (size_t i = 0; i < columns->n; i++)
		for (size_t j = 0; j < COLUMNS_MAX; j++)
			if (strlen(columns->rows[i].cells[j]) > widths[j])
				widths[j] = strlen(columns->rows[i].cells[j]);
	for (size_t i = 0; i < columns->n; i++)
		print_row(&columns->rows[i], widths, file);
	return columns->error;
}

void
columns_close(struct columns *columns)
{
	free(columns->rows);
	*columns = (struct columns){0};
}
