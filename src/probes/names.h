/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a row of an exit table is called. The same number means one thing to SVM,
 * another to VMX and a third to the GHCB, so a name says whose it is: "svm:npf",
 * "vmx:ept_violation", "ghcb:page_state_change", "msr-protocol:cpuid_request", "user:io",
 * "kvm:kvm_pio" (a tracepoint, as perf writes it), "stat:exits". What the datapath's exit
 * engine counts has its bare name, "doorbell". A code that has no name prints as its
 * number, "svm:0x123": it is never dropped.
 */
#ifndef FOLIO_PROBES_NAMES_H
#define FOLIO_PROBES_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/exit_table.h"

#define EXIT_NAME_BYTES 64

/* Writes the name of a code (not of STATISTIC and EMULATED ones: their rows hold it). Returns buf. */
const char *exit_code_name(enum exit_space space, uint64_t code, char *buf, size_t size);

/* Writes a row's name. Returns buf. */
const char *exit_row_name(const struct exit_row *row, char *buf, size_t size);

/*
 * The code that the kernel's texts mean by a name, as its trace formats print it:
 * "npf", "EPT_VIOLATION", "KVM_EXIT_IO" (SVM, VMX and USERSPACE only). false: no such name.
 */
bool exit_code_of_name(enum exit_space space, const char *kernel_name, uint64_t *code);

/*
 * What a row counts, out of what the kernel hands over: VMX's exit reason without its
 * flags, the MSR protocol's request without its data.
 */
uint64_t exit_code_basic(enum exit_space space, uint64_t code);

#endif
