/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared region: one memory object that holds rings and packet slots, and
 * nothing else. Its file descriptor is all that the host gets, so the host
 * cannot map anything private (paper, 5.1).
 *
 * The object's size can never change: a host that truncates it could otherwise
 * make the guest fault. What seals do not stop is a hole: a host that
 * punches one into huge pages, and takes the freed pages for itself, leaves the
 * guest with memory that faults (SIGBUS). Such a page is replaced by private
 * memory on the spot, and the region counts as lost: nothing crosses it any more.
 *
 * The memory is filled with zeroes before it is given up.
 *
 * Each backend gets a memory object of its own. A backend that has hung up may
 * well live on and still map the old one: it is zeroed, and never used again, so
 * what the guest does with the next backend is not there to be read or written.
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

struct memory_provider;

struct region {
	const struct memory_provider *provider;
	uint8_t *base;     /* the same over all renewals */
	size_t size_bytes; /* a multiple of REGION_ALIGN_BYTES */
	size_t used_bytes;
	int fd;         /* -1: no memory could be had for a renewal */
	int lost_pages; /* that the host took away; written by a signal handler */
};

/*
 * Makes a region of at least size_bytes; every page is present when it returns.
 * Returns 0 or -errno after log_error(). The region must not move while it is open.
 */
int region_open(struct region *region, size_t size_bytes, const struct memory_provider *provider);

/*
 * Zeroes the memory object, gives it up and puts a new one, all zeroes, in its
 * place: what was carved stays where it is. Returns 0 or -errno after log_error();
 * the region then is private memory with no descriptor, and this may be tried
 * again.
 */
int region_renew(struct region *region);

/* Has the host taken memory of the region away? */
static inline bool
region_lost(const struct region *region)
{
	return __atomic_load_n(&region->lost_pages, __ATOMIC_RELAXED) != 0;
}

/* Zeroes the memory and gives it up. */
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
