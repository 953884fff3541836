/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces that were recorded before, here or on another machine: trace.dat of trace-cmd
 * (versions 6 and 7) and perf.data of perf record, told apart by how they begin.
 *
 * Such a file is untrusted, and the programs and libraries that know its format were not
 * written for damaged ones. So it is read in a child process, which hands on what it
 * reads through a pipe; whatever happens to the child, folio itself goes on.
 */
#ifndef FOLIO_PROBES_TRACE_FILE_H
#define FOLIO_PROBES_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "probes/trace_record.h"

/* Two events by their names alone ("folio_vc_enter"), in whatever group they are. */
struct trace_marks {
	const char *begin, *end;
};

/* Who takes the records. */
struct trace_taker {
	/* Returns 0, or a negative number, which ends the reading. */
	int (*take)(void *arg, const struct trace_record *record);
	void *arg;
	const struct trace_marks
		*marks; /* records of these, and of no others; NULL: of all known ones */
};

/* Exit status of the child. */
enum trace_file_status {
	TRACE_FILE_READ = 0,
	TRACE_FILE_DAMAGED = 10,
	TRACE_FILE_NO_READER = 11, /* what reads this format is not installed */
};

struct trace_file_format {
	const char *name;  /* "trace.dat" */
	const char *magic; /* how such a file begins */
	size_t magic_bytes;
	const char *reader; /* what reads it, for messages */
	/*
	 * Runs in the child: reads the file, which is standard input, and writes to standard
	 * output what parent understands. Returns an enum trace_file_status, or does not return.
	 * marks may be NULL, as the taker's.
	 */
	int (*child)(const struct trace_marks *marks);
	/* Reads the child's output to its end. Returns 0, -errno, or what the taker returned. */
	int (*parent)(FILE *output, const struct trace_taker *taker);
};

/* NULL-terminated. */
extern const struct trace_file_format *const trace_file_formats[];

/*
 * Hands each record of an event that probes know to the taker, in the order of their times,
 * and each gap as a TRACE_RECORD_LOST. Returns 0; what the taker returned; or after a log_error()
 * -EINVAL for a file that is damaged or in none of the formats, -ENOTSUP when what reads
 * its format is not there, or another -errno. What was taken before that stays taken.
 */
int trace_file_read(const char *path, const struct trace_taker *taker);

#endif
