/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stand-ins guest_memfd and attributes: what a host does, not the guest. A virtual
 * machine's private memory is a file of KVM's that nobody maps; a page that the
 * guest shares is punched out of it, one that it takes back is allocated in it
 * again. With attributes, KVM is also told which pages are private, as a VMM tells
 * it when the guest asks for a page state change (Linux, Documentation/virt/kvm/
 * api.rst: KVM_CREATE_GUEST_MEMFD, KVM_SET_MEMORY_ATTRIBUTES).
 *
 * The VM has no vCPU, so there is no mapping of the guest's to be torn down.
 */
#include "datapath/sources/psc_guest_memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/sources/psc_stand_in.h"

/* Of Linux 6.8's linux/kvm.h; Debian 12's is older. */
#define CAP_MEMORY_ATTRIBUTES 233
#define CAP_GUEST_MEMFD 234
#define VM_TYPE_DEFAULT 0u
#define VM_TYPE_SW_PROTECTED 1u
#define ATTRIBUTE_PRIVATE (1ull << 3)

struct guest_memfd_request {
	uint64_t size;
	uint64_t flags;
	uint64_t reserved[6];
};

struct attributes_request {
	uint64_t address;
	uint64_t size;
	uint64_t attributes;
	uint64_t flags;
};

#define CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct guest_memfd_request)
#define SET_MEMORY_ATTRIBUTES _IOW(KVMIO, 0xd2, struct attributes_request)

/* Returns the VM's descriptor or -errno. */
static int
create_vm(unsigned long type)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;

	if (kvm < 0)
		return -errno;
	vm = ioctl(kvm, KVM_CREATE_VM, type);
	if (vm < 0)
		vm = -errno;
	close(kvm);
	return vm;
}

static bool
has_attributes(int vm)
{
	int offered = ioctl(vm, KVM_CHECK_EXTENSION, CAP_MEMORY_ATTRIBUTES);

	return offered > 0 && (uint64_t)offered & ATTRIBUTE_PRIVATE;
}

static int
create_guest_memfd(int vm, size_t bytes)
{
	struct guest_memfd_request request = {.size = bytes};
	int fd = ioctl(vm, CREATE_GUEST_MEMFD, &request);

	return fd < 0 ? -errno : fd;
}

void
guest_memfd_probe(struct guest_memfd_support *support)
{
	int vm = create_vm(VM_TYPE_DEFAULT);

	*support = (struct guest_memfd_support){.error = vm < 0 ? -vm : 0};
	if (vm < 0)
		return;
	int fd = create_guest_memfd(vm, PSC_SMALL_PAGE_BYTES);

	support->guest_memfd = fd >= 0;
	if (fd >= 0)
		close(fd);
	close(vm);
	vm = create_vm(VM_TYPE_SW_PROTECTED);
	if (vm < 0)
		return;
	support->attributes = has_attributes(vm);
	close(vm);
}

static int
allocate(const struct psc_memory *memory, size_t at, size_t bytes)
{
	return fallocate(memory->fd, FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)bytes) < 0 ? -errno : 0;
}

static int
punch(const struct psc_memory *memory, size_t at, size_t bytes)
{
	return fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
			 (off_t)bytes) < 0 ?
		       -errno :
		       0;
}

static int
set_private(const struct psc_memory *memory, size_t at, size_t bytes, bool private)
{
	struct attributes_request request = {
		.address = at,
		.size = bytes,
		.attributes = private ? ATTRIBUTE_PRIVATE : 0,
	};

	return ioctl(memory->vm, SET_MEMORY_ATTRIBUTES, &request) < 0 ? -errno : 0;
}

static int
refused(const char *name, const char *what, int error)
{
	log_error("source psc: stand_in %s: %s: %s, allowed: stand_in: mprotect, punch or none, or "
		  "what `folio doctor` says is missing",
		  name, what, strerror(-error));
	return -ENOTSUP;
}

/* A VM of that type, and its private memory, all of it present. */
static int
open_private(struct psc_memory *memory, const char *name, unsigned long type)
{
	int error;

	if (memory->page_bytes != PSC_SMALL_PAGE_BYTES)
		return refused(name, "guest_memfd in pages of 2 MiB", -ENOTSUP);
	memory->vm = create_vm(type);
	if (memory->vm < 0)
		return refused(
			name,
			type == VM_TYPE_SW_PROTECTED ?
				"a virtual machine with private pages (KVM_X86_SW_PROTECTED_VM)" :
				"a virtual machine (/dev/kvm)",
			memory->vm);
	if (ioctl(memory->vm, KVM_CHECK_EXTENSION, CAP_GUEST_MEMFD) <= 0)
		return refused(name, "guest_memfd (Linux 6.8, CONFIG_KVM_GUEST_MEMFD)", -ENOTSUP);
	memory->fd = create_guest_memfd(memory->vm, memory->bytes);
	if (memory->fd < 0)
		return refused(name, "guest_memfd", memory->fd);
	error = allocate(memory, 0, memory->bytes);
	return error ? refused(name, "memory", error) : 0;
}

static int
guest_memfd_open(struct psc_memory *memory)
{
	return open_private(memory, "guest_memfd", VM_TYPE_DEFAULT);
}

static int
guest_memfd_share(const struct psc_memory *memory, size_t page)
{
	return punch(memory, page * memory->page_bytes, memory->page_bytes);
}

static int
guest_memfd_take_back(const struct psc_memory *memory, size_t page)
{
	return allocate(memory, page * memory->page_bytes, memory->page_bytes);
}

static int
attributes_open(struct psc_memory *memory)
{
	int error = open_private(memory, "attributes", VM_TYPE_SW_PROTECTED);

	if (error)
		return error;
	if (!has_attributes(memory->vm))
		return refused("attributes", "memory attributes (KVM_CAP_MEMORY_ATTRIBUTES)",
			       -ENOTSUP);
	error = set_private(memory, 0, memory->bytes, true);
	return error ? refused("attributes", "KVM_SET_MEMORY_ATTRIBUTES", error) : 0;
}

static int
attributes_share(const struct psc_memory *memory, size_t page)
{
	int error = set_private(memory, page * memory->page_bytes, memory->page_bytes, false);

	return error ? error : guest_memfd_share(memory, page);
}

static int
attributes_take_back(const struct psc_memory *memory, size_t page)
{
	int error = set_private(memory, page * memory->page_bytes, memory->page_bytes, true);

	return error ? error : guest_memfd_take_back(memory, page);
}

extern const struct psc_stand_in psc_stand_in_guest_memfd;
extern const struct psc_stand_in psc_stand_in_attributes;

const struct psc_stand_in psc_stand_in_guest_memfd = {
	.name = "guest_memfd",
	.help = "the page is taken out of a virtual machine's private memory: the host's work",
	.open = guest_memfd_open,
	.share = guest_memfd_share,
	.take_back = guest_memfd_take_back,
};

const struct psc_stand_in psc_stand_in_attributes = {
	.name = "attributes",
	.help = "the same, and KVM is told that the page is shared: all of the host's work",
	.open = attributes_open,
	.share = attributes_share,
	.take_back = attributes_take_back,
};
