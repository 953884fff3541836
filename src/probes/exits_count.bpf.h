/* SPDX-License-Identifier: (BSD-3-Clause OR GPL-2.0-only) */
/*
 * What the programs of exits.bpf.c have in common: whose events are wanted, and how an event is
 * counted, an exit begun and an exit ended. Maps and choices are defined here, so one
 * object includes it.
 *
 * An exit is counted when it begins. It is timed when its thread, which is its vCPU, shows the
 * event that ends it: an end without a begin is nothing, a begin without an end stays untimed.
 * A reason gets a slot of the per-CPU counters when it is first seen.
 */
#ifndef FOLIO_PROBES_EXITS_COUNT_BPF_H
#define FOLIO_PROBES_EXITS_COUNT_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#include "probes/exit_space.h"
#include "probes/exits_bpf.h"

#define always_inline inline __attribute__((always_inline))

/* Set before loading: what does not apply is gone from the loaded program. */
const volatile __u32 filter_pid, filter_tid;
const volatile __s32 filter_vcpu = -1;
const volatile __u64 pid_namespace_dev, pid_namespace_ino; /* 0: that of the whole machine */
const volatile __u32 field_at[EXITS_BPF_FIELDS];
const volatile __u32 with_records, with_area;

__u32 slots_taken;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXITS_BPF_SLOTS);
	__type(key, struct exits_bpf_key);
	__type(value, __u32);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EXITS_BPF_SLOTS);
	__type(key, __u32);
	__type(value, struct exits_bpf_slot);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EXIT_AREA_SETS);
	__type(key, __u32);
	__type(value, struct exits_bpf_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, EXITS_BPF_THREADS);
	__type(key, __u64); /* process and thread */
	__type(value, struct exits_bpf_thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* Where emulated exits are counted; given by user space, with its own size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct exit_area_head);
} area SEC(".maps");

static always_inline struct exit_area_head *
area_head(void)
{
	__u32 zero = 0;

	return with_area ? bpf_map_lookup_elem(&area, &zero) : 0;
}

static always_inline __u32
current_set(void)
{
	struct exit_area_head *head = area_head();

	return head ? head->set & (EXIT_AREA_SETS - 1) : 0;
}

/* Process and thread as the filter's numbers mean them. */
static always_inline __u64
current_ids(void)
{
	struct bpf_pidns_info ids = {};

	if (!pid_namespace_ino)
		return bpf_get_current_pid_tgid();
	bpf_get_ns_current_pid_tgid(pid_namespace_dev, pid_namespace_ino, &ids, sizeof(ids));
	return (__u64)ids.tgid << 32 | ids.pid;
}

static always_inline int
counts_in_area(__u32 pid)
{
	struct exit_area_head *head = area_head();

	return head && (pid == head->pids[0] || pid == head->pids[1] || pid == head->pids[2] ||
			pid == head->pids[3]);
}

static always_inline int
is_wanted_thread(__u64 ids)
{
	return (!with_area || counts_in_area(ids >> 32)) &&
	       (!filter_pid || filter_pid == ids >> 32) &&
	       (!filter_tid || filter_tid == (__u32)ids);
}

/* Which vCPU a thread is, kvm_exit says; before the first one nothing is its. */
static always_inline int
is_wanted_vcpu(__u64 ids)
{
	struct exits_bpf_thread *thread;

	if (filter_vcpu < 0)
		return 1;
	thread = bpf_map_lookup_elem(&threads, &ids);
	return thread && thread->known && thread->vcpu == filter_vcpu;
}

static always_inline struct exits_bpf_totals *
core_totals(void)
{
	__u32 set = current_set();

	return bpf_map_lookup_elem(&totals, &set);
}

static always_inline void
count_event(enum trace_event event)
{
	struct exits_bpf_totals *all = core_totals();

	if (all)
		all->events[event]++;
}

static always_inline void
count_lost(void)
{
	struct exits_bpf_totals *all = core_totals();

	if (all)
		all->lost++;
}

/* Two cores that see a reason first at the same time: one's slot stays empty. */
static always_inline __u32
slot_of(__u32 space, __u64 code)
{
	struct exits_bpf_key key = {.code = code, .space = space, .set = current_set()};
	__u32 *known = bpf_map_lookup_elem(&slots, &key), taken;

	if (known)
		return *known;
	if (slots_taken >= EXITS_BPF_SLOTS)
		return EXITS_BPF_SLOTS;
	taken = __sync_fetch_and_add(&slots_taken, 1);
	if (taken >= EXITS_BPF_SLOTS)
		return EXITS_BPF_SLOTS;
	if (!bpf_map_update_elem(&slots, &key, &taken, BPF_NOEXIST))
		return taken;
	known = bpf_map_lookup_elem(&slots, &key);
	return known ? *known : EXITS_BPF_SLOTS;
}

