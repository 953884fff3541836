/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/trace_decode.h"

#include <errno.h>
#include <traceevent/event-parse.h>

#include "probes/trace_file.h"

/* The fields that become struct trace_record's code. */
static const char *const code_fields[TRACE_EVENTS_N] = {
	[TRACE_KVM_EXIT] = "exit_reason",
	[TRACE_KVM_USERSPACE_EXIT] = "reason",
	[TRACE_KVM_FPU] = "load",
	[TRACE_KVM_MMIO] = "type",
	[TRACE_KVM_VMGEXIT_ENTER] = "exit_reason",
	[TRACE_KVM_VMGEXIT_EXIT] = "exit_reason",
	[TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER] = "ghcb_gpa",
	[TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT] = "ghcb_gpa",
};

void
trace_decoder_init(struct trace_decoder *decoder, struct tep_handle *tep)
{
	*decoder = (struct trace_decoder){.tep = tep};
	for (size_t i = 0; i < TRACE_EVENTS_N; i++) {
		struct tep_event *event =
			tep_find_event_by_name(tep, trace_event_group(i), trace_event_name(i));

		if (!event)
			continue;
		decoder->layouts[i] = (struct trace_layout){
			.event = event,
			.tid = tep_find_common_field(event, "common_pid"),
			.code = code_fields[i] ? tep_find_field(event, code_fields[i]) : NULL,
			.vcpu_id = tep_find_field(event, "vcpu_id"),
			.isa = tep_find_field(event, "isa"),
		};
	}
}

void
trace_decoder_find_marks(struct trace_decoder *decoder, const struct trace_marks *marks)
{
	decoder->begin = tep_find_event_by_name(decoder->tep, NULL, marks->begin);
	decoder->end = tep_find_event_by_name(decoder->tep, NULL, marks->end);
}

bool
trace_decode_mark(const struct trace_decoder *decoder, void *data, size_t size, uint64_t time_ns,
		  uint32_t cpu, struct trace_record *out)
{
	struct tep_record raw = {.data = data, .size = (int)size};
	bool begins, ends;
	int id;

	if (size < sizeof(uint16_t))
		return false;
	id = tep_data_type(decoder->tep, &raw);
	begins = decoder->begin && decoder->begin->id == id;
	ends = decoder->end && decoder->end->id == id;
	*out = (struct trace_record){
		.time_ns = time_ns,
		.vcpu_id = cpu,
		.event = begins ? TRACE_RECORD_MARK_BEGIN : TRACE_RECORD_MARK_END,
	};
	return begins || ends;
}

/* Reads a number that lies wholly within the record; what the event lacks is none. */
static int
read_number(struct tep_format_field *field, void *data, size_t size, uint64_t none, uint64_t *out)
{
	unsigned long long value;

	*out = none;
	if (!field)
		return 0;
	if (field->offset < 0 || field->size <= 0 ||
	    (size_t)field->offset + (size_t)field->size > size ||
	    tep_read_number_field(field, data, &value) != 0)
		return -EBADMSG;
	*out = value;
	return 0;
}

int
trace_decode(const struct trace_decoder *decoder, void *data, size_t size, uint64_t time_ns,
	     struct trace_record *out)
{
	struct tep_record raw = {.data = data, .size = (int)size};
	uint64_t tid, code, vcpu_id, isa;
	size_t i = 0;
	int id;

	if (size < sizeof(uint16_t)) /* common_type, which tells the event */
		return -EBADMSG;
	id = tep_data_type(decoder->tep, &raw);
	while (i < TRACE_EVENTS_N &&
	       !(decoder->layouts[i].event && decoder->layouts[i].event->id == id))
		i++;
	if (i == TRACE_EVENTS_N)
		return 0;

	const struct trace_layout *layout = &decoder->layouts[i];

	if (read_number(layout->tid, data, size, 0, &tid) ||
	    read_number(layout->code, data, size, 0, &code) ||
	    read_number(layout->vcpu_id, data, size, TRACE_VCPU_UNKNOWN, &vcpu_id) ||
	    read_number(layout->isa, data, size, TRACE_ISA_UNKNOWN, &isa))
		return -EBADMSG;
	*out = (struct trace_record){
		.time_ns = time_ns,
		.code = code,
		.tid = (int32_t)tid,
		.vcpu_id = (uint32_t)vcpu_id,
		.event = (uint32_t)i,
		.isa = (uint32_t)isa,
	};
	return 1;
}
