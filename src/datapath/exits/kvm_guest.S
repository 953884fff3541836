/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs in the micro-VM (kvm_vm.c): 64-bit code in ring 0, kept as data here and
 * copied to GUEST_CODE. Each time the vCPU is run it makes one exit, as an SNP guest
 * does: an instruction raises an exception, whose handler tells the hypervisor why
 * through the GHCB, and exits. The stand-in for #VC is a page fault: like #VC it
 * pushes an error code, and it reaches the guest without an exit of its own where
 * nested paging is used (#UD does not: KVM intercepts it).
 *
 * The vCPU is parked behind the instruction that exits, in the handler. When it is
 * run again the handler's return comes first, to the instruction that faulted, which
 * faults again: that is the next #VC.
 *
 * Few instructions, as there are hypervisors that interpret each of them.
 */
#include "datapath/exits/kvm_guest.h"

	.section .rodata
	.balign	16
	.globl	kvm_guest_start, kvm_guest_fault, kvm_guest_end
	.globl	kvm_guest_pio, kvm_guest_mmio, kvm_guest_ioeventfd, kvm_guest_hlt
	.hidden	kvm_guest_start, kvm_guest_fault, kvm_guest_end
	.hidden	kvm_guest_pio, kvm_guest_mmio, kvm_guest_ioeventfd, kvm_guest_hlt
	.code64

kvm_guest_start:
	movl	%eax, GUEST_UNMAPPED		/* "#VC" */

/* On the stack: error code, rip, cs, rflags, rsp, ss. */
kvm_guest_fault:
	/* SW_EXITCODE, SW_EXITINFO1 and SW_EXITINFO2, and that they hold something */
	movl	$GUEST_REQUEST + REQUEST_EXIT_CODE, %esi
	movl	$GUEST_GHCB + GHCB_SW_EXITCODE, %edi
	movl	$3, %ecx
	rep	movsq
	movb	$GHCB_VALID_BITS, GUEST_GHCB + GHCB_VALID_BYTE
	jmp	*GUEST_REQUEST + REQUEST_LEAVE	/* one of the exits below */
back:
	addq	$8, %rsp			/* the error code */
	iretq

kvm_guest_pio:
	outl	%eax, $GUEST_PORT
	jmp	back

kvm_guest_mmio:
	movl	%eax, GUEST_DOORBELL
	jmp	back

/* The kernel takes the event and goes on with the guest, which another exit has to park. */
kvm_guest_ioeventfd:
	movl	%eax, GUEST_EVENT_DOORBELL
kvm_guest_hlt:
	hlt
	jmp	back
kvm_guest_end:

	.section .note.GNU-stack, "", @progbits
