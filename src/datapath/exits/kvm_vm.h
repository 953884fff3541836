/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A micro-VM on the KVM device: one vCPU in 64-bit mode that runs kvm_guest.S and
 * makes one exit each time that it is run. It belongs to whoever opened it; one
 * thread at a time may run it.
 */
#ifndef FOLIO_DATAPATH_KVM_VM_H
#define FOLIO_DATAPATH_KVM_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By what the guest leaves. */
enum kvm_leave {
	KVM_LEAVE_PIO,  /* port I/O, to user space */
	KVM_LEAVE_MMIO, /* a write where no memory is, to user space */
	KVM_LEAVE_HLT,  /* HLT, to user space */
	/*
	 * A write that the kernel turns into an event, without user space. The vCPU is
	 * then parked by HLT, which is one exit more.
	 */
	KVM_LEAVE_IOEVENTFD,
	KVM_LEAVES,
};

/* What the guest writes into its GHCB: SW_EXITCODE, SW_EXITINFO1, SW_EXITINFO2. */
struct kvm_ghcb_exit {
	uint64_t code, info_1, info_2;
};

struct kvm_vm {
	int fd;
	int vcpu;
	int doorbell; /* eventfd that KVM_LEAVE_IOEVENTFD writes to; nobody listens */
	struct kvm_run *run;
	size_t run_bytes;
	uint8_t *memory; /* all of the guest's, as kvm_guest.h lays it out */
};

/*
 * What this machine lacks for a micro-VM. Returns 0; or -errno, and in why what was
 * found and what to do.
 */
int kvm_vm_lacking(char *why, size_t size);

/*
 * Makes the VM; its vCPU has not run yet. Returns 0 or -errno after log_error(). It
 * works in the process that opened it only, not in a child.
 */
int kvm_vm_open(struct kvm_vm **out);
void kvm_vm_close(struct kvm_vm *vm);

/* Has the guest make one exit. False: it left otherwise than it was asked to. */
bool kvm_vm_exit(struct kvm_vm *vm, enum kvm_leave leave, const struct kvm_ghcb_exit *exit);

#endif
