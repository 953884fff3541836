/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of text printed in aligned columns, as wide as they come; a row's last text widens no
 * column. On a terminal it is broken between words, below its beginning, or on lines of its own
 * where there is hardly room. A lack of memory while rows are added is kept and told by
 * columns_print().
 */
#ifndef FOLIO_RUNNER_COLUMNS_H
#define FOLIO_RUNNER_COLUMNS_H

#include <stddef.h>
#include <stdio.h>

#define COLUMNS_MAX 4
#define COLUMNS_CELL_BYTES 256

struct columns_row {
	char cells[COLUMNS_MAX][COLUMNS_CELL_BYTES];
};

/* Zeroed: empty. Wants columns_close(). */
struct columns {
	struct columns_row *rows;
	size_t n;
	int error;
};

/* Texts beyond the row's last column are NULL; longer ones are cut. */
void columns_add(struct columns *columns, const char *const texts[COLUMNS_MAX]);
#define columns_row(columns, ...)                                                                  \
	columns_add(columns, (const char *const[COLUMNS_MAX]){__VA_ARGS__})

/* Returns 0 or -ENOMEM. */
int columns_print(const struct columns *columns, FILE *file);
void columns_close(struct columns *columns);

/*
 * Prints text, which begins in that column (from 0) of the line, and ends the line. On a
 * terminal it is broken between words, and goes on below its beginning; elsewhere it stays whole,
 * for scripts.
 */
void columns_print_text(const char *text, size_t column, FILE *file);

#endif
