/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source bounce_alloc: for each buffer a bounce slot is found when it is mapped
 * and freed when it is unmapped, the way Linux's SWIOTLB does it (kernel/dma/
 * swiotlb.c): 2 KiB slots in segments of 128; each slot knows how many free ones
 * follow it in its segment, itself included; a search goes on from where the last
 * one ended, so that it walks through the whole pool; one lock guards the area.
 *
 * Where packets are copied, the slot is where the device finds them: the
 * buffer's data move there. Where nothing is copied, the slot is found, held and
 * freed, but carries nothing.
 *
 * Not done: since 5.18 Linux also copies a receive buffer's old contents into the
 * slot when it is mapped, and the whole mapped length back, not the frame's. Here
 * bounce_copy copies the frame, once. A receive buffer (2,060 B) takes two slots.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_spinlock.h>

#include "base/log.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/mapped.h"
#include "datapath/sources/source.h"

#define SLOT_SIZE_BYTES 2048u /* IO_TLB_SIZE */
#define SEGMENT_SLOTS 128u    /* IO_TLB_SEGSIZE */
#define NO_SLOT UINT32_MAX
/* The frame starts on a cache line of its own, its virtio header right before it. */
#define LEAD_BYTES 64u

struct bounce_alloc_options {
	uint64_t pool_bytes;
};

struct bounce_slot {
	uint32_t free_run;   /* free slots from here to the end of the segment; 0: taken */
	uint32_t held_slots; /* by the buffer that starts here */
};

struct bounce_alloc {
	struct bounce_slot *slots;
	uint32_t n_slots;
	uint32_t next; /* where the next search starts */
	rte_spinlock_t lock;
	uint8_t *memory;
	bool carries; /* data live in the slots */
	uint64_t found;
	uint64_t freed;
	uint64_t full;
};

static const struct option_spec options[] = {
	{.name = "pool",
	 .type = OPTION_BYTES,
	 .offset = offsetof(struct bounce_alloc_options, pool_bytes),
	 .preset = "64 MiB", /* IO_TLB_DEFAULT_SIZE */
	 .min = 2u << 20,
	 .max = 1u << 30,
	 .help = "size of the bounce pool, rounded up to 2 MiB"},
	{0},
};

static const struct counter counters[] = {
	{"found", offsetof(struct bounce_alloc, found), "searches", "runs of slots found"},
	{"freed", offsetof(struct bounce_alloc, freed), "frees", "runs of slots freed"},
	{"full", offsetof(struct bounce_alloc, full), "searches",
	 "searches that found no run; the buffer's own slot served"},
	{0},
};

static uint64_t
bounce_alloc_bytes(const void *settings)
{
	const struct bounce_alloc_options *chosen = settings;

	return (chosen->pool_bytes + REGION_ALIGN_BYTES - 1) / REGION_ALIGN_BYTES *
	       REGION_ALIGN_BYTES;
}

/* Each queue pair has an area of its own, whole segments, as each CPU has since Linux 6.0. */
static uint32_t
area_slots(uint64_t bytes, unsigned int n_queues)
{
	uint64_t segment_bytes = SEGMENT_SLOTS * SLOT_SIZE_BYTES;

	return (uint32_t)(bytes / n_queues / segment_bytes * SEGMENT_SLOTS);
}

static void
bounce_alloc_close(void *state)
{
	struct bounce_alloc *pool = state;

	free(pool->slots);
	free(pool);
}

static int
bounce_alloc_open(const struct source_env *env, const void *settings, void **state)
{
	uint64_t bytes = bounce_alloc_bytes(settings);
	struct bounce_alloc *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	if (bytes > env->guest->bounce_bytes) {
		log_error(
			"source bounce_alloc: the shared region has %zu MiB for bounce slots, %llu "
			"are wanted",
			env->guest->bounce_bytes >> 20, (unsigned long long)bytes >> 20);
		free(pool);
		return -ENOSPC;
	}
	pool->n_slots = area_slots(bytes, env->guest->n_queues);
	pool->memory = env->guest->bounce + (size_t)env->queue * pool->n_slots * SLOT_SIZE_BYTES;
	pool->carries = env->copying;
	rte_spinlock_init(&pool->lock);
	pool->slots = calloc(pool->n_slots, sizeof(*pool->slots));
	if (!pool->slots) {
		bounce_alloc_close(pool);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < pool->n_slots; i++)
		pool->slots[i].free_run = SEGMENT_SLOTS - i % SEGMENT_SLOTS;
	*state = pool;
	return 0;
}

