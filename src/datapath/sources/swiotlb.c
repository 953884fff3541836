/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/sources/swiotlb.h"

#include <stdlib.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_spinlock.h>

struct slot {
	uint32_t free_run; /* free slots from here to the end of the segment; 0: taken */
	uint32_t held;     /* slots of the run that starts here */
};

struct area {
	rte_spinlock_t lock;
	uint32_t next; /* index in the area where the next search starts */
	uint32_t used; /* slots */
} __rte_cache_aligned;

struct swiotlb {
	uint32_t n_areas;
	uint32_t area_slots; /* of each, whole segments */
	struct slot *slots;
	struct area areas[];
};

uint32_t
swiotlb_areas(const struct swiotlb *pool)
{
	return pool->n_areas;
}

struct swiotlb *
swiotlb_open(uint64_t bytes, uint32_t areas)
{
	uint32_t segments = (uint32_t)(bytes / (SWIOTLB_SEGMENT_SLOTS * SWIOTLB_SLOT_BYTES));
	uint32_t wanted = areas ? areas : (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
	uint32_t n_areas = RTE_MIN(rte_align32pow2(wanted), rte_align32prevpow2(segments));
	size_t pool_bytes = sizeof(struct swiotlb) + n_areas * sizeof(struct area);
	struct swiotlb *pool =
		aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN(pool_bytes, RTE_CACHE_LINE_SIZE));

	if (!pool)
		return NULL;
	pool->n_areas = n_areas;
	pool->area_slots = segments / n_areas * SWIOTLB_SEGMENT_SLOTS;
	pool->slots = calloc((size_t)n_areas * pool->area_slots, sizeof(*pool->slots));
	if (!pool->slots) {
		swiotlb_close(pool);
		return NULL;
	}
	for (uint32_t i = 0; i < n_areas; i++)
		pool->areas[i] = (struct area){.lock = RTE_SPINLOCK_INITIALIZER};
	for (uint32_t i = 0; i < n_areas * pool->area_slots; i++)
		pool->slots[i].free_run = SWIOTLB_SEGMENT_SLOTS - i % SWIOTLB_SEGMENT_SLOTS;
	return pool;
}

void
swiotlb_close(struct swiotlb *pool)
{
	if (pool)
		free(pool->slots);
	free(pool);
}

static inline void
lock(struct area *area, struct swiotlb_counts *counts)
{
	if (rte_spinlock_trylock(&area->lock))
		return;
	counts->contended++;
	rte_spinlock_lock(&area->lock);
}

static inline uint32_t
wrap(const struct swiotlb *pool, uint32_t index)
{
	return index >= pool->area_slots ? 0 : index;
}

/* Slots right before this one in its segment now count fewer, or more, free ones after them. */
static inline void
recount_before(struct swiotlb *pool, uint32_t slot, uint32_t free_run)
{
	while (slot % SWIOTLB_SEGMENT_SLOTS && pool->slots[slot - 1].free_run)
		pool->slots[--slot].free_run = ++free_run;
}

static inline void
take(struct swiotlb *pool, uint32_t slot, uint32_t wanted)
{
	for (uint32_t i = 0; i < wanted; i++)
		pool->slots[slot + i].free_run = 0;
	pool->slots[slot].held = wanted;
	recount_before(pool, slot, 0);
}

/* Do a slot's address bits differ from the wanted ones? The pool begins on a page, mask is one's. */
static inline bool
misaligned(uint32_t slot, uint32_t align_mask, uintptr_t origin)
{
	uintptr_t differing = (uintptr_t)slot * SWIOTLB_SLOT_BYTES ^ origin;

	return differing & align_mask & ~(uintptr_t)(SWIOTLB_SLOT_BYTES - 1);
}

/* Under the area's lock. */
static uint32_t
find_in_area(struct swiotlb *pool, uint32_t number, uint32_t wanted, uint32_t align_mask,
	     uintptr_t origin, struct swiotlb_counts *counts)
{
	struct area *area = &pool->areas[number];
	uint32_t base = number * pool->area_slots, index = area->next;
	uint32_t stride = align_mask / SWIOTLB_SLOT_BYTES + 1, step;

	if (wanted > pool->area_slots - area->used)
		return SWIOTLB_NO_SLOT;
	for (uint32_t checked = 0; checked < pool->area_slots; checked += step) {
		uint32_t slot = base + index;

		counts->searched++;
		if (misaligned(slot, align_mask, origin)) {
			step = 1;
		} else if (pool->slots[slot].free_run >= wanted) {
			take(pool, slot, wanted);
			area->next = wrap(pool, index + wanted);
			area->used += wanted;
			return slot;
		} else {
			step = stride;
		}
		index = wrap(pool, index + step);
	}
	return SWIOTLB_NO_SLOT;
}

uint32_t
swiotlb_find(struct swiotlb *pool, unsigned int core, uint32_t bytes, uint32_t align_mask,
	     uintptr_t origin, struct swiotlb_counts *counts)
{
	uint32_t wanted = (bytes + SWIOTLB_SLOT_BYTES - 1) / SWIOTLB_SLOT_BYTES;

	for (uint32_t i = 0; i < pool->n_areas; i++) {
		uint32_t number = (core + i) & (pool->n_areas - 1), slot;

		counts->areas++;
		lock(&pool->areas[number], counts);
		slot = find_in_area(pool, number, wanted, align_mask, origin, counts);
		rte_spinlock_unlock(&pool->areas[number].lock);
		if (slot != SWIOTLB_NO_SLOT) {
			counts->found++;
			counts->slots += wanted;
			return slot;
		}
	}
	counts->full++;
	return SWIOTLB_NO_SLOT;
}

void
swiotlb_free(struct swiotlb *pool, uint32_t slot, struct swiotlb_counts *counts)
{
	struct area *area = &pool->areas[slot / pool->area_slots];

	lock(area, counts);
	uint32_t held = pool->slots[slot].held, end = slot + held;
	uint32_t free_run = end % SWIOTLB_SEGMENT_SLOTS ? pool->slots[end].free_run : 0;

	for (uint32_t i = end; i > slot; i--)
		pool->slots[i - 1].free_run = ++free_run;
	pool->slots[slot].held = 0;
	recount_before(pool, slot, free_run);
	area->used -= held;
	rte_spinlock_unlock(&area->lock);
	counts->freed++;
}