static always_inline void
write_record(__u64 ids, __u32 space, __u64 code, __u64 end_ns, __u64 duration_ns)
{
	struct exits_bpf_record *record;
	struct exits_bpf_totals *all;

	if (!with_records)
		return;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		all = core_totals();
		if (all)
			all->records_lost++;
		return;
	}
	record->end_ns = end_ns;
	record->duration_ns = duration_ns;
	record->code = code;
	record->space = space;
	record->pid = ids >> 32;
	record->tid = (__u32)ids;
	record->zero = 0;
	bpf_ringbuf_submit(record, 0);
}

static always_inline struct exits_bpf_thread *
thread_of(__u64 ids)
{
	struct exits_bpf_thread *thread = bpf_map_lookup_elem(&threads, &ids);
	static const struct exits_bpf_thread fresh;

	if (thread)
		return thread;
	bpf_map_update_elem(&threads, &ids, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads, &ids);
}

static always_inline int
begin(__u64 ids, enum exits_bpf_pair pair, __u32 space, __u64 code)
{
	__u32 slot = slot_of(space, code);
	struct exits_bpf_slot *counter = bpf_map_lookup_elem(&counters, &slot);
	struct exits_bpf_thread *thread;

	if (!counter) {
		count_lost();
		return 0;
	}
	counter->count++;
	thread = thread_of(ids);
	if (thread) {
		thread->open[pair].slot = slot;
		thread->open[pair].space = space;
		thread->open[pair].code = code;
		thread->open[pair].start_ns = bpf_ktime_get_ns();
	}
	return 0;
}

static always_inline int
end(__u64 ids, enum exits_bpf_pair pair)
{
	struct exits_bpf_thread *thread = bpf_map_lookup_elem(&threads, &ids);
	struct exits_bpf_open_exit *open;
	struct exits_bpf_slot *counter;
	__u64 now_ns, took_ns;
	__u32 bucket;

	if (!thread || !thread->open[pair].start_ns)
		return 0;
	now_ns = bpf_ktime_get_ns();
	open = &thread->open[pair];
	took_ns = now_ns - open->start_ns;
	open->start_ns = 0;
	write_record(ids, open->space, open->code, now_ns, took_ns);
	counter = bpf_map_lookup_elem(&counters, &open->slot);
	if (!counter)
		return 0;
	counter->n++;
	counter->sum_ns += took_ns;
	if (~took_ns > counter->least_ns_inverted)
		counter->least_ns_inverted = ~took_ns;
	if (took_ns > counter->max_ns)
		counter->max_ns = took_ns;
	bucket = exit_histogram_bucket(took_ns);
	if (bucket < EXIT_HISTOGRAM_BUCKETS)
		counter->counts[bucket]++;
	return 0;
}

static always_inline int
on_exit(__u32 isa, __u32 reason, __s32 vcpu)
{
	/* KVM_ISA_VMX and KVM_ISA_SVM of arch/x86/kvm/trace.h; VMX's reason has flags above bit 15. */
	__u32 space = isa == 1 ? EXIT_SPACE_VMX : EXIT_SPACE_SVM;
	__u64 ids = current_ids();

	if (!is_wanted_thread(ids))
		return 0;
	if (filter_vcpu >= 0) {
		struct exits_bpf_thread *thread = thread_of(ids);

		if (thread) {
			thread->vcpu = vcpu;
			thread->known = 1;
		}
		if (vcpu != filter_vcpu)
			return 0;
	}
	count_event(TRACE_KVM_EXIT);
	return begin(ids, EXITS_BPF_PAIR_EXIT, space, isa == 1 ? reason & 0xffff : reason);
}

static always_inline int
on_begin(enum trace_event event, enum exits_bpf_pair pair, __u32 space, __u64 code)
{
	__u64 ids = current_ids();

	if (!is_wanted_thread(ids) || !is_wanted_vcpu(ids))
		return 0;
	count_event(event);
	return begin(ids, pair, space, code);
}

static always_inline int
on_end(enum trace_event event, enum exits_bpf_pair pair)
{
	__u64 ids = current_ids();

	if (!is_wanted_thread(ids) || !is_wanted_vcpu(ids))
		return 0;
	count_event(event);
	return end(ids, pair);
}

static always_inline int
on_event(enum trace_event event)
{
	__u64 ids = current_ids();

	if (!is_wanted_thread(ids) || !is_wanted_vcpu(ids))
		return 0;
	count_event(event);
	if (with_records)
		write_record(ids, EXIT_SPACE_EVENT, event, bpf_ktime_get_ns(), 0);
	return 0;
}

static always_inline __u64
field(void *record, enum exits_bpf_field which, __u32 bytes)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, bytes, record + field_at[which]);
	return value;
}

#endif
