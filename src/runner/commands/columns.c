/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/columns.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2

/* Of a terminal that does not say. */
#define WIDTH_USUAL 100

/* What goes on below its beginning wants so much room there, or goes on at the left. */
#define ROOM_MIN 24
#define LEFT 4

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

/* SIZE_MAX: no terminal, any width will do. */
static size_t
width_of(FILE *file)
{
	struct winsize window = {0};

	if (!isatty(fileno(file)))
		return SIZE_MAX;
	if (ioctl(fileno(file), TIOCGWINSZ, &window) != 0 || !window.ws_col)
		return WIDTH_USUAL;
	return window.ws_col;
}

void
columns_print_text(const char *text, size_t column, FILE *file)
{
	size_t width = width_of(file), used = column;
	size_t begin = width >= column + ROOM_MIN ? column : LEFT;

	while (*text) {
		size_t blanks = strspn(text, " "), word = strcspn(text + blanks, " ");

		if (used > begin && used + blanks + word > width) {
			fprintf(file, "\n%*s", (int)begin, "");
			text += blanks;
			blanks = 0;
			used = begin;
		}
		fprintf(file, "%.*s", (int)(blanks + word), text);
		used += blanks + word;
		text += blanks + word;
	}
	fputc('\n', file);
}

static void
print_row(const struct columns_row *row, const size_t widths[COLUMNS_MAX], FILE *file)
{
	size_t last = COLUMNS_MAX - 1, column = 0;

	while (last && !*row->cells[last])
		last--;
	for (size_t i = 0; i < last; i++) {
		fprintf(file, "%-*s", (int)(widths[i] + GAP), row->cells[i]);
		column += widths[i] + GAP;
	}
	columns_print_text(row->cells[last], column, file);
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
