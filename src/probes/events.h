/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's tracepoints that probes know. Plain types only: BPF programs include
 * this. E(tag, group, name): group and name are those of events/<group>/<name> in tracefs, and
 * btf_trace_<name> is the name in BTF. What ends an exit stands behind what begins it: probes
 * attach from the last one on, so that no begin is seen whose end is not.
 */
#ifndef FOLIO_PROBES_EVENTS_H
#define FOLIO_PROBES_EVENTS_H

#define TRACE_EVENTS(E)                                                                            \
	E(KVM_EXIT, "kvm", "kvm_exit")                                                             \
	E(KVM_ENTRY, "kvm", "kvm_entry")                                                           \
	E(KVM_USERSPACE_EXIT, "kvm", "kvm_userspace_exit")                                         \
	E(KVM_FPU, "kvm", "kvm_fpu")                                                               \
	E(KVM_PIO, "kvm", "kvm_pio")                                                               \
	E(KVM_MMIO, "kvm", "kvm_mmio")                                                             \
	E(KVM_FAST_MMIO, "kvm", "kvm_fast_mmio")                                                   \
	E(KVM_MSR, "kvm", "kvm_msr")                                                               \
	E(KVM_CPUID, "kvm", "kvm_cpuid")                                                           \
	E(KVM_HYPERCALL, "kvm", "kvm_hypercall")                                                   \
	E(KVM_VMGEXIT_ENTER, "kvm", "kvm_vmgexit_enter")                                           \
	E(KVM_VMGEXIT_EXIT, "kvm", "kvm_vmgexit_exit")                                             \
	E(KVM_VMGEXIT_MSR_PROTOCOL_ENTER, "kvm", "kvm_vmgexit_msr_protocol_enter")                 \
	E(KVM_VMGEXIT_MSR_PROTOCOL_EXIT, "kvm", "kvm_vmgexit_msr_protocol_exit")                   \
	E(KVM_PAGE_FAULT, "kvm", "kvm_page_fault")                                                 \
	E(KVM_HALT_POLL_NS, "kvm", "kvm_halt_poll_ns")                                             \
	E(KVM_RMP_FAULT, "kvm", "kvm_rmp_fault")                                                   \
	E(SWIOTLB_BOUNCED, "swiotlb", "swiotlb_bounced")                                           \
	E(IOMMU_MAP, "iommu", "map")                                                               \
	E(IOMMU_UNMAP, "iommu", "unmap")                                                           \
	E(TLB_FLUSH, "tlb", "tlb_flush")

#define TRACE_EVENT_TAG(tag, group, name) TRACE_##tag,
enum trace_event { TRACE_EVENTS(TRACE_EVENT_TAG) TRACE_EVENTS_N };
#undef TRACE_EVENT_TAG

/* "kvm_pio", and "kvm"; NULL for what is none of ours. */
const char *trace_event_name(unsigned long long event);
const char *trace_event_group(unsigned long long event);

/*
 * Does the event stand for one exit, where hardware's exits are not reported? Of kvm_mmio, type
 * 0 (a read that user space has yet to complete) is never counted: when it is completed, it
 * comes again as type 1.
 */
_Bool trace_event_is_exit(unsigned long long event);

#endif
