/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The slots of a bounce pool, found and freed the way Linux's SWIOTLB does it
 * (kernel/dma/swiotlb.c, 6.6):
 *
 *   - the pool is made of slots of 2 KiB, in segments of 128 that no buffer crosses;
 *   - each slot knows how many free ones follow it in its segment, itself included,
 *     so that a run of n is found at its first slot;
 *   - slots are divided among areas, a power of two of them. Each area has a lock, a
 *     count of its used slots, and the index where its next search starts: behind the
 *     run that was found last, so that searches walk through all of the area;
 *   - a search starts in the area of the core that it runs on, and goes on to the
 *     next ones when that one is full;
 *   - where the device wants a buffer's low address bits kept, only slots with these
 *     bits are looked at, and the buffer starts within its first slot accordingly.
 *
 * Linux's lock is a queued one, and interrupts are off while it is held; here it is
 * DPDK's spin lock. What only a growing pool has (CONFIG_SWIOTLB_DYNAMIC) is not here.
 */
#ifndef FOLIO_DATAPATH_SWIOTLB_H
#define FOLIO_DATAPATH_SWIOTLB_H

#include <stdint.h>

#define SWIOTLB_SLOT_BYTES 2048u   /* IO_TLB_SIZE */
#define SWIOTLB_SEGMENT_SLOTS 128u /* IO_TLB_SEGSIZE */
#define SWIOTLB_NO_SLOT UINT32_MAX

struct swiotlb;

/* What one user of a pool has done; only that user's thread writes it. */
struct swiotlb_counts {
	uint64_t found;     /* runs found */
	uint64_t freed;     /* runs freed */
	uint64_t full;      /* searches that found none in any area */
	uint64_t slots;     /* slots in the runs found */
	uint64_t searched;  /* slots looked at */
	uint64_t areas;     /* areas looked into */
	uint64_t contended; /* times that an area's lock was held by somebody else */
};

/*
 * A pool over bytes of memory (starting on a 4 KiB boundary, in whole segments of 256
 * KiB, one at least), all of it free. areas is rounded up to a power of two; 0: one for
 * each core. A pool with fewer segments than that has fewer areas; slots that do not
 * make a whole segment in each area are left unused. NULL: not enough memory.
 */
struct swiotlb *swiotlb_open(uint64_t bytes, uint32_t areas);
void swiotlb_close(struct swiotlb *pool);

/* The number of areas, a power of two. */
uint32_t swiotlb_areas(const struct swiotlb *pool);

/*
 * Finds and takes a run of slots that holds bytes (1 to a segment's), searching from
 * core's area on. Where align_mask (0, or 4095) is set, these bits of the first slot's
 * address are origin's, as far as slots differ in them; bytes then counts from the
 * slot's start, not origin's. Returns the first slot's number in the pool, or
 * SWIOTLB_NO_SLOT. Any thread may call this.
 */
uint32_t swiotlb_find(struct swiotlb *pool, unsigned int core, uint32_t bytes, uint32_t align_mask,
		      uintptr_t origin, struct swiotlb_counts *counts);

/* Frees a run by its first slot. Any thread may call this. */
void swiotlb_free(struct swiotlb *pool, uint32_t slot, struct swiotlb_counts *counts);

#endif