static uint32_t
wrap(const struct bounce_alloc *pool, uint32_t slot)
{
	return slot >= pool->n_slots ? 0 : slot;
}

/* Slots right before this one in its segment now count fewer, or more, free ones after them. */
static void
recount_before(struct bounce_alloc *pool, uint32_t slot, uint32_t free_run)
{
	while (slot % SEGMENT_SLOTS && pool->slots[slot - 1].free_run)
		pool->slots[--slot].free_run = ++free_run;
}

static uint32_t
find(struct bounce_alloc *pool, uint32_t wanted)
{
	uint32_t slot = pool->next;

	do {
		if (pool->slots[slot].free_run >= wanted) {
			for (uint32_t i = 0; i < wanted; i++)
				pool->slots[slot + i].free_run = 0;
			pool->slots[slot].held_slots = wanted;
			recount_before(pool, slot, 0);
			pool->next = wrap(pool, slot + wanted);
			return slot;
		}
		slot = wrap(pool, slot + 1);
	} while (slot != pool->next);
	return NO_SLOT;
}

static void
put_back(struct bounce_alloc *pool, uint32_t slot)
{
	uint32_t held = pool->slots[slot].held_slots, end = slot + held;
	uint32_t free_run = end % SEGMENT_SLOTS ? pool->slots[end].free_run : 0;

	for (uint32_t i = end; i > slot; i--)
		pool->slots[i - 1].free_run = ++free_run;
	pool->slots[slot].held_slots = 0;
	recount_before(pool, slot, free_run);
}

static void
bounce_alloc_map(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	struct bounce_alloc *pool = state;

	for (uint16_t i = 0; i < n; i++) {
		struct temporary_private *private = temporary_private(bufs[i]);
		uint32_t bytes =
			mapped_range(bufs[i], direction).bytes + LEAD_BYTES - VNET_HEADER_BYTES;

		rte_spinlock_lock(&pool->lock);
		private->bounce_slot = find(pool, (bytes + SLOT_SIZE_BYTES - 1) / SLOT_SIZE_BYTES);
		rte_spinlock_unlock(&pool->lock);
		if (private->bounce_slot == NO_SLOT) {
			pool->full++;
			continue;
		}
		pool->found++;
		if (pool->carries)
			bufs[i]->buf_addr = pool->memory +
					    (size_t) private->bounce_slot * SLOT_SIZE_BYTES +
					    LEAD_BYTES - RTE_PKTMBUF_HEADROOM;
	}
}

static void
bounce_alloc_unmap(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	struct bounce_alloc *pool = state;

	(void)direction;
	for (uint16_t i = 0; i < n; i++) {
		struct temporary_private *private = temporary_private(bufs[i]);

		if (private->bounce_slot == NO_SLOT)
			continue;
		rte_spinlock_lock(&pool->lock);
		put_back(pool, private->bounce_slot);
		rte_spinlock_unlock(&pool->lock);
		pool->freed++;
		private->bounce_slot = NO_SLOT;
		bufs[i]->buf_addr = private->home;
	}
}

extern const struct source source_bounce_alloc;

const struct source source_bounce_alloc = {
	.name = "bounce_alloc",
	.help = "a bounce slot found and freed per packet, the way SWIOTLB does it",
	.acts_at = "packet",
	.fidelity = FIDELITY_REAL,
	.options = options,
	.counters = counters,
	.bounce_bytes = bounce_alloc_bytes,
	.open = bounce_alloc_open,
	.close = bounce_alloc_close,
	.map = bounce_alloc_map,
	.unmap = bounce_alloc_unmap,
};
