/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/eal.h"

#define HUGE_PAGE_BYTES (2u << 20)
#define SMALL_PAGE_BYTES 4096u
#define CC_SHARED_HEAP "/dev/dma_heap/system_cc_shared"

static int
open_memfd(size_t size_bytes, unsigned int flags)
{
	int fd = memfd_create("folio-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size_bytes) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static int
open_huge(size_t size_bytes)
{
	return open_memfd(size_bytes, MFD_HUGETLB | MFD_HUGE_2MB);
}

static int
open_plain(size_t size_bytes)
{
	return open_memfd(size_bytes, 0);
}

/* The heap's pages are shared with the hypervisor explicitly, as bounce buffers are. */
static int
open_cc_shared(size_t size_bytes)
{
	struct dma_heap_allocation_data wanted = {.len = size_bytes,
						  .fd_flags = O_RDWR | O_CLOEXEC};
	int heap = open(CC_SHARED_HEAP, O_RDONLY | O_CLOEXEC);
	int error = 0;

	if (heap < 0)
		return -errno;
	if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &wanted) < 0)
		error = -errno;
	close(heap);
	return error ? error : (int)wanted.fd;
}

static const struct memory_provider huge = {
	.name = "huge",
	.help = "a memory object of 2 MiB huge pages",
	.hint = "another process may have taken them: try again, or set FOLIO_NO_HUGE=1",
	.page_bytes = HUGE_PAGE_BYTES,
	.sealable = true,
	.open = open_huge,
};

static const struct memory_provider plain = {
	.name = "plain",
	.help = "a memory object of ordinary pages",
	.hint = "fewer or smaller rings, queues and bounce pools need less",
	.page_bytes = SMALL_PAGE_BYTES,
	.sealable = true,
	.open = open_plain,
};

static const struct memory_provider cc_shared = {
	.name = "cc_shared",
	.help = "the DMA heap system_cc_shared: shared memory of a real confidential guest",
	.hint = "it needs " CC_SHARED_HEAP
		", which a confidential guest's kernel has; elsewhere: memory: auto, huge, plain",
	.page_bytes = SMALL_PAGE_BYTES,
	.open = open_cc_shared,
};

const struct memory_provider *const memory_providers[] = {&huge, &plain, &cc_shared, NULL};

const char *const memory_names[] = {"auto", "huge", "plain", "cc_shared", NULL};

_Static_assert(sizeof(memory_names) / sizeof(memory_names[0]) ==
		       sizeof(memory_providers) / sizeof(memory_providers[0]) + 1,
	       "auto, and one name for each provider");

const struct memory_provider *
memory_chosen(uint32_t choice)
{
	/* Huge pages for some devices and not for others would compare memory, not configurations. */
	if (!choice)
		return datapath_huge_pages() ? &huge : &plain;
	return memory_providers[choice - 1];
}

int
memory_open(const struct memory_provider *provider, size_t size_bytes)
{
	int fd = provider->open(size_bytes), error = fd;

	if (fd >= 0 && provider->sealable &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		error = -errno;
		close(fd);
	}
	if (error < 0)
		log_error("shared region: %zu MiB of memory '%s': %s; %s", size_bytes >> 20,
			  provider->name, strerror(-error), provider->hint);
	return error;
}
