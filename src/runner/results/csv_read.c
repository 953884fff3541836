/* SPDX-License-Identifier: BSD-3-Clause */
#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/results/csv_file.h"
#include "runner/results/folder.h"

#define LINE_BYTES_MAX 8192

struct reader {
	struct csv_line line;
	size_t n_columns;
	bool appended;             /* its last line may be cut short */
	char text[LINE_BYTES_MAX]; /* the line's fields, each with its NUL */
	size_t used;
	int err;
	int (*each)(const struct csv_line *line, void *arg);
	void *arg;
};

static int
damaged(const struct csv_line *line, const char *what)
{
	log_error("%s:%u: damaged: %s", line->path, line->number, what);
	return -EBADMSG;
}

static void
on_field(void *text, size_t length, void *arg)
{
	struct reader *r = arg;

	if (r->line.n_fields < r->n_columns && !memchr(text, 0, length) &&
	    r->used + length < sizeof(r->text)) {
		r->line.fields[r->line.n_fields] = memcpy(r->text + r->used, text, length);
		r->text[r->used + length] = '\0';
		r->used += length + 1;
	} else if (!r->err) {
		r->err = damaged(&r->line,
				 r->line.n_fields < r->n_columns ?
					 "a field holds a zero byte or is too long" :
					 "the line has more fields than there are columns");
	}
	r->line.n_fields++;
}

static void
on_line(int terminator, void *arg)
{
	struct reader *r = arg;

	(void)terminator;
	if (!r->err && r->line.n_fields != r->n_columns)
		r->err = damaged(&r->line, "the line has fewer fields than there are columns");
	if (!r->err)
		r->err = r->each(&r->line, r->arg);
	r->line.n_fields = 0;
	r->used = 0;
}

/*
 * Reads up to a newline, which may be missing at the end of the file. Returns
 * the length, 0 at the end, or -EMSGSIZE for a line that nobody has written.
 */
static ssize_t
next_line(FILE *file, char *text, size_t size)
{
	size_t length = 0;
	int c;

	while ((c = getc_unlocked(file)) != EOF) {
		if (length == size)
			return -EMSGSIZE;
		text[length++] = (char)c;
		if (c == '\n')
			break;
	}
	return (ssize_t)length;
}

/* Of a line without its newline. Returns 0: nothing of it is lost that had been there whole. */
static int
cut_short(const struct reader *r)
{
	if (!r->appended || r->line.number == 1)
		return damaged(&r->line, r->line.number == 1 ? "the line of columns is cut short" :
							       "the line is cut short");
	log_note("%s:%u: the last line was cut short; it is left out", r->line.path,
		 r->line.number);
	return 0;
}

/* Hands the text to libcsv line by line, so that a message can name the line. */
static int
read_lines(struct reader *r, struct csv_parser *parser, FILE *file, const char *columns)
{
	char text[LINE_BYTES_MAX];
	ssize_t length;

	while (!r->err && (length = next_line(file, text, sizeof(text))) != 0) {
		r->line.number++;
		if (length > 0)
			r->line.end_bytes += (uint64_t)length;
		if (length < 0) {
			r->err = damaged(&r->line, "the line is too long");
		} else if (text[length - 1] != '\n') {
			r->err = cut_short(r);
			break;
		} else if (r->line.number == 1) {
			text[length - 1] = '\0';
			if (strcmp(text, columns) != 0)
				r->err = damaged(&r->line,
						 "the columns are not those of this version");
		} else if (csv_parse(parser, text, (size_t)length, on_field, on_line, r) !=
				   (size_t)length &&
			   !r->err) {
			r->err = damaged(&r->line, csv_strerror(csv_error(parser)));
		}
	}
	if (!r->err && ferror(file)) {
		r->err = -EIO;
		log_error("%s: cannot read on after line %u", r->line.path, r->line.number);
	}
	return r->err;
}

static size_t
count_columns(const char *columns)
{
	size_t n = 1;

	while ((columns = strchr(columns, ','))) {
		columns++;
		n++;
	}
	return n;
}

static int
read_file(const char *path, const char *columns,
	  int (*each)(const struct csv_line *line, void *arg), void *arg, bool appended)
{
	struct reader *r = calloc(1, sizeof(*r));
	int fd = file_open_regular(path);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	struct csv_parser parser;
	int err = fd < 0 ? fd : file ? 0 : -errno;

	if (err) {
		log_error("%s: cannot read: %s", path, strerror(-err));
	} else if (!r || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		err = -ENOMEM;
	} else {
		r->line.path = path;
		r->n_columns = count_columns(columns);
		r->each = each;
		r->arg = arg;
		r->appended = appended;
		err = read_lines(r, &parser, file, columns);
		if (!err && r->line.number == 0)
			err = damaged(&r->line, "the file is empty");
		if (!err && csv_fini(&parser, on_field, on_line, r) != 0)
			err = damaged(&r->line, "a quoted field has no end");
		csv_free(&parser);
	}
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	free(r);
	return err;
}

int
csv_read(const char *path, const char *columns, int (*each)(const struct csv_line *line, void *arg),
	 void *arg)
{
	return read_file(path, columns, each, arg, false);
}

int
csv_read_appended(const char *path, const char *columns,
		  int (*each)(const struct csv_line *line, void *arg), void *arg)
{
	return read_file(path, columns, each, arg, true);
}

int
csv_read_number(const struct csv_line *line, size_t field, double *out)
{
	char *end;
	double value = strtod(line->fields[field], &end);

	if (end == line->fields[field] || *end || !isfinite(value)) {
		log_error("%s:%u: damaged: found '%.40s' in column %zu, a number is wanted",
			  line->path, line->number, line->fields[field], field + 1);
		return -EBADMSG;
	}
	*out = value;
	return 0;
}

int
csv_read_count(const struct csv_line *line, size_t field, uint32_t *out)
{
	double value = 0;
	int err = csv_read_number(line, field, &value);

	if (!err && (value < 0 || value > UINT32_MAX || value != floor(value))) {
		log_error("%s:%u: damaged: found '%.40s' in column %zu, a count is wanted",
			  line->path, line->number, line->fields[field], field + 1);
		err = -EBADMSG;
	}
	if (!err)
		*out = (uint32_t)value;
	return err;
}

/* How many bytes follow the first one of a UTF-8 character; -1: it cannot be a first one. */
static int
bytes_behind(unsigned char first)
{
	if (first < 0x80)
		return first < 0x20 || first == 0x7f ? -1 : 0;
	if (first < 0xc2 || first > 0xf4)
		return -1;
	return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

/* Texts are shown on terminals and put into Markdown and XML. */
static bool
is_printable(const char *text)
{
	while (*text) {
		int behind = bytes_behind((unsigned char)*text++);

		if (behind < 0)
			return false;
		for (; behind > 0; behind--)
			if (((unsigned char)*text++ & 0xc0) != 0x80)
				return false;
	}
	return true;
}

int
csv_read_text(const struct csv_line *line, size_t field, char *out, size_t size)
{
	size_t length = strlen(line->fields[field]);

	if (length >= size) {
		log_error("%s:%u: damaged: the text in column %zu is longer than %zu bytes",
			  line->path, line->number, field + 1, size - 1);
		return -EBADMSG;
	}
	if (!is_printable(line->fields[field])) {
		log_error("%s:%u: damaged: the text in column %zu holds control characters or is "
			  "not UTF-8",
			  line->path, line->number, field + 1);
		return -EBADMSG;
	}
	memcpy(out, line->fields[field], length + 1);
	return 0;
}
