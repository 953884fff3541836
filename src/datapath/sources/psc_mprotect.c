/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stand-in mprotect: the page is made inaccessible, and accessible again and
 * touched. Its memory and content stay: this is the page-table work of a guest
 * that changes the encryption bit of a page it has mapped, flush included.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "datapath/sources/psc_stand_in.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1, asm-generic/mman-common.h */
#endif

/* The kernel's DEFAULT_MAX_MAP_COUNT; and what a process has beside. */
#define MAP_COUNT_DEFAULT 65530ul
#define OTHER_MAPPINGS 1024ul

/*
 * Neighbours of the same state are one mapping, so at worst each page is one of its
 * own; the kernel limits their number. Only pages of the configuration's own slots
 * ever change.
 */
static size_t
mprotect_pages_max(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	unsigned long limit = MAP_COUNT_DEFAULT;

	if (file) {
		if (fscanf(file, "%lu", &limit) != 1)
			limit = MAP_COUNT_DEFAULT;
		fclose(file);
	}
	return limit > OTHER_MAPPINGS ? limit - OTHER_MAPPINGS : 0;
}

/* Private memory that begins on a boundary of its pages' size. */
static uint8_t *
map_aligned(size_t bytes, size_t align_bytes)
{
	uint8_t *start = mmap(NULL, bytes + align_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (start == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)start & (align_bytes - 1);
	if (before)
		munmap(start, before);
	munmap(start + before + bytes, align_bytes - before);
	return start + before;
}

static int
mprotect_open(struct psc_memory *memory)
{
	bool large = memory->page_bytes == PSC_LARGE_PAGE_BYTES;

	memory->address = map_aligned(memory->bytes, memory->page_bytes);
	if (!memory->address) {
		log_error("source psc: %zu MiB of private memory: not enough memory",
			  memory->bytes >> 20);
		return -ENOMEM;
	}
	/* Pages of the size that changes its state: a huge one would be split first. */
	madvise(memory->address, memory->bytes, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(memory->address, 0, memory->bytes);
	if (large && madvise(memory->address, memory->bytes, MADV_COLLAPSE) < 0) {
		log_error("source psc: stand_in mprotect: %zu MiB in transparent huge pages: %s, "
			  "allowed: page: 4 KiB, or Linux 6.1 or later with such pages "
			  "(CONFIG_TRANSPARENT_HUGEPAGE), and memory for them",
			  memory->bytes >> 20, strerror(errno));
		return -ENOTSUP;
	}
	return 0;
}

static int
mprotect_share(const struct psc_memory *memory, size_t page)
{
	uint8_t *at = memory->address + page * memory->page_bytes;

	return mprotect(at, memory->page_bytes, PROT_NONE) < 0 ? -errno : 0;
}

static int
mprotect_take_back(const struct psc_memory *memory, size_t page)
{
	uint8_t *at = memory->address + page * memory->page_bytes;

	if (mprotect(at, memory->page_bytes, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	*(volatile uint8_t *)at = 0;
	return 0;
}

extern const struct psc_stand_in psc_stand_in_mprotect;

const struct psc_stand_in psc_stand_in_mprotect = {
	.name = "mprotect",
	.help = "the page's mapping is withdrawn and restored: the guest's page-table work",
	.shoots_down = true,
	.pages_max = mprotect_pages_max,
	.open = mprotect_open,
	.share = mprotect_share,
	.take_back = mprotect_take_back,
};
