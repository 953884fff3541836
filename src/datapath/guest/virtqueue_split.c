/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The split format (virtio 1.2, 2.7): a descriptor table, a ring of available
 * ids that the driver writes, a ring of used elements that the device writes.
 */
#include <errno.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <rte_atomic.h>

#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue_private.h"

/*
 * The used ring starts 4 bytes behind a cache line's start (the specification
 * wants 4-byte alignment): that puts its 8-byte elements on 8-byte boundaries,
 * so that id and length are read by one load.
 */
#define USED_SKEW_BYTES 4u

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
	return USED_SKEW_BYTES + sizeof(struct vring_used) + sizeof(struct vring_used_elem) * size +
	       sizeof(__virtio16);
}

static size_t
split_region_bytes(uint16_t size)
{
	return desc_bytes(size) + avail_bytes(size) + used_bytes(size) + 3 * VIRTQUEUE_ALIGN_BYTES;
}

static int
split_open_areas(struct virtqueue *ring, struct region *region)
{
	struct vring_avail *avail;
	uint8_t *used;

	ring->descriptor_area = region_carve(region, desc_bytes(ring->size), VIRTQUEUE_ALIGN_BYTES);
	avail = region_carve(region, avail_bytes(ring->size), VIRTQUEUE_ALIGN_BYTES);
	used = region_carve(region, used_bytes(ring->size), VIRTQUEUE_ALIGN_BYTES);
	if (!ring->descriptor_area || !avail || !used)
		return -ENOMEM;
	/* Completions are polled for: no interrupts. */
	avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	ring->driver_area = avail;
	ring->device_area = used + USED_SKEW_BYTES;
	return 0;
}

static inline void
offer(struct virtqueue *ring, struct virtqueue_buffer buffer, uint16_t flags)
{
	struct vring_desc *desc = ring->descriptor_area;
	struct vring_avail *avail = ring->driver_area;

	desc[buffer.id] = (struct vring_desc){
		.addr = buffer.iova,
		.len = buffer.bytes,
		.flags = flags,
	};
	avail->ring[ring->avail_index++ & ring->mask] = buffer.id;
}

static inline void
publish(struct virtqueue *ring)
{
	struct vring_avail *avail = ring->driver_area;

	__atomic_store_n(&avail->idx, ring->avail_index, __ATOMIC_RELEASE);
}

static void
split_post_rx(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		offer(ring, virtqueue_rx_buffer(ring, bufs[i]), VRING_DESC_F_WRITE);
	publish(ring);
}

static void
split_post_tx(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		offer(ring, virtqueue_tx_buffer(ring, bufs[i]), 0);
	publish(ring);
}

static uint16_t
split_harvest(struct virtqueue *ring, struct rte_mbuf **bufs, uint32_t *length_bytes, uint16_t n)
{
	const struct vring_used *used = ring->device_area;
	uint16_t index = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
	uint16_t ready = index - ring->used_index, outstanding = ring->size - ring->n_free;
	uint16_t taken;

	if (unlikely(ring->fault))
		return 0;
	if (unlikely(ready > outstanding)) {
		virtqueue_out_of_service(ring, RING_FAULT_USED_INDEX, index);
		return 0;
	}
	n = RTE_MIN(n, ready);
	for (taken = 0; taken < n; taken++) {
		const void *slot = &used->ring[ring->used_index & ring->mask];
		uint64_t element = __atomic_load_n((const uint64_t *)slot, __ATOMIC_RELAXED);

		length_bytes[taken] = (uint32_t)(element >> 32);
		bufs[taken] = virtqueue_return_id(ring, (uint32_t)element, length_bytes[taken]);
		if (unlikely(!bufs[taken]))
			break;
		ring->used_index++;
	}
	return taken;
}

static bool
split_wants_kick(const struct virtqueue *ring)
{
	const struct vring_used *used = ring->device_area;

	/* The flag must be read after the index is visible, or a sleeping device is never woken. */
	rte_mb();
	return !(__atomic_load_n(&used->flags, __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY);
}

extern const struct virtqueue_format virtqueue_format_split;

const struct virtqueue_format virtqueue_format_split = {
	.name = "split",
	.help = "descriptor table, available ring and used ring",
	.features = 0,
	.start_base = 0,
	.region_bytes = split_region_bytes,
	.open_areas = split_open_areas,
	.post_rx = split_post_rx,
	.post_tx = split_post_tx,
	.harvest = split_harvest,
	.wants_kick = split_wants_kick,
};
