/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source bounce_alloc: for each buffer a run of bounce slots is found when it is
 * mapped and freed when it is unmapped, the way Linux's SWIOTLB does it (swiotlb.h).
 * All queue pairs share one pool, and meet at the locks of its areas.
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
#include <sched.h>
#include <stdlib.h>

#include "base/log.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/joint.h"
#include "datapath/sources/mapped.h"
#include "datapath/sources/source.h"
#include "datapath/sources/swiotlb.h"

/* Without an alignment: the frame starts on a cache line, its virtio header right before it. */
#define LEAD_BYTES (64u - VNET_HEADER_BYTES)
#define PAGE_BYTES 4096u

enum align { ALIGN_NONE, ALIGN_PAGE };

static const char *const aligns[] = {"none", "page", NULL};

struct bounce_alloc_options {
	uint64_t pool_bytes;
	uint32_t areas;
	uint32_t align;
};

struct bounce_alloc {
	struct swiotlb *pool;
	uint8_t *memory;
	uint32_t align_mask;
	bool carries; /* data live in the slots */
	struct swiotlb_counts counts;
};

static const struct option_spec options[] = {
	{.name = "pool",
	 .type = OPTION_BYTES,
	 .offset = offsetof(struct bounce_alloc_options, pool_bytes),
	 .preset = "64 MiB", /* IO_TLB_DEFAULT_SIZE */
	 .min = 2u << 20,
	 .max = 1u << 30,
	 .help = "size of the bounce pool, rounded up to 2 MiB"},
	{.name = "areas",
	 .type = OPTION_COUNT,
	 .offset = offsetof(struct bounce_alloc_options, areas),
	 .preset = "0",
	 .max = 4096,
	 .help = "parts of the pool, each with a lock, rounded up to a power of two; 0: one for "
		 "each core, as Linux has it"},
	{.name = "align",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct bounce_alloc_options, align),
	 .preset = "none",
	 .choices = aligns,
	 .help = "what the device wants kept of a buffer's address: nothing (virtio), or its place "
		 "in the page (Hyper-V's network device)"},
	{0},
};

static const struct counter counters[] = {
	{"found", offsetof(struct bounce_alloc, counts.found), "searches", "runs of slots found"},
	{"freed", offsetof(struct bounce_alloc, counts.freed), "frees", "runs of slots freed"},
	{"full", offsetof(struct bounce_alloc, counts.full), "searches",
	 "searches that found no run; the buffer's own slot served"},
	{"slots", offsetof(struct bounce_alloc, counts.slots), "slots", "slots in the runs found"},
	{"searched", offsetof(struct bounce_alloc, counts.searched), "slots",
	 "slots looked at to find them"},
	{"areas", offsetof(struct bounce_alloc, counts.areas), "areas",
	 "areas looked into to find them"},
	{"contended", offsetof(struct bounce_alloc, counts.contended), "locks",
	 "times that another queue pair held an area's lock"},
	{0},
};

static uint64_t
bounce_alloc_bytes(const void *settings)
{
	const struct bounce_alloc_options *chosen = settings;

	return (chosen->pool_bytes + REGION_ALIGN_BYTES - 1) / REGION_ALIGN_BYTES *
	       REGION_ALIGN_BYTES;
}

/* The key of a pool: what it is made of. */
struct pool_key {
	uint64_t bytes;
	uint64_t areas;
};

static int
pool_open(const struct guest *guest, const void *key, void **pool)
{
	const struct pool_key *wanted = key;

	if (wanted->bytes > guest->bounce_bytes) {
		log_error(
			"source bounce_alloc: the shared region has %zu MiB for bounce slots, %llu "
			"are wanted",
			guest->bounce_bytes >> 20, (unsigned long long)wanted->bytes >> 20);
		return -ENOSPC;
	}
	*pool = swiotlb_open(wanted->bytes, (uint32_t)wanted->areas);
	if (*pool)
		return 0;
	log_error("source bounce_alloc: what is known of %llu MiB of slots: not enough memory",
		  (unsigned long long)wanted->bytes >> 20);
	return -ENOMEM;
}

static void
pool_close(void *pool)
{
	swiotlb_close(pool);
}

static const struct joint_kind pools = {
	.key_bytes = sizeof(struct pool_key),
	.open = pool_open,
	.close = pool_close,
};

static void
bounce_alloc_close(void *state)
{
	struct bounce_alloc *bounce = state;

	joint_put(bounce->pool);
	free(bounce);
}

static int
bounce_alloc_open(const struct source_env *env, const void *settings, void **state)
{
	const struct bounce_alloc_options *chosen = settings;
	const struct pool_key key = {.bytes = bounce_alloc_bytes(chosen), .areas = chosen->areas};
	struct bounce_alloc *bounce = calloc(1, sizeof(*bounce));
	void *pool;
	int error;

	if (!bounce)
		return -ENOMEM;
	error = joint_get(&pools, env->guest, &key, &pool);
	if (error) {
		free(bounce);
		return error;
	}
	bounce->pool = pool;
	bounce->memory = env->guest->bounce;
	bounce->align_mask = chosen->align == ALIGN_PAGE ? PAGE_BYTES - 1 : 0;
	bounce->carries = env->copying;
	*state = bounce;
	return 0;
}

/* Where in its first slot a buffer begins: where it did, as far as the device minds. */
static inline uint32_t
lead_bytes(const struct bounce_alloc *bounce, uintptr_t origin)
{
	return bounce->align_mask ? origin % SWIOTLB_SLOT_BYTES : LEAD_BYTES;
}

static void
bounce_alloc_map(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	struct bounce_alloc *bounce = state;
	unsigned int core = (unsigned int)sched_getcpu();

	for (uint16_t i = 0; i < n; i++) {
		struct temporary_private *private = temporary_private(bufs[i]);
		struct mapped range = mapped_range(bufs[i], direction);
		uint32_t lead = lead_bytes(bounce, (uintptr_t)range.start);
		uint32_t slot = swiotlb_find(bounce->pool, core, range.bytes + lead,
					     bounce->align_mask, (uintptr_t)range.start,
					     &bounce->counts);

		private->bounce_slot = slot;
		if (bounce->carries && slot != SWIOTLB_NO_SLOT) {
			uint8_t *start = bounce->memory + (size_t)slot * SWIOTLB_SLOT_BYTES + lead;

			bufs[i]->buf_addr = start - (range.start - (uint8_t *)bufs[i]->buf_addr);
		}
	}
}

static void
bounce_alloc_unmap(void *state, struct rte_mbuf **bufs, uint16_t n, enum direction direction)
{
	struct bounce_alloc *bounce = state;

	(void)direction;
	for (uint16_t i = 0; i < n; i++) {
		struct temporary_private *private = temporary_private(bufs[i]);

		if (private->bounce_slot == SWIOTLB_NO_SLOT)
			continue;
		swiotlb_free(bounce->pool, private->bounce_slot, &bounce->counts);
		private->bounce_slot = SWIOTLB_NO_SLOT;
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
