/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * perf.data, by `perf script`, which prints one line for each hit:
 *
 *   18864 22242.819430763: kvm:kvm_userspace_exit: reason KVM_EXIT_IO (2)
 *
 * The text behind the event's name is what the recording kernel's format makes of the
 * fields. Reasons are looked up by name; where a line of a known event cannot be understood,
 * it is counted as lost.
 */
#ifndef FOLIO_PROBES_PERF_DATA_H
#define FOLIO_PROBES_PERF_DATA_H

#include <stdbool.h>

#include "probes/trace_file.h"

extern const struct trace_file_format perf_data_format;

/*
 * Reads one line, its newline taken off; *isa is the last one that a name told, for those
 * that have none. Returns whether out holds a record or a loss: false for other lines.
 */
bool perf_line_read(const char *line, enum trace_isa *isa, struct trace_record *out);

/*
 * The same of a line that tells the CPU too, "18864 [002] 22242.819430763: probe:folio_vc_enter: ...":
 * false for all but the marks and losses.
 */
bool perf_mark_line_read(const char *line, const struct trace_marks *marks,
			 struct trace_record *out);

#endif
