/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a trace's records to exits and how long they took. A thread runs one vCPU at a
 * time, so what begins on a thread ends on it:
 *
 *   kvm_exit                         to the next kvm_entry
 *   kvm_vmgexit_enter                to the kvm_vmgexit_exit of the same exit code
 *   kvm_vmgexit_msr_protocol_enter   to kvm_vmgexit_msr_protocol_exit
 *   kvm_userspace_exit               to the return to KVM: kvm_fpu's load, or kvm_entry
 *
 * and where the events carry a vCPU, its number has to agree. What has no end, because
 * the next one begins or the trace ends, counts as an exit without a time and as unmatched.
 * All other events are counted in rows of their own.
 */
#ifndef FOLIO_PROBES_PAIRING_H
#define FOLIO_PROBES_PAIRING_H

#include <stdint.h>

#include "probes/exit_table.h"
#include "probes/trace_record.h"

struct paired_thread;

/* Zeroed but for isa: empty. */
struct pairing {
	enum trace_isa isa; /* of a kvm_exit that does not say: older kernels' */
	struct paired_thread *threads;
	size_t n_threads, capacity;
	uint64_t events;    /* records that were taken */
	uint64_t unmatched; /* exits whose end was not seen; those still open are not in it */
};

/*
 * Takes the next record; a thread's have to come in the order of their times. Counts
 * and times go to table. Returns 0 or -ENOMEM.
 */
int pairing_add(struct pairing *pairing, const struct trace_record *record,
		struct exit_table *table);

/* Exits that have begun and not ended: unmatched, should nothing more come. */
uint64_t pairing_open_exits(const struct pairing *pairing);

/* Frees what it holds; the table stays. */
void pairing_free(struct pairing *pairing);

#endif
