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

/* A broken text wants so much room below its beginning, or stands on lines of its own. */
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

/* The line is used up to there already; further ones begin at begin. */
static void
print_broken(const char *text, size_t used, size_t begin, size_t width, FILE *file)
{
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

void
columns_print_text(const char *text, size_t column, FILE *file)
{
	size_t width = width_of(file);

	print_broken(text, column, column + ROOM_MIN > width ? LEFT : column, width, file);
}

/* The last column that says anything. */
static size_t
last_of(const struct columns_row *row)
{
	size_t last = COLUMNS_MAX - 1;

	while (last && !*row->cells[last])
		last--;
	return last;
}

static void
print_row(const struct columns_row *row, const size_t widths[COLUMNS_MAX], FILE *file)
{
	size_t width = width_of(file), last = last_of(row), column = 0, blanks = 0;
	const char *text = row->cells[last];

	for (size_t i = 0; i < last; i++) {
		const char *cell = row->cells[i];

		if (*cell) {
			fprintf(file, "%*s%s", (int)blanks, "", cell);
			blanks = 0;
		}
		blanks += widths[i] + GAP - strlen(cell);
		column += widths[i] + GAP;
	}
	if (column + strlen(text) > width && column + ROOM_MIN > width) {
		fprintf(file, "%s%*s", column > blanks ? "\n" : "", LEFT, "");
		column = LEFT;
	} else {
		fprintf(file, "%*s", (int)blanks, "");
	}
	print_broken(text, column, column, width, file);
}

int
columns_print(const struct columns *columns, FILE *file)
{
	size_t widths[COLUMNS_MAX] = {0};

	for (size_t i = 0; i < columns->n; i++)
		for (size_t j = 0; j < last_of(&columns->rows[i]); j++)
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
