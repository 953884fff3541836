/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of exit reasons. Plain types only: BPF programs include this. */
#ifndef FOLIO_PROBES_EXIT_SPACE_H
#define FOLIO_PROBES_EXIT_SPACE_H

/* What a row's code is a number of. */
enum exit_space {
	EXIT_SPACE_SVM,          /* kvm_exit on AMD: SVM_EXIT_* of asm/svm.h */
	EXIT_SPACE_VMX,          /* kvm_exit on Intel: EXIT_REASON_* of asm/vmx.h, low 16 bits */
	EXIT_SPACE_GHCB,         /* VMGEXIT by the GHCB's sw_exit_code */
	EXIT_SPACE_MSR_PROTOCOL, /* VMGEXIT by the GHCB MSR's request, bits 11:0 */
	EXIT_SPACE_USERSPACE,    /* KVM_EXIT_* of linux/kvm.h */
	EXIT_SPACE_EVENT,        /* enum trace_event; a sign of an exit, or what one led to */
	EXIT_SPACE_STATISTIC,    /* a counter of KVM's own; the row is named */
	EXIT_SPACE_EMULATED,     /* the datapath's exit engine; the row is named */
	EXIT_SPACES,
};

#endif
