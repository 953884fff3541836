/* SPDX-License-Identifier: BSD-3-Clause */
/* One hit of a tracepoint that probes know, whatever kind of trace it comes from. */
#ifndef FOLIO_PROBES_TRACE_RECORD_H
#define FOLIO_PROBES_TRACE_RECORD_H

#include <stdint.h>

#include "probes/events.h"

/* What kvm_exit's field isa holds: the kernel's KVM_ISA_VMX and KVM_ISA_SVM. */
enum trace_isa { TRACE_ISA_UNKNOWN, TRACE_ISA_VMX, TRACE_ISA_SVM };

#define TRACE_VCPU_UNKNOWN UINT32_MAX

/* In place of an event: code is the number of events that are missing here. */
#define TRACE_RECORD_LOST TRACE_EVENTS_N

/* In place of an event, too: one that the taker named. vcpu_id is the CPU that it came on. */
#define TRACE_RECORD_MARK_BEGIN (TRACE_EVENTS_N + 1)
#define TRACE_RECORD_MARK_END (TRACE_EVENTS_N + 2)

struct trace_record {
	uint64_t time_ns;
	/* Why: exit_reason, reason, ghcb_gpa; of kvm_fpu load, of kvm_mmio type; else 0. */
	uint64_t code;
	int32_t tid;      /* the thread: that of the vCPU */
	uint32_t vcpu_id; /* within its VM; TRACE_VCPU_UNKNOWN where the event has none */
	uint32_t event;   /* enum trace_event, or TRACE_RECORD_* */
	uint32_t isa;     /* enum trace_isa, of kvm_exit */
};

static inline struct trace_record
trace_record_lost(uint64_t time_ns, uint64_t n)
{
	return (struct trace_record){.time_ns = time_ns, .code = n, .event = TRACE_RECORD_LOST};
}

#endif
