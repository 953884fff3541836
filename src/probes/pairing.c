/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads lie in a hash table with open addressing that is at most half full. Each
 * has one slot for each kind of exit that can be under way.
 */
#include "probes/pairing.h"

#include <errno.h>
#include <stdlib.h>

#include "probes/names.h"

#define THREADS_MIN 64u

enum slot_kind { SLOT_EXIT, SLOT_VMGEXIT, SLOT_MSR_PROTOCOL, SLOT_USERSPACE, SLOTS };

struct slot {
	bool open;
	enum exit_space space;
	uint32_t vcpu_id;
	uint64_t code;
	uint64_t began_ns;
};

struct paired_thread {
	bool used;
	int32_t tid;
	struct slot slots[SLOTS];
};

/* The thread's place, or the empty one where it belongs. */
static struct paired_thread *
place_of(struct paired_thread *threads, size_t capacity, int32_t tid)
{
	size_t i = ((uint32_t)tid * 2654435761u) & (capacity - 1); /* Knuth's multiplier */

	while (threads[i].used && threads[i].tid != tid)
		i = (i + 1) & (capacity - 1);
	return &threads[i];
}

static int
grow(struct pairing *pairing)
{
	size_t capacity = pairing->capacity ? pairing->capacity * 2 : THREADS_MIN;
	struct paired_thread *threads = calloc(capacity, sizeof(*threads));

	if (!threads)
		return -ENOMEM;
	for (size_t i = 0; i < pairing->capacity; i++)
		if (pairing->threads[i].used)
			*place_of(threads, capacity, pairing->threads[i].tid) = pairing->threads[i];
	free(pairing->threads);
	pairing->threads = threads;
	pairing->capacity = capacity;
	return 0;
}

static struct paired_thread *
thread_of(struct pairing *pairing, int32_t tid)
{
	struct paired_thread *thread;

	if (2 * (pairing->n_threads + 1) > pairing->capacity && grow(pairing))
		return NULL;
	thread = place_of(pairing->threads, pairing->capacity, tid);
	if (!thread->used) {
		*thread = (struct paired_thread){.used = true, .tid = tid};
		pairing->n_threads++;
	}
	return thread;
}

static int
count_one(struct exit_table *table, enum exit_space space, uint64_t code)
{
	struct exit_row *row = exit_table_row(table, space, code, NULL);

	if (!row)
		return -ENOMEM;
	row->count++;
	return 0;
}

static int
begin(struct pairing *pairing, struct slot *slot, enum exit_space space,
      const struct trace_record *record, struct exit_table *table)
{
	pairing->unmatched += slot->open;
	*slot = (struct slot){
		.open = true,
		.space = space,
		.vcpu_id = record->vcpu_id,
		.code = exit_code_basic(space, record->code),
		.began_ns = record->time_ns,
	};
	return count_one(table, space, slot->code);
}

static bool
same_vcpu(uint32_t a, uint32_t b)
{
	return a == TRACE_VCPU_UNKNOWN || b == TRACE_VCPU_UNKNOWN || a == b;
}

/* ok: whether the record fits what began. */
static int
end(struct pairing *pairing, struct slot *slot, const struct trace_record *record, bool ok,
    struct exit_table *table)
{
	struct exit_row *row;

	if (!slot->open)
		return 0;
	slot->open = false;
	if (!ok || !same_vcpu(slot->vcpu_id, record->vcpu_id) || record->time_ns < slot->began_ns) {
		pairing->unmatched++;
		return 0;
	}
	row = exit_table_row(table, slot->space, slot->code, NULL);
	if (!row)
		return -ENOMEM;
	row->latency.ns_per_tick = 1;
	exit_latency_add(&row->latency, record->time_ns - slot->began_ns);
	return 0;
}

static enum exit_space
space_of(const struct pairing *pairing, const struct trace_record *record)
{
	enum trace_isa isa = record->isa ? (enum trace_isa)record->isa : pairing->isa;

	return isa == TRACE_ISA_VMX ? EXIT_SPACE_VMX : EXIT_SPACE_SVM;
}

int
pairing_add(struct pairing *pairing, const struct trace_record *record, struct exit_table *table)
{
	struct paired_thread *thread = thread_of(pairing, record->tid);
	struct slot *slots = thread ? thread->slots : NULL;
	int err;

	if (!thread)
		return -ENOMEM;
	pairing->events++;
	switch (record->event) {
	case TRACE_KVM_EXIT:
		return begin(pairing, &slots[SLOT_EXIT], space_of(pairing, record), record, table);
	case TRACE_KVM_ENTRY:
		err = end(pairing, &slots[SLOT_USERSPACE], record, true, table);
		return err ? err : end(pairing, &slots[SLOT_EXIT], record, true, table);
	case TRACE_KVM_USERSPACE_EXIT:
		return begin(pairing, &slots[SLOT_USERSPACE], EXIT_SPACE_USERSPACE, record, table);
	case TRACE_KVM_FPU:
		return record->code ? end(pairing, &slots[SLOT_USERSPACE], record, true, table) : 0;
	case TRACE_KVM_VMGEXIT_ENTER:
		return begin(pairing, &slots[SLOT_VMGEXIT], EXIT_SPACE_GHCB, record, table);
	case TRACE_KVM_VMGEXIT_EXIT:
		return end(pairing, &slots[SLOT_VMGEXIT], record,
			   record->code == slots[SLOT_VMGEXIT].code, table);
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER:
		return begin(pairing, &slots[SLOT_MSR_PROTOCOL], EXIT_SPACE_MSR_PROTOCOL, record,
			     table);
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT:
		return end(pairing, &slots[SLOT_MSR_PROTOCOL], record, true, table);
	case TRACE_KVM_MMIO: /* a read that is not complete yet (type 0) comes again when it is */
		return record->code ? count_one(table, EXIT_SPACE_EVENT, record->event) : 0;
	default:
		return count_one(table, EXIT_SPACE_EVENT, record->event);
	}
}

uint64_t
pairing_open_exits(const struct pairing *pairing)
{
	uint64_t n = 0;

	for (size_t i = 0; i < pairing->capacity; i++)
		for (size_t j = 0; j < SLOTS; j++)
			n += pairing->threads[i].slots[j].open;
	return n;
}

void
pairing_free(struct pairing *pairing)
{
	free(pairing->threads);
	*pairing = (struct pairing){0};
}
