/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/calibrate/mapping.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Linux 6.1, <asm-generic/mman-common.h>; glibc 2.36 has no name for it. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

void
mapping_touch(const struct mapping *mapping)
{
	for (size_t i = 0; i < mapping->bytes; i += SMALL_PAGE_BYTES)
		((volatile uint8_t *)mapping->at)[i] = 1;
}

/*
 * How many bytes of the mapping at that address lie in transparent huge pages:
 * "AnonHugePages:" of its entry of /proc/self/smaps (proc(5)).
 */
static size_t
huge_bytes(const void *at)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	uintptr_t from, to, address = (uintptr_t)at;
	bool inside = false;
	size_t kib = 0;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			inside = from <= address && address < to;
		else if (inside && sscanf(line, "AnonHugePages: %zu kB", &kib) == 1)
			break;
	}
	if (file)
		fclose(file);
	return kib << 10;
}

static int
open_file(struct mapping *mapping)
{
	bool huge = mapping->backing == BACKING_MEMFD_HUGETLB;

	mapping->fd = memfd_create("folio-calibrate",
				   MFD_CLOEXEC | (huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0));
	if (mapping->fd < 0 || ftruncate(mapping->fd, (off_t)mapping->whole_bytes) < 0)
		return -errno;
	return 0;
}

static int
map(struct mapping *mapping)
{
	int flags = mapping->fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;

	if (mapping->backing == BACKING_HUGETLB)
		flags |= MAP_HUGETLB | (int)MFD_HUGE_2MB;
	mapping->whole =
		mmap(NULL, mapping->whole_bytes, PROT_READ | PROT_WRITE, flags, mapping->fd, 0);
	if (mapping->whole == MAP_FAILED) {
		mapping->whole = NULL;
		return -errno;
	}
	return 0;
}

/* Where at lies in the whole, and what kind of page the kernel is to take. */
static int
settle(struct mapping *mapping)
{
	uintptr_t whole = (uintptr_t)mapping->whole;
	int advice = mapping->backing == BACKING_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;

	if (mapping->backing == BACKING_THP)
		mapping->at = (uint8_t *)((whole + LARGE_PAGE_BYTES - 1) &
					  ~(uintptr_t)(LARGE_PAGE_BYTES - 1));
	else
		mapping->at = (uint8_t *)whole + (mapping->whole_bytes - mapping->bytes) / 2;
	if (mapping->backing == BACKING_HUGETLB || mapping->backing == BACKING_MEMFD_HUGETLB)
		return 0;
	/* A kernel without transparent huge pages knows neither advice, and gives small ones. */
	if (madvise(mapping->whole, mapping->whole_bytes, advice) < 0 && errno != EINVAL)
		return -errno;
	return 0;
}

/* How much more than bytes is mapped: neighbours of small pages, room to align huge ones. */
static size_t
margin_bytes(enum backing backing)
{
	switch (backing) {
	case BACKING_ANON:
	case BACKING_MEMFD:
		return 2 * SMALL_PAGE_BYTES;
	case BACKING_THP:
		return LARGE_PAGE_BYTES;
	default:
		return 0;
	}
}

int
mapping_open(struct mapping *mapping, enum backing backing, size_t bytes, char *why,
	     size_t why_size)
{
	bool reserved = backing == BACKING_HUGETLB || backing == BACKING_MEMFD_HUGETLB;
	bool on_file = backing == BACKING_MEMFD || backing == BACKING_MEMFD_HUGETLB;
	int error;

	*mapping = (struct mapping){.backing = backing,
				    .bytes = bytes,
				    .fd = -1,
				    .whole_bytes = bytes + margin_bytes(backing)};
	if (reserved && getenv("FOLIO_NO_HUGE")) {
		snprintf(why, why_size, "FOLIO_NO_HUGE is set");
		return -ENOTSUP;
	}
	error = on_file ? open_file(mapping) : 0;
	if (!error)
		error = map(mapping);
	if (!error)
		error = settle(mapping);
	if (error) {
		snprintf(why, why_size, "%s%s", reserved ? "reserved huge pages: " : "",
			 strerror(-error));
		mapping_close(mapping);
		return error;
	}
	mapping_touch(mapping);
	if (backing != BACKING_THP || huge_bytes(mapping->at) >= bytes)
		return 0;
	snprintf(why, why_size, "the kernel gave no transparent huge page");
	mapping_close(mapping);
	return -ENOTSUP;
}

void
mapping_close(struct mapping *mapping)
{
	if (mapping->whole)
		munmap(mapping->whole, mapping->whole_bytes);
	if (mapping->fd >= 0)
		close(mapping->fd);
	*mapping = (struct mapping){.fd = -1};
}

int
mapping_collapse(const struct mapping *mapping)
{
	return madvise(mapping->at, mapping->bytes, MADV_COLLAPSE) < 0 ? -errno : 0;
}
