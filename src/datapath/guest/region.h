/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared region: one memory object that holds rings and packet slots, and
 * nothing else. Its file descriptor is all that the host gets, so the host
 * cannot map anything private (paper, 5.1).
 *
 * The object is sealed against a change of size: a host that truncates it could
 * otherwise make the guest fault. What seals do not stop is a hole: a host that
 * punches one into huge pages, and takes the freed pages for itself, leaves the
 * guest with memory that faults (SIGBUS). Such a page is replaced by private
 * memory on the spot, and the region counts as lost: nothing crosses it any more.
 *
 * The memory is filled with zeroes before it is given up.
 */
#ifndef FOLIO_DATAPATH_REGION_H
#define FOLIO_DATAPATH_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where the region begins in the device's address space. The guest's own
 * addresses never go to the host.
 */
#define REGION_IOVA 0x100000000u

#define REGION_ALIGN_BYTES (2u << 20)

struct region {
	uint8_t *base;
	size_t size_bytes; /* a multiple of REGION_ALIGN_BYTES */
	size_t used_bytes;
	size_t page_bytes; /* of the memory behind it */
	int fd;
	int lost_pages; /* that the host took away; written by a signal handler */
};

/*
 * Makes a region of at least size_bytes, of huge pages or of ordinary ones; every
 * page is present when it returns. Returns 0 or -errno after log_error().
 */
int region_open(struct region *region, size_t size_bytes, bool huge);

/* Has the host taken memory of the region away? */
static inline bool
region_lost(const struct region *region)
{
	return __atomic_load_n(&region->lost_pages, __ATOMIC_RELAXED) != 0;
}

/* Zeroes the memory and gives it up. The region must not have moved since it was opened. */
void region_close(struct region *region);

/* Takes bytes from the region, aligned (a power of two); NULL when it is full. */
void *region_carve(struct region *region, size_t bytes, size_t align_bytes);

/* Does [address, address + bytes) lie in the region? */
static inline bool
region_contains(const struct region *region, const void *address, size_t bytes)
{
	uintptr_t start = (uintptr_t)region->base, at = (uintptr_t)address;

	return at >= start && bytes <= region->size_bytes &&
	       at - start <= region->size_bytes - bytes;
}

/* The device's address of a place in the region. */
static inline uint64_t
region_iova(const struct region *region, const void *address)
{
	return REGION_IOVA + ((uintptr_t)address - (uintptr_t)region->base);
}

#endif
