/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the micro-VM's guest code (kvm_guest.S) and the side that runs it (kvm_vm.c)
 * agree upon: where things lie in guest memory, and how a request is written. Plain
 * constants, for the assembler too.
 */
#ifndef FOLIO_DATAPATH_KVM_GUEST_H
#define FOLIO_DATAPATH_KVM_GUEST_H

/* Guest-physical; also linear, as the first 2 MiB are mapped one to one. */
#define GUEST_REQUEST 0x0000 /* which exit to make */
#define GUEST_PML4 0x1000
#define GUEST_PDPT 0x2000
#define GUEST_PD 0x3000
#define GUEST_GDT 0x4000
#define GUEST_IDT 0x5000
#define GUEST_GHCB 0x6000
#define GUEST_STACK_TOP 0x8000
#define GUEST_CODE 0x8000
#define GUEST_MEMORY_BYTES 0x9000

/* Mapped, but no memory is behind them: a write is an MMIO exit. */
#define GUEST_DOORBELL 0x100000
#define GUEST_EVENT_DOORBELL 0x100004 /* an ioeventfd */

/* Not mapped: touching it is what stands for the instruction that raises #VC. */
#define GUEST_UNMAPPED 0x200000

/* Nothing of a PC's is at this port. */
#define GUEST_PORT 0xf0

#define GUEST_CODE_SELECTOR 0x08
#define GUEST_DATA_SELECTOR 0x10
#define GUEST_TASK_SELECTOR 0x18

/* The request, 8 bytes each: where the code lies that leaves, and what the GHCB is to say. */
#define REQUEST_LEAVE 0x00
#define REQUEST_EXIT_CODE 0x08
#define REQUEST_INFO_1 0x10
#define REQUEST_INFO_2 0x18

/*
 * The GHCB's fields, as AMD's "SEV-ES Guest-Hypervisor Communication Block
 * Standardization" (56421), section 2.6, lays it out. A bit of the bitmap says that
 * the 8 bytes of that number are valid.
 */
#define GHCB_SW_EXITCODE 0x390
#define GHCB_SW_EXITINFO1 0x398
#define GHCB_SW_EXITINFO2 0x3a0
#define GHCB_VALID_BITMAP 0x3f0
#define GHCB_VALID_BYTE (GHCB_VALID_BITMAP + GHCB_SW_EXITCODE / 8 / 8)
#define GHCB_VALID_BITS (7 << (GHCB_SW_EXITCODE / 8 % 8))

#endif
