/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What exits.bpf.c and bpf_exits.c share: the maps' values and the choices that are made
 * between open and load. Plain types only.
 */
#ifndef FOLIO_PROBES_EXITS_BPF_H
#define FOLIO_PROBES_EXITS_BPF_H

#include "base/exit_area_head.h"
#include "base/exit_histogram.h"
#include "probes/events.h"

/* Reasons that can be told apart; what is beyond is counted as lost. 4.3 KiB a core each. */
#define EXITS_BPF_SLOTS 128

/* vCPUs whose exits can be timed at once; the one that was seen last longest ago goes first. */
#define EXITS_BPF_THREADS 16384

/* An exit's begin and end are of the same pair. */
enum exits_bpf_pair {
	EXITS_BPF_PAIR_EXIT,      /* kvm_exit to kvm_entry */
	EXITS_BPF_PAIR_USERSPACE, /* kvm_userspace_exit to the next KVM_RUN's kvm_fpu */
	EXITS_BPF_PAIR_VMGEXIT,   /* kvm_vmgexit[_msr_protocol]_enter to its own _exit */
	EXITS_BPF_PAIRS,
};

/* Fields of classic tracepoints, by their place in the record. */
enum exits_bpf_field {
	EXITS_BPF_EXIT_REASON,
	EXITS_BPF_EXIT_ISA,
	EXITS_BPF_EXIT_VCPU,
	EXITS_BPF_USERSPACE_REASON,
	EXITS_BPF_FPU_LOAD,
	EXITS_BPF_MMIO_TYPE,
	EXITS_BPF_VMGEXIT_REASON,
	EXITS_BPF_MSR_PROTOCOL_GPA,
	EXITS_BPF_FIELDS,
};

struct exits_bpf_key {
	unsigned long long code;
	unsigned int space; /* enum exit_space */
	unsigned int set;   /* of the area of emulated exits, where there is one; else 0 */
};

/* One reason on one core. */
struct exits_bpf_slot {
	unsigned long long count;
	unsigned long long n, sum_ns;
	unsigned long long least_ns_inverted; /* ~min_ns: zero is where maps begin */
	unsigned long long max_ns;
	unsigned long long counts[EXIT_HISTOGRAM_BUCKETS];
};

/* One core and set. */
struct exits_bpf_totals {
	unsigned long long events[TRACE_EVENTS_N];
	unsigned long long lost; /* exits for which no slot was left */
	unsigned long long records_lost;
};

struct exits_bpf_open_exit {
	unsigned long long start_ns; /* 0: none is open */
	unsigned long long code;
	unsigned int slot;
	unsigned int space;
};

struct exits_bpf_thread {
	struct exits_bpf_open_exit open[EXITS_BPF_PAIRS];
	int vcpu;
	int known; /* is vcpu? */
};

/* A raw record: an exit that has ended, or an event that has no end. */
struct exits_bpf_record {
	unsigned long long end_ns; /* CLOCK_MONOTONIC */
	unsigned long long duration_ns;
	unsigned long long code;
	unsigned int space;
	unsigned int pid, tid;
	unsigned int zero;
};

#endif
