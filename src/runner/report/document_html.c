/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A document as one HTML file that needs nothing beside it: style and pictures lie within,
 * so that it can be sent by mail, read on a phone, and printed. Wide tables scroll on their
 * own, with their first column in view.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/report/document_blocks.h"
#include "runner/report/xml_text.h"

/* A figure of some hundred kB is usual; more than this is no figure of folio's. */
#define PICTURE_BYTES_MAX (16 << 20)

static const char style[] =
	":root{color-scheme:light}"
	"body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:62rem;"
	"margin:0 auto;padding:1rem;overflow-wrap:break-word}"
	"h1{font-size:1.5rem;line-height:1.25}"
	"h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid #ccc;padding-bottom:.2rem}"
	"h3{font-size:1rem;margin:1.4rem 0 .4rem}"
	"div{overflow-x:auto;margin:.6rem 0}"
	"table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}"
	"th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #ddd}"
	"th{border-bottom:2px solid #888;white-space:nowrap}"
	"th:first-child,td:first-child{position:sticky;left:0;background:#fff;font-weight:600}"
	"td{white-space:nowrap}.wide td{white-space:normal;min-width:9rem}"
	".right{text-align:right}"
	"figure{margin:1.2rem 0}figcaption{font-size:.875rem;color:#555}"
	"img{max-width:100%;height:auto}"
	"@media print{body{font-size:10pt;max-width:none;padding:0}div{overflow:visible}"
	"table{font-size:7.5pt}td{white-space:normal}"
	"tr,figure{break-inside:avoid}h2,h3{break-after:avoid}"
	"th:first-child,td:first-child{position:static}}";

/* Longer cells are sentences, which wrap. */
#define SENTENCE_COLUMNS 48

static bool
has_sentences(const struct block *table)
{
	for (size_t r = 0; r < table->n_rows; r++)
		for (size_t c = 0; c < table->n_columns; c++)
			if (text_columns(table->rows[r].cells[c]) > SENTENCE_COLUMNS)
				return true;
	return false;
}

/* Runs of blanks line things up in text; here one wide blank sets a value off from its interval. */
static void
put_cell(const char *tag, const char *text, bool right, FILE *file)
{
	fprintf(file, "<%s%s>", tag, right ? " class=\"right\"" : "");
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		const char *end = strstr(text, "  ");
		size_t length = end ? (size_t)(end - text) : strlen(text);
		char part[DOCUMENT_CELL_BYTES];

		snprintf(part, sizeof(part), "%.*s", (int)length, text);
		xml_put_text(file, part);
		text += length;
		if (text[strspn(text, " ")])
			fputs("&emsp;", file);
	}
	fprintf(file, "</%s>", tag);
}

static void
print_table(const struct block *table, FILE *file)
{
	fprintf(file, "<div><table%s>\n<thead><tr>", has_sentences(table) ? " class=\"wide\"" : "");
	for (size_t c = 0; c < table->n_columns; c++)
		put_cell("th", table->columns[c].title, table->columns[c].right, file);
	fputs("</tr></thead>\n<tbody>\n", file);
	for (size_t r = 0; r < table->n_rows; r++) {
		fputs("<tr>", file);
		for (size_t c = 0; c < table->n_columns; c++)
			put_cell("td", table->rows[r].cells[c], table->columns[c].right, file);
		fputs("</tr>\n", file);
	}
	fputs("</tbody></table></div>\n", file);
}

/* RFC 4648, section 4. */
static void
put_base64(const uint8_t *bytes, size_t n, FILE *file)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t word = (uint32_t)bytes[i] << 16 |
				(left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				(left > 2 ? bytes[i + 2] : 0);

		putc(digits[word >> 18], file);
		putc(digits[word >> 12 & 63], file);
		putc(left > 1 ? digits[word >> 6 & 63] : '=', file);
		putc(left > 2 ? digits[word & 63] : '=', file);
	}
}

/* A multiple of 3, so that only the last block is padded. */
#define BLOCK_BYTES 3072

/* Returns 0 or -errno. */
static int
put_file(int fd, FILE *file)
{
	uint8_t bytes[BLOCK_BYTES];
	ssize_t got;
	size_t held = 0;

	while ((got = read(fd, bytes + held, sizeof(bytes) - held)) > 0) {
		held += (size_t)got;
		if (held < sizeof(bytes))
			continue;
		put_base64(bytes, held, file);
		held = 0;
	}
	put_base64(bytes, held, file);
	return got < 0 ? -errno : 0;
}

static int
print_figure(const struct block *figure, int folder_fd, FILE *file)
{
	struct stat status;
	int fd = openat(folder_fd, figure->text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int err = fd < 0 || fstat(fd, &status) != 0 ? -errno : 0;

	if (!err && (!S_ISREG(status.st_mode) || status.st_size > PICTURE_BYTES_MAX))
		err = -EFBIG;
	if (!err) {
		fputs("<figure><img alt=\"", file);
		xml_put_text(file, figure->caption);
		fputs("\" src=\"data:image/png;base64,", file);
		err = put_file(fd, file);
		fputs("\"><figcaption>", file);
		xml_put_text(file, figure->caption);
		fputs("</figcaption></figure>\n", file);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int
print_block(const struct block *block, int folder_fd, FILE *file)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		fprintf(file, "<h%d>", block->level);
		xml_put_text(file, block->text);
		fprintf(file, "</h%d>\n", block->level);
		return 0;
	case BLOCK_TEXT:
		fputs("<p>", file);
		xml_put_text(file, block->text);
		fputs("</p>\n", file);
		return 0;
	case BLOCK_TABLE:
		print_table(block, file);
		return 0;
	case BLOCK_FIGURE:
		return print_figure(block, folder_fd, file);
	}
	return 0;
}

int
document_print_html(const struct document *document, const char *title, int folder_fd, FILE *file)
{
	int err = document->err;

	if (err)
		return err;
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
	      file);
	xml_put_text(file, title);
	fprintf(file, "</title>\n<style>%s</style></head>\n<body>\n", style);
	for (size_t i = 0; !err && i < document->n; i++)
		err = print_block(&document->blocks[i], folder_fd, file);
	fputs("</body></html>\n", file);
	return err || (!fflush(file) && !ferror(file)) ? err : -EIO;
}
