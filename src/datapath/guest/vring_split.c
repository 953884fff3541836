/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vring_split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/guest/region.h"

/*
 * The used ring starts 4 bytes behind a cache line's start (the specification
 * wants 4-byte alignment): that puts its 8-byte elements on 8-byte boundaries,
 * so that id and length are read by one load.
 */
#define USED_SKEW_BYTES 4u
#define RING_ALIGN_BYTES 64u

static size_t
desc_bytes(uint16_t size)
{
	return sizeof(struct vring_desc) * size;
}

static size_t
avail_bytes(uint16_t size)
{
	return sizeof(struct vring_avail) + sizeof(__virtio16) * (size + 1u);
}

static size_t
used_bytes(uint16_t size)
{
	return USED_SKEW_BYTES + sizeof(struct vring_used) +
	       sizeof(struct vring_used_elem) * size + sizeof(__virtio16);
}

size_t
vring_split_region_bytes(uint16_t size)
{
	return desc_bytes(size) + avail_bytes(size) + used_bytes(size) + 3 * RING_ALIGN_BYTES;
}

int
vring_split_open(struct vring_split *ring, struct region *region, uint16_t size,
		 uint32_t least_bytes)
{
	*ring = (struct vring_split){
		.size = size,
		.mask = size - 1,
		.n_free = size,
		.least_bytes = least_bytes,
	};

	ring->desc = region_carve(region, desc_bytes(size), RING_ALIGN_BYTES);
	ring->avail = region_carve(region, avail_bytes(size), RING_ALIGN_BYTES);
	uint8_t *used = region_carve(region, used_bytes(size), RING_ALIGN_BYTES);

	ring->free_ids = calloc(size, sizeof(*ring->free_ids));
	ring->mbufs = calloc(size, sizeof(*ring->mbufs));
	ring->room_bytes = calloc(size, sizeof(*ring->room_bytes));
	if (!ring->desc || !ring->avail || !used || !ring->free_ids || !ring->mbufs ||
	    !ring->room_bytes) {
		vring_split_close(ring);
		return -ENOMEM;
	}
	ring->used = (struct vring_used *)(used + USED_SKEW_BYTES);
	ring->iova_offset = region_iova(region, region->base) - (uintptr_t)region->base;
	for (uint16_t i = 0; i < size; i++)
		ring->free_ids[i] = size - 1 - i;
	/* Completions are polled for: no interrupts. */
	ring->avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	return 0;
}

void
vring_split_close(struct vring_split *ring)
{
	free(ring->free_ids);
	free(ring->mbufs);
	free(ring->room_bytes);
	*ring = (struct vring_split){0};
}

static inline void
post(struct vring_split *ring, struct rte_mbuf *mbuf, const uint8_t *address, uint32_t bytes,
     uint32_t room_bytes, uint16_t flags)
{
	uint16_t id = ring->free_ids[--ring->n_free];

	ring->mbufs[id] = mbuf;
	ring->room_bytes[id] = room_bytes;
	ring->desc[id] = (struct vring_desc){
		.addr = (uintptr_t)address + ring->iova_offset,
		.len = bytes,
		.flags = flags,
	};
	ring->avail->ring[ring->avail_index++ & ring->mask] = id;
}

static inline void
publish(struct vring_split *ring)
{
	__atomic_store_n(&ring->avail->idx, ring->avail_index, __ATOMIC_RELEASE);
}

void
vring_split_post_rx(struct vring_split *ring, struct rte_mbuf **bufs, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		uint8_t *start = (uint8_t *)bufs[i]->buf_addr + RTE_PKTMBUF_HEADROOM -
				 VNET_HEADER_BYTES;
		uint32_t bytes = bufs[i]->buf_len - RTE_PKTMBUF_HEADROOM + VNET_HEADER_BYTES;

		post(ring, bufs[i], start, bytes, bytes, VRING_DESC_F_WRITE);
	}
	publish(ring);
}

void
vring_split_post_tx(struct vring_split *ring, struct rte_mbuf **bufs, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		uint8_t *start = rte_pktmbuf_mtod(bufs[i], uint8_t *) - VNET_HEADER_BYTES;

		memset(start, 0, VNET_HEADER_BYTES);
		/* What a device writes as the used length of a buffer that it only read means nothing. */
		post(ring, bufs[i], start, bufs[i]->data_len + VNET_HEADER_BYTES, UINT32_MAX, 0);
	}
	publish(ring);
}

static void __rte_cold
out_of_service(struct vring_split *ring, enum ring_fault fault, uint32_t found)
{
	ring->fault = fault;
	ring->faults++;
	log_error("virtqueue out of service: the host wrote a bad %s: %u", ring_fault_name(fault),
		  found);
}

uint16_t
vring_split_harvest(struct vring_split *ring, struct rte_mbuf **bufs, uint32_t *length_bytes,
		    uint16_t n)
{
	uint16_t index = __atomic_load_n(&ring->used->idx, __ATOMIC_ACQUIRE);
	uint16_t ready = index - ring->used_index, outstanding = ring->size - ring->n_free;
	uint16_t taken;

	if (unlikely(ring->fault))
		return 0;
	if (unlikely(ready > outstanding)) {
		out_of_service(ring, RING_FAULT_USED_INDEX, index);
		return 0;
	}
	n = RTE_MIN(n, ready);
	for (taken = 0; taken < n; taken++) {
		const void *slot = &ring->used->ring[ring->used_index & ring->mask];
		uint64_t element = __atomic_load_n((const uint64_t *)slot, __ATOMIC_RELAXED);
		uint32_t id = (uint32_t)element, length = (uint32_t)(element >> 32);

		if (unlikely(id >= ring->size || !ring->mbufs[id])) {
			out_of_service(ring, RING_FAULT_ID, id);
			break;
		}
		if (unlikely(length < ring->least_bytes || length > ring->room_bytes[id])) {
			out_of_service(ring, RING_FAULT_LENGTH, length);
			break;
		}
		bufs[taken] = ring->mbufs[id];
		length_bytes[taken] = length;
		ring->mbufs[id] = NULL;
		ring->free_ids[ring->n_free++] = id;
		ring->used_index++;
	}
	return taken;
}

bool
vring_split_wants_kick(const struct vring_split *ring)
{
	/* The flag must be read after the index is visible, or a sleeping device is never woken. */
	rte_mb();
	return !(__atomic_load_n(&ring->used->flags, __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY);
}

const char *
ring_fault_name(enum ring_fault fault)
{
	static const char *const names[] = {"none", "used index", "id", "length"};

	return names[fault];
}
