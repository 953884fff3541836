/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/spans.h"

#include <errno.h>
#include <stdlib.h>

#include "probes/names.h"

/* CPUs of one VM: KVM_MAX_VCPUS of the kernel's arch/x86/include/asm/kvm_host.h is no more. */
#define VCPUS_MAX 4096

/* Times beyond that, of 73 years, are no clock's. */
#define TIME_MAX_NS (1ull << 61)

#define NOT_ENDED (-1)

struct reading {
	struct spans *spans;
	size_t capacity;
	size_t open[VCPUS_MAX]; /* 1 + the place of the one that has begun; 0: none has */
};

static int
grow(struct reading *reading)
{
	size_t capacity = reading->capacity ? 2 * reading->capacity : 1024;
	struct span *at = reallocarray(reading->spans->at, capacity, sizeof(*at));

	if (!at)
		return -ENOMEM;
	reading->spans->at = at;
	reading->capacity = capacity;
	return 0;
}

static int
begin_span(struct reading *reading, const struct trace_record *record, enum exit_space space)
{
	struct spans *spans = reading->spans;

	if (record->vcpu_id >= VCPUS_MAX)
		return 0;
	if (spans->n == reading->capacity && grow(reading))
		return -ENOMEM;
	spans->at[spans->n++] = (struct span){
		.vcpu_id = record->vcpu_id,
		.space = space,
		.code = exit_code_basic(space, record->code),
		.begin_ns = (int64_t)record->time_ns,
		.end_ns = NOT_ENDED,
	};
	reading->open[record->vcpu_id] = spans->n;
	return 0;
}

static int
end_span(struct reading *reading, const struct trace_record *record)
{
	size_t place = record->vcpu_id < VCPUS_MAX ? reading->open[record->vcpu_id] : 0;

	if (!place)
		return 0;
	reading->spans->at[place - 1].end_ns = (int64_t)record->time_ns;
	reading->open[record->vcpu_id] = 0;
	return 0;
}

static int
take(void *arg, const struct trace_record *record)
{
	struct reading *reading = arg;

	if (record->time_ns > TIME_MAX_NS)
		return 0;
	switch (record->event) {
	case TRACE_RECORD_LOST:
		reading->spans->lost += record->code;
		return 0;
	case TRACE_KVM_VMGEXIT_ENTER:
		return begin_span(reading, record, EXIT_SPACE_GHCB);
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER:
		return begin_span(reading, record, EXIT_SPACE_MSR_PROTOCOL);
	case TRACE_RECORD_MARK_BEGIN:
		return begin_span(reading, record, EXIT_SPACE_EVENT);
	case TRACE_KVM_VMGEXIT_EXIT:
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT:
	case TRACE_RECORD_MARK_END:
		return end_span(reading, record);
	default:
		return 0;
	}
}

int
span_compare(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->vcpu_id != b->vcpu_id)
		return a->vcpu_id < b->vcpu_id ? -1 : 1;
	return (a->begin_ns > b->begin_ns) - (a->begin_ns < b->begin_ns);
}

/* What has no end goes; the rest is sorted. */
static void
settle(struct spans *spans)
{
	size_t n = 0;

	for (size_t i = 0; i < spans->n; i++)
		if (spans->at[i].end_ns >= spans->at[i].begin_ns)
			spans->at[n++] = spans->at[i];
	spans->n = n;
	if (n)
		qsort(spans->at, n, sizeof(spans->at[0]), span_compare);
}

int
spans_read(const char *path, const struct trace_marks *marks, struct spans *spans)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	const struct trace_taker taker = {.take = take, .arg = reading, .marks = marks};
	int err;

	*spans = (struct spans){0};
	if (!reading)
		return -ENOMEM;
	reading->spans = spans;
	err = trace_file_read(path, &taker);
	free(reading);
	settle(spans);
	return err;
}
