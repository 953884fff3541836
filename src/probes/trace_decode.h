/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the raw bytes of a tracepoint's hit to a struct trace_record, by the event
 * formats that came with the trace: no layout is built in, so a trace of another
 * kernel reads as well.
 */
#ifndef FOLIO_PROBES_TRACE_DECODE_H
#define FOLIO_PROBES_TRACE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/trace_record.h"

struct tep_handle;
struct tep_event;
struct tep_format_field;

/* Where an event keeps what is wanted of it; NULL: it does not have that. */
struct trace_layout {
	const struct tep_event *event; /* NULL: the trace has no such event */
	struct tep_format_field *tid, *code, *vcpu_id, *isa;
};

struct trace_decoder {
	struct tep_handle *tep; /* borrowed */
	struct trace_layout layouts[TRACE_EVENTS_N];
	const struct tep_event *begin, *end; /* of marks; NULL: there are none */
};

/* Finds the layouts. tep knows the formats already, and stays the caller's. */
void trace_decoder_init(struct trace_decoder *decoder, struct tep_handle *tep);

struct trace_marks;

/* Likewise, for trace_decode_mark(). */
void trace_decoder_find_marks(struct trace_decoder *decoder, const struct trace_marks *marks);

/* Is the hit, of size bytes at data, one of the marks? Then out holds it. */
bool trace_decode_mark(const struct trace_decoder *decoder, void *data, size_t size,
		       uint64_t time_ns, uint32_t cpu, struct trace_record *out);

/*
 * Decodes one hit: size bytes at data, the common fields first. Returns 1; 0 when it
 * is none of the events that probes know; -EBADMSG when it is shorter than its format says.
 */
int trace_decode(const struct trace_decoder *decoder, void *data, size_t size, uint64_t time_ns,
		 struct trace_record *out);

#endif
