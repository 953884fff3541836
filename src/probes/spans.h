/* SPDX-License-Identifier: BSD-3-Clause */
/* What began and ended on a vCPU, in a trace: VMGEXITs of a host's, or a guest's between two marks. */
#ifndef FOLIO_PROBES_SPANS_H
#define FOLIO_PROBES_SPANS_H

#include <stddef.h>
#include <stdint.h>

#include "probes/exit_space.h"
#include "probes/trace_file.h"

struct span {
	uint32_t vcpu_id;
	enum exit_space space; /* and code: of a VMGEXIT's reason */
	uint64_t code;
	int64_t begin_ns, end_ns; /* by the trace's clock */
};

struct spans {
	struct span *at; /* for free() */
	size_t n;
	uint64_t lost; /* events, as the trace says itself */
};

/* By vCPU, and by where they begin: for qsort(). */
int span_compare(const void *left, const void *right);

/*
 * Reads those that end, too, sorted. marks: NULL for VMGEXITs. Returns 0 or what
 * trace_file_read() does; spans wants free() in any case.
 */
int spans_read(const char *path, const struct trace_marks *marks, struct spans *spans);

#endif
