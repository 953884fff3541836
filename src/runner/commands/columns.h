/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of text printed in aligned columns, as wide as they come. A lack of
 * memory while rows are added is kept and told by columns_print().
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

#endif
