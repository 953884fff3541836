/* SPDX-License-Identifier: BSD-3-Clause */
/* A document as Markdown (GitHub's, for its tables). */
#include <string.h>

#include "runner/report/document_blocks.h"

/* Names come from users' files: what Markdown or HTML would take for markup is escaped. */
static void
put(char c, FILE *file)
{
	if (strchr("\\`*<[|", c))
		putc('\\', file);
	putc(c, file);
}

static void
put_text(const char *text, FILE *file)
{
	for (; *text; text++)
		put(*text, file);
}

/* Runs of blanks line things up in text; here they would only be noise. */
static void
print_cell(const char *text, FILE *file)
{
	fputs("| ", file);
	for (text += strspn(text, " "); *text; text++) {
		if (*text == ' ' && (text[1] == ' ' || text[1] == '\0'))
			continue;
		put(*text, file);
	}
	putc(' ', file);
}

static void
print_table(const struct block *table, FILE *file)
{
	putc('\n', file);
	for (size_t c = 0; c < table->n_columns; c++)
		print_cell(table->columns[c].title, file);
	fputs("|\n", file);
	for (size_t c = 0; c < table->n_columns; c++)
		fputs(table->columns[c].right ? "|---:" : "|---", file);
	fputs("|\n", file);
	for (size_t r = 0; r < table->n_rows; r++) {
		for (size_t c = 0; c < table->n_columns; c++)
			print_cell(table->rows[r].cells[c], file);
		fputs("|\n", file);
	}
}

void
block_print_markdown(const struct block *block, FILE *file)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		fprintf(file, "\n%.*s ", block->level, "######");
		put_text(block->text, file);
		putc('\n', file);
		break;
	case BLOCK_TEXT:
		putc('\n', file);
		put_text(block->text, file);
		putc('\n', file);
		break;
	case BLOCK_TABLE:
		print_table(block, file);
		break;
	case BLOCK_FIGURE:
		fprintf(file, "\n![%s](%s)\n", block->caption, block->text);
		break;
	}
}
