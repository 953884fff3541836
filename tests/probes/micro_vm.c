/* SPDX-License-Identifier: BSD-3-Clause */
#include "micro_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

#define MEMORY_BYTES 0x4000
#define CODE_AT 0x1000
#define PORT 0x10
#define DOORBELL_PORT 0x20

/* What is done at each turn; memory at 0x8000 is not there. */
static const struct {
	uint8_t bytes[8];
	uint8_t n_bytes;
	uint32_t reason; /* KVM_EXIT_*, 0: user space is not asked */
} bodies[MICRO_VM_KINDS] = {
	[MICRO_VM_OUT] = {{0xe6, PORT}, 2, KVM_EXIT_IO},                /* out PORT, al */
	[MICRO_VM_IN] = {{0xe4, PORT}, 2, KVM_EXIT_IO},                 /* in al, PORT */
	[MICRO_VM_MMIO_WRITE] = {{0xa2, 0x00, 0x80}, 3, KVM_EXIT_MMIO}, /* mov [0x8000], al */
	[MICRO_VM_MMIO_READ] = {{0xa0, 0x00, 0x80}, 3, KVM_EXIT_MMIO},  /* mov al, [0x8000] */
	[MICRO_VM_HALT] = {{0xf4}, 1, KVM_EXIT_HLT},                    /* hlt */
	[MICRO_VM_DOORBELL] = {{0xe6, DOORBELL_PORT}, 2, 0},            /* out DOORBELL_PORT, al */
	[MICRO_VM_CPUID] = {{0x66, 0x31, 0xc0, 0x0f, 0xa2}, 5, 0},      /* xor eax, eax; cpuid */
};

static void
write_code(uint8_t *at, enum micro_vm_kind kind, uint32_t times)
{
	uint8_t n_bytes = bodies[kind].n_bytes;

	at[0] = 0x66; /* mov esi, times */
	at[1] = 0xbe;
	memcpy(at + 2, &times, sizeof(times));
	at += 6;
	memcpy(at, bodies[kind].bytes, n_bytes);
	at[n_bytes] = 0x66; /* dec esi */
	at[n_bytes + 1] = 0x4e;
	at[n_bytes + 2] = 0x75; /* jnz to the body */
	at[n_bytes + 3] = (uint8_t) - (n_bytes + 4);
	at[n_bytes + 4] = 0xf4; /* hlt */
}

/* Real mode, all segments at 0. */
static int
set_registers(struct micro_vm *vm)
{
	struct kvm_regs registers = {.rip = CODE_AT, .rflags = 2};
	struct kvm_sregs segments;

	if (ioctl(vm->vcpu, KVM_GET_SREGS, &segments) < 0)
		return -errno;
	segments.cs.base = segments.cs.selector = 0;
	segments.ds.base = segments.ds.selector = 0;
	if (ioctl(vm->vcpu, KVM_SET_SREGS, &segments) < 0 ||
	    ioctl(vm->vcpu, KVM_SET_REGS, &registers) < 0)
		return -errno;
	return 0;
}

static int
set_up_memory(struct micro_vm *vm)
{
	struct kvm_userspace_memory_region region = {.memory_size = MEMORY_BYTES};

	vm->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	if (vm->memory == MAP_FAILED)
		return -errno;
	region.userspace_addr = (uintptr_t)vm->memory;
	return ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

static int
set_up_vcpu(struct micro_vm *vm)
{
	struct kvm_ioeventfd doorbell = {
		.addr = DOORBELL_PORT, .len = 1, .flags = KVM_IOEVENTFD_FLAG_PIO};
	int bytes = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	if (bytes < 0)
		return -errno;
	vm->run_bytes = (uint32_t)bytes;
	vm->vcpu = ioctl(vm->vm, KVM_CREATE_VCPU, 0);
	if (vm->vcpu < 0)
		return -errno;
	vm->run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (vm->run == MAP_FAILED)
		return -errno;
	vm->doorbell = eventfd(0, EFD_CLOEXEC);
	doorbell.fd = vm->doorbell;
	return vm->doorbell < 0 || ioctl(vm->vm, KVM_IOEVENTFD, &doorbell) < 0 ? -errno : 0;
}

int
micro_vm_open(struct micro_vm *vm)
{
	int error;

	*vm = (struct micro_vm){
		.vm = -1, .vcpu = -1, .doorbell = -1, .memory = MAP_FAILED, .run = MAP_FAILED};
	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return -errno;
	vm->vm = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	error = vm->vm < 0 ? -errno : set_up_memory(vm);
	if (!error)
		error = set_up_vcpu(vm);
	if (error)
		micro_vm_close(vm);
	return error;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
micro_vm_close(struct micro_vm *vm)
{
	if (vm->run != MAP_FAILED)
		munmap(vm->run, vm->run_bytes);
	if (vm->memory != MAP_FAILED)
		munmap(vm->memory, MEMORY_BYTES);
	close_fd(vm->doorbell);
	close_fd(vm->vcpu);
	close_fd(vm->vm);
	close_fd(vm->kvm);
}

/* Returns how long it took: the core may be someone else's for a while. */
static uint64_t
spin_ns(uint64_t ns)
{
	uint64_t start_ns = clock_monotonic_ns(), now_ns = start_ns;

	while (now_ns - start_ns < ns)
		now_ns = clock_monotonic_ns();
	return now_ns - start_ns;
}

int
micro_vm_exit(struct micro_vm *vm, enum micro_vm_kind kind, uint32_t times, uint64_t answer_ns)
{
	uint32_t answers = bodies[kind].reason ? times : 0, reason;
	uint64_t took_ns = 0;
	int error = set_registers(vm);

	if (error)
		return error;
	write_code((uint8_t *)vm->memory + CODE_AT, kind, times);
	for (uint32_t i = 0; i <= answers; i++) {
		while (ioctl(vm->vcpu, KVM_RUN, 0) < 0)
			if (errno != EINTR)
				return -errno;
		reason = i < answers ? bodies[kind].reason : KVM_EXIT_HLT;
		if (vm->run->exit_reason != reason)
			return -EPROTO;
		if (i < answers && answer_ns)
			took_ns = spin_ns(answer_ns);
		if (i < answers && vm->waits_ns)
			vm->waits_ns[i] = took_ns;
	}
	return 0;
}
