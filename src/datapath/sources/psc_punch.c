/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stand-in punch: the page's memory is given back to the kernel through a hole in
 * the memory object, and had again, zeroed, by a fault. Content is lost, as that of
 * a private page is when it becomes shared.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/sources/psc_stand_in.h"

static int
refused(const struct psc_memory *memory, const char *what)
{
	int err = errno;
	bool large = memory->page_bytes == PSC_LARGE_PAGE_BYTES;

	log_error("source psc: stand_in punch: %zu MiB of memory in pages of %s: %s: %s%s",
		  memory->bytes >> 20, large ? "2 MiB" : "4 KiB", what, strerror(err),
		  large ? ", allowed: page: 4 KiB, or so many huge pages (sysctl "
			  "vm.nr_hugepages)" :
			  "");
	return large ? -ENOTSUP : -err;
}

static int
punch_open(struct psc_memory *memory)
{
	bool large = memory->page_bytes == PSC_LARGE_PAGE_BYTES;
	void *address;

	memory->fd = memfd_create("folio-private",
				  MFD_CLOEXEC | (large ? MFD_HUGETLB | MFD_HUGE_2MB : 0));
	if (memory->fd < 0)
		return refused(memory, "memfd_create");
	if (ftruncate(memory->fd, (off_t)memory->bytes) < 0)
		return refused(memory, "ftruncate");
	address = mmap(NULL, memory->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	if (address == MAP_FAILED)
		return refused(memory, "mmap");
	memory->address = address;
	if (madvise(address, memory->bytes, MADV_POPULATE_WRITE) < 0)
		return refused(memory, "populate");
	return 0;
}

static int
punch_share(const struct psc_memory *memory, size_t page)
{
	off_t at = (off_t)(page * memory->page_bytes);

	return fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at,
			 (off_t)memory->page_bytes) < 0 ?
		       -errno :
		       0;
}

/* The fault is asked for rather than met: where there is no huge page left it is an error, no signal. */
static int
punch_take_back(const struct psc_memory *memory, size_t page)
{
	uint8_t *at = memory->address + page * memory->page_bytes;

	return madvise(at, memory->page_bytes, MADV_POPULATE_WRITE) < 0 ? -errno : 0;
}

extern const struct psc_stand_in psc_stand_in_punch;

const struct psc_stand_in psc_stand_in_punch = {
	.name = "punch",
	.help = "the page's memory is given up and had again: a hole and a refault",
	.shoots_down = true,
	.open = punch_open,
	.share = punch_share,
	.take_back = punch_take_back,
};
