/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets the micro-VM up in the state in which a boot loader would leave it: paging
 * on, one 2 MiB page that maps guest-physical memory one to one, flat segments, and
 * an IDT with a page fault handler. Field layouts: AMD64 Architecture Programmer's
 * Manual volume 2, 4.8 (segment descriptors, gates), 5.3 (long-mode paging), 3.1
 * (control registers).
 *
 * There is no interrupt controller in the kernel, so that HLT goes to user space and
 * nothing but the guest's own code makes it exit. VMCALL and VMMCALL are never used:
 * where a hypervisor interprets guest code they may hang.
 */
#include "datapath/exits/kvm_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/exits/kvm_guest.h"

#define DEVICE "/dev/kvm"

#define CR0_PE (1u << 0)
#define CR0_ET (1u << 4)
#define CR0_PG (1u << 31)
#define CR4_PAE (1u << 5)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define RFLAGS_ALWAYS_ONE (1u << 1)

#define PAGE_PRESENT_WRITABLE 0x3ull
#define PAGE_LARGE 0x80ull

/* Present, ring 0; the types that long mode knows. */
#define CODE_DESCRIPTOR 0x00af9b000000ffffull
#define DATA_DESCRIPTOR 0x00cf93000000ffffull
#define INTERRUPT_GATE 0x8eull
#define VECTOR_PAGE_FAULT 14

/* Where VT-x wants three pages of its own; the value that KVM's documentation gives. */
#define TSS_ADDRESS 0xfffbd000u

extern const uint8_t kvm_guest_start[], kvm_guest_fault[], kvm_guest_end[];
extern const uint8_t kvm_guest_pio[], kvm_guest_mmio[], kvm_guest_ioeventfd[], kvm_guest_hlt[];

/* The guest's code for it, and what user space is told when the vCPU is parked. */
static const struct {
	const uint8_t *code;
	uint32_t exit_reason;
} leaves[KVM_LEAVES] = {
	[KVM_LEAVE_PIO] = {kvm_guest_pio, KVM_EXIT_IO},
	[KVM_LEAVE_MMIO] = {kvm_guest_mmio, KVM_EXIT_MMIO},
	[KVM_LEAVE_HLT] = {kvm_guest_hlt, KVM_EXIT_HLT},
	[KVM_LEAVE_IOEVENTFD] = {kvm_guest_ioeventfd, KVM_EXIT_HLT},
};

/* As it lies at GUEST_REQUEST. */
struct request {
	uint64_t leave;
	struct kvm_ghcb_exit exit;
};

_Static_assert(offsetof(struct request, leave) == REQUEST_LEAVE &&
		       offsetof(struct request, exit.code) == REQUEST_EXIT_CODE &&
		       offsetof(struct request, exit.info_1) == REQUEST_INFO_1 &&
		       offsetof(struct request, exit.info_2) == REQUEST_INFO_2,
	       "the guest reads a request as it is written");

/* Where a place in the guest's code lies in the guest's memory. */
static uint64_t
guest_address(const uint8_t *code)
{
	return GUEST_CODE + (uint64_t)(code - kvm_guest_start);
}

static int
open_device(char *why, size_t size)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC), error = errno, version;

	if (fd < 0) {
		snprintf(why, size, DEVICE ": %s; %s", strerror(error),
			 error == EACCES || error == EPERM ?
				 "be in the group kvm" :
				 "load kvm_amd or kvm_intel; in a VM: nested virtualisation");
		return -ENOTSUP;
	}
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version == KVM_API_VERSION && ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_IOEVENTFD) > 0 &&
	    ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_USER_MEMORY) > 0)
		return fd;
	snprintf(why, size,
		 DEVICE ": found interface version %d%s, allowed: version %d with ioeventfd",
		 version, version == KVM_API_VERSION ? " without ioeventfd" : "", KVM_API_VERSION);
	close(fd);
	return -ENOTSUP;
}

