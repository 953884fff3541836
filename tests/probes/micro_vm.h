/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest VM that exits: one vCPU in real mode, whose code does one thing so many times and
 * halts. User space answers what comes to it.
 */
#ifndef FOLIO_TESTS_MICRO_VM_H
#define FOLIO_TESTS_MICRO_VM_H

#include <stdint.h>

enum micro_vm_kind {
	MICRO_VM_OUT,        /* port write, answered by user space */
	MICRO_VM_IN,         /* port read, answered by user space */
	MICRO_VM_MMIO_WRITE, /* to an address without memory */
	MICRO_VM_MMIO_READ,
	MICRO_VM_HALT,
	MICRO_VM_DOORBELL, /* port write into an ioeventfd: the kernel's alone */
	MICRO_VM_CPUID,    /* the kernel's alone */
	MICRO_VM_KINDS,
};

struct micro_vm {
	int kvm, vm, vcpu, doorbell;
	void *memory;
	struct kvm_run *run;
	uint32_t run_bytes;
	uint64_t *waits_ns; /* NULL, or gets how long each answer really took */
};

/* Returns 0 or -errno: this machine or user has no KVM. */
int micro_vm_open(struct micro_vm *vm);
void micro_vm_close(struct micro_vm *vm);

/*
 * Makes that many exits of that kind, and one halt at the end. User space spins for
 * answer_ns before it answers each. Returns 0, or -errno: what came was not that.
 */
int micro_vm_exit(struct micro_vm *vm, enum micro_vm_kind kind, uint32_t times, uint64_t answer_ns);

#endif
