/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exit as a real one: a micro-VM, parked, is run until it exits again. Each
 * engine has its own, so that each lcore has a vCPU. Which exit stands for which
 * reason, and what the guest's #VC stand-in writes into the GHCB, is the table below;
 * the doorbell's is an option.
 *
 * Where the reason's own instruction cannot be had one for one (an interrupt's
 * arrival, a time stamp, a page state change's VMGEXIT), port I/O stands for it, and
 * the GHCB says what it would have said.
 */
#include <asm/svm.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fidelity.h"
#include "datapath/config.h"
#include "datapath/exits/exit.h"
#include "datapath/exits/kvm_guest.h"
#include "datapath/exits/kvm_vm.h"

/*
 * SW_EXITINFO1 of an OUT of 4 bytes: bit 6 the size, bits 31:16 the port (AMD64
 * Architecture Programmer's Manual volume 2, 15.10.2, EXITINFO1 for IOIO intercept).
 */
#define OUT_4_BYTES (1u << 6 | GUEST_PORT << 16)

/* x2APIC's end of interrupt; SW_EXITINFO1 is 1 for WRMSR. */
#define EXIT_INFO_WRMSR 1

struct leave {
	enum kvm_leave by;
	struct kvm_ghcb_exit exit;
};

static const struct leave leaves[EXIT_REASONS] = {
	[EXIT_REASON_INTERRUPT] = {KVM_LEAVE_PIO, {.code = SVM_EXIT_INTR}},
	[EXIT_REASON_EOI] = {KVM_LEAVE_MMIO, {.code = SVM_EXIT_MSR, .info_1 = EXIT_INFO_WRMSR}},
	[EXIT_REASON_TIMESTAMP] = {KVM_LEAVE_PIO, {.code = SVM_EXIT_RDTSC}},
	[EXIT_REASON_IDLE] = {KVM_LEAVE_HLT, {.code = SVM_EXIT_HLT}},
	[EXIT_REASON_PSC] = {KVM_LEAVE_PIO, {.code = SVM_VMGEXIT_PSC}},
};

/* Info 1 and 2 of MMIO: where, and how many bytes. */
static const struct leave doorbells[] = {
	[KVM_DOORBELL_MMIO] = {KVM_LEAVE_MMIO,
			       {SVM_VMGEXIT_MMIO_WRITE, GUEST_DOORBELL, sizeof(uint32_t)}},
	[KVM_DOORBELL_PIO] = {KVM_LEAVE_PIO, {SVM_EXIT_IOIO, OUT_4_BYTES, 0}},
	[KVM_DOORBELL_IOEVENTFD] = {KVM_LEAVE_IOEVENTFD,
				    {SVM_VMGEXIT_MMIO_WRITE, GUEST_EVENT_DOORBELL,
				     sizeof(uint32_t)}},
};

struct kvm {
	struct kvm_vm *vm;
	struct leave leaves[EXIT_REASONS];
};

static int
kvm_open(const struct datapath_config *config, void **state)
{
	struct kvm *kvm = malloc(sizeof(*kvm));
	int error;

	if (!kvm)
		return -ENOMEM;
	error = kvm_vm_open(&kvm->vm);
	if (error) {
		free(kvm);
		return error;
	}
	memcpy(kvm->leaves, leaves, sizeof(kvm->leaves));
	kvm->leaves[EXIT_REASON_DOORBELL] = doorbells[config->kvm_doorbell];
	*state = kvm;
	return 0;
}

static void
kvm_close(void *state)
{
	struct kvm *kvm = state;

	kvm_vm_close(kvm->vm);
	free(kvm);
}

static bool
kvm_action(void *state, enum exit_reason reason)
{
	const struct kvm *kvm = state;
	const struct leave *leave = &kvm->leaves[reason];

	return kvm_vm_exit(kvm->vm, leave->by, &leave->exit);
}

extern const struct exit_backend exit_backend_kvm;

const struct exit_backend exit_backend_kvm = {
	.name = "kvm",
	.help = "a parked micro-VM really exits, then the rest is spun out",
	.fidelity = FIDELITY_STAND_IN,
	.lacking = kvm_vm_lacking,
	.open = kvm_open,
	.close = kvm_close,
	.action = kvm_action,
};
