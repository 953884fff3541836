/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A report as a sequence of headings, paragraphs, tables and figures, to be
 * printed as plain text (100 columns), as Markdown or as HTML. Who builds one doesn't
 * know which.
 *
 * Building never fails in between: a lack of memory is kept and told by
 * document_print().
 */
#ifndef FOLIO_RUNNER_DOCUMENT_H
#define FOLIO_RUNNER_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

#define DOCUMENT_COLUMNS_MAX 9
#define DOCUMENT_CELL_BYTES 512
#define DOCUMENT_TEXT_COLUMNS 100

struct document;

enum document_style { DOCUMENT_TEXT, DOCUMENT_MARKDOWN };

struct document_column {
	const char *title;
	bool right; /* numbers stand flush right */
};

/* One row of a table, to be filled in and added; cells are UTF-8. */
struct document_row {
	char cells[DOCUMENT_COLUMNS_MAX][DOCUMENT_CELL_BYTES];
};

/* NULL: no memory. */
struct document *document_new(void);
void document_free(struct document *document);

/* A heading; level 1 is the title. */
void document_heading(struct document *document, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A paragraph; the text style breaks its lines. */
void document_text(struct document *document, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Begins a table of n_columns; the columns array must outlive the document. */
void document_table(struct document *document, const struct document_column *columns,
		    size_t n_columns);

/* Adds a row to the table begun last. A label too long for its column gets a line of its own. */
void document_row(struct document *document, const struct document_row *row);

/* A picture: path is relative to the report. The text style leaves it out. */
void document_figure(struct document *document, const char *path, const char *caption);

/* Returns 0, -ENOMEM (while it was built) or -EIO. */
int document_print(const struct document *document, enum document_style style, FILE *file);

/*
 * As one HTML file with its figures in it, which are PNG files of that folder. Returns 0;
 * -ENOMEM (while it was built), -EIO, or another -errno: a figure cannot be read.
 */
int document_print_html(const struct document *document, const char *title, int folder_fd,
			FILE *file);

#endif
