/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a document, shared by its builder and its renderers. */
#ifndef FOLIO_RUNNER_DOCUMENT_BLOCKS_H
#define FOLIO_RUNNER_DOCUMENT_BLOCKS_H

#include <stddef.h>

#include "runner/report/document.h"

enum block_kind { BLOCK_HEADING, BLOCK_TEXT, BLOCK_TABLE, BLOCK_FIGURE };

struct block {
	enum block_kind kind;
	int level;  /* BLOCK_HEADING */
	char *text; /* heading, paragraph; path of a figure */
	char *caption;
	const struct document_column *columns; /* BLOCK_TABLE */
	size_t n_columns;
	struct document_row *rows;
	size_t n_rows;
};

struct document {
	struct block *blocks;
	size_t n;
	int err; /* the first error while building */
};

/* Columns on a terminal that UTF-8 text takes; for text without wide or combining characters. */
size_t text_columns(const char *text);

void block_print_text(const struct block *block, FILE *file);
void block_print_markdown(const struct block *block, FILE *file);

#endif
