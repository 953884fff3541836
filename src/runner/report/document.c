/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runner/report/document_blocks.h"

struct document *
document_new(void)
{
	return calloc(1, sizeof(struct document));
}

void
document_free(struct document *document)
{
	if (!document)
		return;
	for (size_t i = 0; i < document->n; i++) {
		free(document->blocks[i].text);
		free(document->blocks[i].caption);
		free(document->blocks[i].rows);
	}
	free(document->blocks);
	free(document);
}

/* A new last block, or NULL: no memory, which is kept. */
static struct block *
add_block(struct document *document, enum block_kind kind)
{
	struct block *blocks;

	blocks = reallocarray(document->blocks, document->n + 1, sizeof(*blocks));
	if (!blocks) {
		document->err = -ENOMEM;
		return NULL;
	}
	document->blocks = blocks;
	blocks += document->n++;
	*blocks = (struct block){.kind = kind};
	return blocks;
}

static void
set_text(struct document *document, struct block *block, const char *format, va_list args)
{
	if (block && vasprintf(&block->text, format, args) < 0) {
		block->text = NULL;
		document->err = -ENOMEM;
	}
}

void
document_heading(struct document *document, int level, const char *format, ...)
{
	struct block *block = add_block(document, BLOCK_HEADING);
	va_list args;

	va_start(args, format);
	set_text(document, block, format, args);
	va_end(args);
	if (block)
		block->level = level;
}

void
document_text(struct document *document, const char *format, ...)
{
	struct block *block = add_block(document, BLOCK_TEXT);
	va_list args;

	va_start(args, format);
	set_text(document, block, format, args);
	va_end(args);
}

void
document_table(struct document *document, const struct document_column *columns, size_t n_columns)
{
	struct block *block = add_block(document, BLOCK_TABLE);

	if (!block)
		return;
	block->columns = columns;
	block->n_columns = n_columns;
}

void
document_row(struct document *document, const struct document_row *row)
{
	struct block *table;
	struct document_row *rows;

	if (document->err)
		return;
	table = &document->blocks[document->n - 1];
	rows = reallocarray(table->rows, table->n_rows + 1, sizeof(*rows));
	if (!rows) {
		document->err = -ENOMEM;
		return;
	}
	table->rows = rows;
	rows[table->n_rows++] = *row;
}

void
document_figure(struct document *document, const char *path, const char *caption)
{
	struct block *block = add_block(document, BLOCK_FIGURE);

	if (!block)
		return;
	block->text = strdup(path);
	block->caption = strdup(caption);
	if (!block->text || !block->caption)
		document->err = -ENOMEM;
}

int
document_print(const struct document *document, enum document_style style, FILE *file)
{
	if (document->err)
		return document->err;
	for (size_t i = 0; i < document->n; i++) {
		if (style == DOCUMENT_TEXT)
			block_print_text(&document->blocks[i], file);
		else
			block_print_markdown(&document->blocks[i], file);
	}
	return fflush(file) != 0 || ferror(file) ? -EIO : 0;
}
