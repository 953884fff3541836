/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/pools.h"

#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#include "base/log.h"

#define PAGE_BYTES 4096u

size_t
pools_region_bytes(uint32_t n_slots)
{
	return RTE_ALIGN((size_t)n_slots * SLOT_BYTES, PAGE_BYTES);
}

static uint16_t
private_bytes(void)
{
	return RTE_ALIGN(sizeof(struct temporary_private), RTE_MBUF_PRIV_ALIGN);
}

/* As rte_mempool_op_calc_mem_size_helper() counts it. */
static size_t
pool_heap_bytes(uint32_t n, uint32_t element_bytes, size_t page_bytes)
{
	size_t object_bytes = rte_mempool_calc_obj_size(element_bytes, 0, NULL);
	size_t in_a_page = page_bytes / object_bytes;

	return RTE_MEMPOOL_HEADER_SIZE((struct rte_mempool *)NULL, POOLS_CACHE_MBUFS) +
	       (size_t)rte_ring_get_memsize(rte_align32pow2(n + 1)) +
	       (in_a_page ? (n / in_a_page + 1) * page_bytes : n * object_bytes);
}

size_t
pools_heap_bytes(uint32_t n_slots, size_t page_bytes)
{
	uint32_t header_bytes = sizeof(struct rte_mbuf);

	return pool_heap_bytes(n_slots, header_bytes + private_bytes(), page_bytes) +
	       pool_heap_bytes(n_slots, header_bytes + SLOT_BYTES, page_bytes);
}

static void
remember_home(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	struct rte_mbuf *mbuf = object;

	(void)pool;
	(void)arg;
	(void)index;
	temporary_private(mbuf)->home = mbuf->buf_addr;
}

static struct rte_mempool *
temporary_open(const char *name, struct pools *pools, uint32_t cache_mbufs)
{
	struct rte_pktmbuf_extmem memory = {
		.buf_ptr = pools->slots,
		.buf_iova = (uintptr_t)pools->slots, /* as --iova-mode=va has it */
		.buf_len = (size_t)pools->n_slots * SLOT_BYTES,
		.elt_size = SLOT_BYTES,
	};
	struct rte_mempool *pool = rte_pktmbuf_pool_create_extbuf(name, pools->n_slots, cache_mbufs,
								  private_bytes(), SLOT_BYTES,
								  SOCKET_ID_ANY, &memory, 1);

	if (pool)
		rte_mempool_obj_iter(pool, remember_home, NULL);
	return pool;
}

int
pools_open(struct pools *pools, struct region *region, uint32_t n_slots, bool shadow,
	   bool driver_caches)
{
	static unsigned int serial;
	char name[RTE_MEMPOOL_NAMESIZE];
	int error;

	*pools = (struct pools){.n_slots = n_slots};
	pools->slots = region_carve(region, pools_region_bytes(n_slots), PAGE_BYTES);
	if (!pools->slots) {
		log_error("shared region: no room for %u packet slots of %u B", n_slots,
			  SLOT_BYTES);
		return -ENOMEM;
	}
	snprintf(name, sizeof(name), "temporary%u", ++serial);
	pools->temporary = temporary_open(name, pools, driver_caches ? POOLS_CACHE_MBUFS : 0);
	if (!pools->temporary)
		goto fail;
	if (!shadow)
		return 0;
	snprintf(name, sizeof(name), "shadow%u", serial);
	pools->shadow = rte_pktmbuf_pool_create(name, n_slots, POOLS_CACHE_MBUFS, 0, SLOT_BYTES,
						SOCKET_ID_ANY);
	if (!pools->shadow)
		goto fail;
	return 0;

fail:
	error = -rte_errno;
	log_error("packet pool %s of %u mbufs: %s", name, n_slots, rte_strerror(-error));
	pools_close(pools);
	return error;
}

void
pools_close(struct pools *pools)
{
	rte_mempool_free(pools->shadow);
	rte_mempool_free(pools->temporary);
	*pools = (struct pools){0};
}

static void
add_chunk(struct rte_mempool *pool, void *arg, struct rte_mempool_memhdr *memory,
	  unsigned int index)
{
	struct pool_memory *sum = arg;

	(void)pool;
	(void)index;
	sum->bytes += memory->len;
}

void
pool_memory_add(struct rte_mempool *pool, struct pool_memory *sum)
{
	rte_mempool_mem_iter(pool, add_chunk, sum);
	sum->bytes += pool->mz->len;
	sum->mbufs += pool->populated_size;
}
