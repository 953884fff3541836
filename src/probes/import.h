/* SPDX-License-Identifier: BSD-3-Clause */
/* A trace that was recorded before, as a table of exits. */
#ifndef FOLIO_PROBES_IMPORT_H
#define FOLIO_PROBES_IMPORT_H

#include <stdint.h>
#include <sys/types.h>

#include "probes/exit_table.h"

struct trace_import {
	struct exit_table table;    /* sorted; wants exit_table_free() */
	uint64_t events;            /* of those that probes know */
	uint64_t lost;              /* missing from the trace, as it says itself */
	uint64_t unmatched;         /* exits that were counted but whose end was never seen */
	uint64_t first_ns, last_ns; /* earliest and latest of the events, by the trace's clock */
};

/*
 * Reads a trace.dat or perf.data; tid: that thread's events only, 0: all. Returns 0 or what
 * trace_file_read() does, and then out holds nothing.
 */
int trace_import_read(const char *path, pid_t tid, struct trace_import *out);

#endif
