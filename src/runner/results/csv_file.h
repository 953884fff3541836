/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CSV as the project writes and reads it (RFC 4180, '\n' ends a line, one line
 * of column names). Numbers are written with as many digits as it takes to read
 * the same value back; NAN is an empty field.
 */
#ifndef FOLIO_RUNNER_CSV_FILE_H
#define FOLIO_RUNNER_CSV_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_FIELDS_MAX 24

/* Writes fields one after the other; csv_end() ends the line. Errors stay in the FILE. */
struct csv_writer {
	FILE *file;
	bool within_line;
};

void csv_text(struct csv_writer *csv, const char *text);
void csv_number(struct csv_writer *csv, double value);
void csv_count(struct csv_writer *csv, uint64_t value);
void csv_end(struct csv_writer *csv);

/* One line that was read; the fields live until the callback returns. */
struct csv_line {
	const char *path;
	unsigned int number; /* from 1; the line of column names is 1 */
	uint64_t end_bytes;  /* where the next line begins in the file */
	size_t n_fields;     /* as many as there are columns */
	const char *fields[CSV_FIELDS_MAX];
};

/*
 * Reads the file at path, whose first line must be columns to the letter, and
 * hands each further line to each(), which returns 0, or -errno to stop. A last
 * line without its newline is damage. Returns 0, what each() returned, -EBADMSG
 * (damaged) or another -errno, after log_error() named file and line.
 */
int csv_read(const char *path, const char *columns,
	     int (*each)(const struct csv_line *line, void *arg), void *arg);

/*
 * The same for a file that grows line by line: a last line without its newline is what a
 * kill left of a write, and is dropped with a log_note(), unless it is the columns'.
 */
int csv_read_appended(const char *path, const char *columns,
		      int (*each)(const struct csv_line *line, void *arg), void *arg);

/* Reads a whole field as a number. Returns 0, or -EBADMSG after log_error(). */
int csv_read_number(const struct csv_line *line, size_t field, double *out);
int csv_read_count(const struct csv_line *line, size_t field, uint32_t *out);

/*
 * Copies a field that must fit into size bytes, and be UTF-8 without control
 * characters. Returns 0, or -EBADMSG after log_error().
 */
int csv_read_text(const struct csv_line *line, size_t field, char *out, size_t size);

#endif
