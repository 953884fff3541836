// SPDX-License-Identifier: (BSD-3-Clause OR GPL-2.0-only)
/*
 * KVM's exits, counted and timed in the kernel. One program per tracepoint, twice where both
 * can be: for BTF tracepoints (the arguments as they are, the cheapest) and for
 * classic ones (the record's fields, whose places user space found in tracefs). User space loads
 * those that the kernel has. Both variants call one handler.
 *
 * No type of the kernel's is used: the arguments that are read are numbers, and a decoded field's
 * place comes from its format. So the object needs no kernel headers, and is the same for every
 * kernel.
 */
#include "probes/exits_count.bpf.h"

/*
 * What a program on a classic tracepoint returns: 0 would take the event away from everyone else
 * who counts or records it by perf_event_open().
 */
#define PASS_ON 1

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Counted events: nothing of them is read. */
#define COUNTED(tag, group, name)                                                                  \
	SEC("tp_btf/" #name) int btf_##name(void *record)                                          \
	{                                                                                          \
		return on_event(TRACE_##tag);                                                      \
	}                                                                                          \
	SEC("tracepoint/" #group "/" #name) int classic_##name(void *record)                       \
	{                                                                                          \
		on_event(TRACE_##tag);                                                             \
		return PASS_ON;                                                                    \
	}

COUNTED(KVM_PIO, kvm, kvm_pio)
COUNTED(KVM_FAST_MMIO, kvm, kvm_fast_mmio)
COUNTED(KVM_MSR, kvm, kvm_msr)
COUNTED(KVM_CPUID, kvm, kvm_cpuid)
COUNTED(KVM_HYPERCALL, kvm, kvm_hypercall)
COUNTED(KVM_PAGE_FAULT, kvm, kvm_page_fault)
COUNTED(KVM_HALT_POLL_NS, kvm, kvm_halt_poll_ns)
COUNTED(KVM_RMP_FAULT, kvm, kvm_rmp_fault)
COUNTED(SWIOTLB_BOUNCED, swiotlb, swiotlb_bounced)
COUNTED(IOMMU_MAP, iommu, map)
COUNTED(IOMMU_UNMAP, iommu, unmap)
COUNTED(TLB_FLUSH, tlb, tlb_flush)

/* A read that user space is to complete comes again when it is: KVM_TRACE_MMIO_READ_UNSATISFIED. */
SEC("tp_btf/kvm_mmio")
int
btf_kvm_mmio(__u64 *arguments)
{
	return (__u32)arguments[0] ? on_event(TRACE_KVM_MMIO) : 0;
}

SEC("tracepoint/kvm/kvm_mmio")
int
classic_kvm_mmio(void *record)
{
	if (field(record, EXITS_BPF_MMIO_TYPE, 4))
		on_event(TRACE_KVM_MMIO);
	return PASS_ON;
}

/* The arguments are a vCPU and its kind; the reason is only in the decoded record. */
SEC("tracepoint/kvm/kvm_exit")
int
classic_kvm_exit(void *record)
{
	on_exit(field(record, EXITS_BPF_EXIT_ISA, 4),
		       field(record, EXITS_BPF_EXIT_REASON, 4),
		       field(record, EXITS_BPF_EXIT_VCPU, 4));
	return PASS_ON;
}

SEC("tp_btf/kvm_entry")
int
btf_kvm_entry(void *arguments)
{
	return on_end(TRACE_KVM_ENTRY, EXITS_BPF_PAIR_EXIT);
}

SEC("tracepoint/kvm/kvm_entry")
int
classic_kvm_entry(void *record)
{
	on_end(TRACE_KVM_ENTRY, EXITS_BPF_PAIR_EXIT);
	return PASS_ON;
}

SEC("tp_btf/kvm_userspace_exit")
int
btf_kvm_userspace_exit(__u64 *arguments)
{
	return on_begin(TRACE_KVM_USERSPACE_EXIT, EXITS_BPF_PAIR_USERSPACE, EXIT_SPACE_USERSPACE,
			(__u32)arguments[0]);
}

SEC("tracepoint/kvm/kvm_userspace_exit")
int
classic_kvm_userspace_exit(void *record)
{
	on_begin(TRACE_KVM_USERSPACE_EXIT, EXITS_BPF_PAIR_USERSPACE, EXIT_SPACE_USERSPACE,
			field(record, EXITS_BPF_USERSPACE_REASON, 4));
	return PASS_ON;
}

/* KVM_RUN loads the guest's FPU state as it begins: user space is done with the exit. */
SEC("tp_btf/kvm_fpu")
int
btf_kvm_fpu(__u64 *arguments)
{
	return (__u32)arguments[0] ? on_end(TRACE_KVM_FPU, EXITS_BPF_PAIR_USERSPACE) : 0;
}

SEC("tracepoint/kvm/kvm_fpu")
int
classic_kvm_fpu(void *record)
{
	if (field(record, EXITS_BPF_FPU_LOAD, 4))
		on_end(TRACE_KVM_FPU, EXITS_BPF_PAIR_USERSPACE);
	return PASS_ON;
}

SEC("tracepoint/kvm/kvm_vmgexit_enter")
int
classic_kvm_vmgexit_enter(void *record)
{
	on_begin(TRACE_KVM_VMGEXIT_ENTER, EXITS_BPF_PAIR_VMGEXIT, EXIT_SPACE_GHCB,
			field(record, EXITS_BPF_VMGEXIT_REASON, 8));
	return PASS_ON;
}

SEC("tracepoint/kvm/kvm_vmgexit_exit")
int
classic_kvm_vmgexit_exit(void *record)
{
	on_end(TRACE_KVM_VMGEXIT_EXIT, EXITS_BPF_PAIR_VMGEXIT);
	return PASS_ON;
}

/* GHCB specification, 2.3.1: bits 11:0 of the MSR are the request. */
SEC("tracepoint/kvm/kvm_vmgexit_msr_protocol_enter")
int
classic_kvm_vmgexit_msr_protocol_enter(void *record)
{
	on_begin(TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER, EXITS_BPF_PAIR_VMGEXIT,
			EXIT_SPACE_MSR_PROTOCOL,
			field(record, EXITS_BPF_MSR_PROTOCOL_GPA, 8) & 0xfff);
	return PASS_ON;
}

SEC("tracepoint/kvm/kvm_vmgexit_msr_protocol_exit")
int
classic_kvm_vmgexit_msr_protocol_exit(void *record)
{
	on_end(TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT, EXITS_BPF_PAIR_VMGEXIT);
	return PASS_ON;
}

/*
 * For the tracer's own cost: the same work at an event that user space makes at will, a
 * thread's new name; begin and end in turns. What is counted goes under a code that no exit has.
 */
static always_inline int
on_rename(void)
{
	__u64 ids = current_ids();
	struct exits_bpf_thread *thread;

	if (!is_wanted_thread(ids))
		return 0;
	thread = bpf_map_lookup_elem(&threads, &ids);
	if (thread && thread->open[EXITS_BPF_PAIR_EXIT].start_ns)
		return on_end(TRACE_KVM_ENTRY, EXITS_BPF_PAIR_EXIT);
	return on_begin(TRACE_KVM_EXIT, EXITS_BPF_PAIR_EXIT, EXIT_SPACE_SVM, ~0ull);
}

SEC("tp_btf/task_rename")
int
btf_task_rename(void *arguments)
{
	return on_rename();
}

SEC("tracepoint/task/task_rename")
int
classic_task_rename(void *record)
{
	on_rename();
	return PASS_ON;
}
