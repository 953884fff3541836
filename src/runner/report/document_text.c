/* SPDX-License-Identifier: BSD-3-Clause */
/* A document as plain text. */
#include <string.h>

#include "runner/report/document_blocks.h"

#define INDENT 2
#define GAP 2

size_t
text_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80; /* all but continuation bytes */
	return n;
}

static void
print_spaces(size_t n, FILE *file)
{
	fprintf(file, "%*s", (int)n, "");
}

/* Words go on the line as long as they fit. */
static void
print_paragraph(const char *text, FILE *file)
{
	size_t used = 0;

	while (*text) {
		size_t bytes = strcspn(text, " "), columns = 0;

		for (size_t i = 0; i < bytes; i++)
			columns += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (used && used + 1 + columns > DOCUMENT_TEXT_COLUMNS) {
			putc('\n', file);
			used = 0;
		}
		if (used)
			putc(' ', file);
		fwrite(text, 1, bytes, file);
		used += columns + (used > 0);
		text += bytes + (text[bytes] == ' ');
	}
	putc('\n', file);
}

static void
print_heading(const struct block *block, FILE *file)
{
	fprintf(file, "\n%s\n", block->text);
	for (size_t i = text_columns(block->text); i > 0 && block->level < 3; i--)
		putc(block->level == 1 ? '=' : '-', file);
	if (block->level < 3)
		putc('\n', file);
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Widths of the columns. The first is cut to what the others leave of the line. */
static void
find_widths(const struct block *table, size_t widths[DOCUMENT_COLUMNS_MAX])
{
	size_t others = INDENT, room;

	for (size_t c = 0; c < table->n_columns; c++) {
		widths[c] = text_columns(table->columns[c].title);
		for (size_t r = 0; r < table->n_rows; r++)
			widths[c] = larger(widths[c], text_columns(table->rows[r].cells[c]));
		others += c ? GAP + widths[c] : 0;
	}
	room = others < DOCUMENT_TEXT_COLUMNS ? DOCUMENT_TEXT_COLUMNS - others : 0;
	room = larger(room, text_columns(table->columns[0].title));
	if (widths[0] > room)
		widths[0] = room;
}

static void
print_cell(const struct block *table, size_t c, const char *text, const size_t *widths, FILE *file)
{
	size_t columns = text_columns(text), pad = widths[c] > columns ? widths[c] - columns : 0;

	print_spaces(c ? GAP : INDENT, file);
	if (table->columns[c].right)
		print_spaces(pad, file);
	fputs(text, file);
	if (!table->columns[c].right && c + 1 < table->n_columns)
		print_spaces(pad, file);
}

static void
print_row(const struct block *table, const struct document_row *row, const size_t *widths,
	  FILE *file)
{
	const char *label = row->cells[0];

	if (text_columns(label) > widths[0]) {
		print_cell(table, 0, label, widths, file);
		putc('\n', file);
		label = "";
	}
	print_cell(table, 0, label, widths, file);
	for (size_t c = 1; c < table->n_columns; c++)
		print_cell(table, c, row->cells[c], widths, file);
	putc('\n', file);
}

static void
print_table(const struct block *table, FILE *file)
{
	size_t widths[DOCUMENT_COLUMNS_MAX];

	find_widths(table, widths);
	for (size_t c = 0; c < table->n_columns; c++)
		print_cell(table, c, table->columns[c].title, widths, file);
	putc('\n', file);
	for (size_t r = 0; r < table->n_rows; r++)
		print_row(table, &table->rows[r], widths, file);
}

void
block_print_text(const struct block *block, FILE *file)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		print_heading(block, file);
		break;
	case BLOCK_TEXT:
		print_paragraph(block->text, file);
		break;
	case BLOCK_TABLE:
		print_table(block, file);
		break;
	case BLOCK_FIGURE:
		break;
	}
}
