/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The three packet pools (paper, 5.2), all allocated at start-up:
 *
 *   shared     slots in the shared region: the only packet memory that the
 *              device touches
 *   temporary  mbufs with private headers whose data lie in those slots: the
 *              driver's (and, where nothing is copied, the application's)
 *   shadow     wholly private mbufs: the application's where packets are copied
 *
 * Both mbuf pools are mempools, in front of which each port has stacks of its own: the
 * buffers that were freed last are handed out next, while they are still in the core's
 * cache. The temporary pool has no caches per core besides: what an application's cores
 * free there would never come back to the one that receives.
 */
#ifndef FOLIO_DATAPATH_POOLS_H
#define FOLIO_DATAPATH_POOLS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "datapath/guest/region.h"
#include "datapath/pool_memory.h"

/* 2,048 B of data behind DPDK's headroom, as in the paper (7.2). */
#define SLOT_BYTES (RTE_PKTMBUF_HEADROOM + 2048u)

#define POOLS_CACHE_MBUFS 256

struct pools {
	uint8_t *slots; /* the shared pool, in the region */
	uint32_t n_slots;
	struct rte_mempool *temporary;
	struct rte_mempool *shadow; /* NULL where the application brings its own */
};

/* What the driver keeps beside a temporary mbuf, in private memory. */
struct temporary_private {
	uint8_t *home;        /* the mbuf's own slot in the shared pool */
	uint32_t bounce_slot; /* of source bounce_alloc, while it holds one */
};

static inline struct temporary_private *
temporary_private(struct rte_mbuf *mbuf)
{
	return rte_mbuf_to_priv(mbuf);
}

/*
 * Slots for two full rings, for what a port keeps at hand or a driver's per-core cache
 * may hold back (mempool: 1.5 times its size), and for bursts in the application's hands.
 */
static inline uint32_t
pools_slots_wanted(uint32_t ring_size)
{
	return 2u * ring_size + 2u * POOLS_CACHE_MBUFS;
}

/* Makes a segment of a frame an mbuf of its own again, as its pool expects it. */
static inline void
segment_detach(struct rte_mbuf *mbuf)
{
	mbuf->next = NULL;
	mbuf->nb_segs = 1;
}

/* Bytes of the region that pools_open() takes for n_slots, whole 4 KiB pages. */
size_t pools_region_bytes(uint32_t n_slots);

/*
 * Most bytes of DPDK's heap that pools_open() takes for n_slots, caches included, and
 * memory zones. The heap is made of pages of page_bytes, none of which DPDK lets an
 * object cross.
 */
size_t pools_heap_bytes(uint32_t n_slots, size_t page_bytes);
#define POOLS_MEMZONES 6u /* of each pool: itself, its ring, its objects */

/*
 * Pools of n_slots mbufs each, with a shadow pool or without one. A driver of DPDK's,
 * which takes its buffers from the temporary pool by itself, wants driver_caches: caches
 * per core. The region must be used up to a 4 KiB boundary: pools share no page. Returns
 * 0 or -errno after log_error(). The region outlives the pools.
 */
int pools_open(struct pools *pools, struct region *region, uint32_t n_slots, bool shadow,
	       bool driver_caches);
void pools_close(struct pools *pools);

/* Adds what the pool has allocated. */
void pool_memory_add(struct rte_mempool *pool, struct pool_memory *sum);

#endif