int
kvm_vm_lacking(char *why, size_t size)
{
	int fd = open_device(why, size);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void
write_tables(uint8_t *memory)
{
	const uint64_t handler = guest_address(kvm_guest_fault);
	uint64_t *gdt = (uint64_t *)(void *)(memory + GUEST_GDT);
	uint64_t *gate = (uint64_t *)(void *)(memory + GUEST_IDT) + 2 * VECTOR_PAGE_FAULT;

	*(uint64_t *)(void *)(memory + GUEST_PML4) = GUEST_PDPT | PAGE_PRESENT_WRITABLE;
	*(uint64_t *)(void *)(memory + GUEST_PDPT) = GUEST_PD | PAGE_PRESENT_WRITABLE;
	*(uint64_t *)(void *)(memory + GUEST_PD) = 0 | PAGE_PRESENT_WRITABLE | PAGE_LARGE;
	gdt[GUEST_CODE_SELECTOR / 8] = CODE_DESCRIPTOR;
	gdt[GUEST_DATA_SELECTOR / 8] = DATA_DESCRIPTOR;
	gate[0] = (handler & 0xffff) | (uint64_t)GUEST_CODE_SELECTOR << 16 | INTERRUPT_GATE << 40 |
		  (handler & 0xffff0000) << 32;
	gate[1] = handler >> 32;
	memcpy(memory + GUEST_CODE, kvm_guest_start, (size_t)(kvm_guest_end - kvm_guest_start));
}

static int
set_registers(int vcpu)
{
	const struct kvm_segment code = {.limit = UINT32_MAX,
					 .selector = GUEST_CODE_SELECTOR,
					 .type = 0xb,
					 .present = 1,
					 .s = 1,
					 .l = 1,
					 .g = 1},
				 data = {.limit = UINT32_MAX,
					 .selector = GUEST_DATA_SELECTOR,
					 .type = 0x3,
					 .present = 1,
					 .db = 1,
					 .s = 1,
					 .g = 1},
				 task = {.limit = 0x67,
					 .selector = GUEST_TASK_SELECTOR,
					 .type = 0xb,
					 .present = 1};
	const struct kvm_regs regs = {
		.rip = GUEST_CODE, .rsp = GUEST_STACK_TOP, .rflags = RFLAGS_ALWAYS_ONE};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.tr = task;
	sregs.gdt = (struct kvm_dtable){.base = GUEST_GDT, .limit = GUEST_TASK_SELECTOR + 15};
	sregs.idt = (struct kvm_dtable){.base = GUEST_IDT, .limit = 16 * 32 - 1};
	sregs.cr0 = CR0_PE | CR0_ET | CR0_PG;
	sregs.cr3 = GUEST_PML4;
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LME | EFER_LMA;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
		return -errno;
	return 0;
}

static int
add_memory(struct kvm_vm *vm)
{
	struct kvm_userspace_memory_region slot = {.memory_size = GUEST_MEMORY_BYTES};
	void *memory = mmap(NULL, GUEST_MEMORY_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	vm->memory = memory;
	write_tables(vm->memory);
	slot.userspace_addr = (uintptr_t)memory;
	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) ? -errno : 0;
}

static int
add_doorbell(struct kvm_vm *vm)
{
	struct kvm_ioeventfd event = {.addr = GUEST_EVENT_DOORBELL, .len = sizeof(uint32_t)};

	vm->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->doorbell < 0)
		return -errno;
	event.fd = vm->doorbell;
	return ioctl(vm->fd, KVM_IOEVENTFD, &event) ? -errno : 0;
}

static int
add_vcpu(struct kvm_vm *vm, int device)
{
	int run_bytes = ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	if (run_bytes < 0)
		return -errno;
	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu < 0)
		return -errno;
	run = mmap(NULL, (size_t)run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (run == MAP_FAILED)
		return -errno;
	vm->run = run;
	vm->run_bytes = (size_t)run_bytes;
	return set_registers(vm->vcpu);
}

static int
open_on(int device, struct kvm_vm *vm, const char **step)
{
	int error;

	*step = "KVM_CREATE_VM";
	vm->fd = ioctl(device, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return -errno;
	*step = "KVM_SET_TSS_ADDR";
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDRESS))
		return -errno;
	*step = "the guest's memory";
	error = add_memory(vm);
	if (error)
		return error;
	*step = "the doorbell's ioeventfd";
	error = add_doorbell(vm);
	if (error)
		return error;
	*step = "the vCPU";
	return add_vcpu(vm, device);
}

int
kvm_vm_open(struct kvm_vm **out)
{
	struct kvm_vm *vm = malloc(sizeof(*vm));
	char why[256];
	const char *step;
	int device, error;

	if (!vm)
		return -ENOMEM;
	*vm = (struct kvm_vm){.fd = -1, .vcpu = -1, .doorbell = -1};
	device = open_device(why, sizeof(why));
	if (device < 0) {
		log_error("%s", why);
		free(vm);
		return device;
	}
	error = open_on(device, vm, &step);
	close(device);
	if (error) {
		log_error(DEVICE ": %s: %s", step, strerror(-error));
		kvm_vm_close(vm);
		return error;
	}
	*out = vm;
	return 0;
}

void
kvm_vm_close(struct kvm_vm *vm)
{
	if (vm->run)
		munmap(vm->run, vm->run_bytes);
	if (vm->vcpu >= 0)
		close(vm->vcpu);
	if (vm->doorbell >= 0)
		close(vm->doorbell);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->memory)
		munmap(vm->memory, GUEST_MEMORY_BYTES);
	free(vm);
}

bool
kvm_vm_exit(struct kvm_vm *vm, enum kvm_leave leave, const struct kvm_ghcb_exit *exit)
{
	struct request *request = (struct request *)(void *)(vm->memory + GUEST_REQUEST);
	int error;

	*request = (struct request){guest_address(leaves[leave].code), *exit};
	/* A signal for this thread comes first; the guest is then where it was, or further. */
	do
		error = ioctl(vm->vcpu, KVM_RUN, 0);
	while (error && errno == EINTR);
	return !error && vm->run->exit_reason == leaves[leave].exit_reason;
}
