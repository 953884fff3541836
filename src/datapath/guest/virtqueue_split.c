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

/* Where the driver says at which used index it wants an interrupt (2.7.6). */
static inline uint16_t *
used_event(struct vring_avail *avail, uint16_t size)
{
	return &avail->ring[size];
}

/* Where the device says at which available index it wants a kick (2.7.8). */
static inline const uint16_t *
avail_event(const struct vring_used *used, uint16_t size)
{
	return (const uint16_t *)&used->ring[size];
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
	/* With event indices the flags stay 0 (2.7.7.1). */
	if (ring->event_idx)
		*used_event(avail, ring->size) = ring->event_ahead;
	else if (!ring->interrupts)
		avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	ring->driver_area = avail;
	ring->device_area = used + USED_SKEW_BYTES;
	return 0;
}

static inline void
describe(struct virtqueue *ring, struct virtqueue_buffer buffer, uint16_t flags, uint16_t next)
{
	struct vring_desc *desc = ring->descriptor_area;

	desc[buffer.id] = (struct vring_desc){
		.addr = buffer.iova,
		.len = buffer.bytes,
		.flags = flags,
		.next = next,
	};
}

static inline void
offer(struct virtqueue *ring, uint16_t id)
{
	struct vring_avail *avail = ring->driver_area;

	avail->ring[ring->avail_index++ & ring->mask] = id;
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
	for (uint16_t i = 0; i < n; i++) {
		struct virtqueue_buffer buffer = virtqueue_rx_buffer(ring, bufs[i]);

		describe(ring, buffer, VRING_DESC_F_WRITE, 0);
		offer(ring, buffer.id);
	}
	publish(ring);
}

/* One frame of n segments. A descriptor is written when the id behind it is known. */
static inline void
post_chain(struct virtqueue *ring, struct rte_mbuf **segments, uint16_t n)
{
	struct virtqueue_buffer buffer = virtqueue_tx_buffer(ring, segments[0]);
	uint16_t head = buffer.id;

	for (uint16_t i = 1; i < n; i++) {
		struct virtqueue_buffer behind = virtqueue_tx_segment(ring, segments[i]);

		describe(ring, buffer, VRING_DESC_F_NEXT, behind.id);
		ring->links[buffer.id].next = behind.id;
		buffer = behind;
	}
	describe(ring, buffer, 0, 0);
	ring->links[head].n_segments = n;
	offer(ring, head);
}

static __rte_always_inline void
post_tx(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n, bool chained)
{
	for (uint16_t i = 0, segments; i < n; i += segments) {
		segments = chained ? bufs[i]->nb_segs : 1;
		if (chained) {
			post_chain(ring, &bufs[i], segments);
			continue;
		}
		struct virtqueue_buffer buffer = virtqueue_tx_buffer(ring, bufs[i]);

		describe(ring, buffer, 0, 0);
		offer(ring, buffer.id);
	}
	publish(ring);
}

/*
 * The mbufs of one used element, and their number; 0 when they are more than n, or
 * none that are outstanding: out of service.
 */
static __rte_always_inline uint16_t
take(struct virtqueue *ring, uint64_t element, struct rte_mbuf **bufs, uint32_t *length_bytes,
     uint16_t n, bool chained)
{
	uint32_t id = (uint32_t)element;

	*length_bytes = (uint32_t)(element >> 32);
	if (chained) {
		uint16_t segments = virtqueue_chain_segments(ring, id);

		if (unlikely(!segments || segments > n))
			return 0;
		virtqueue_return_chain(ring, (uint16_t)id, bufs, segments);
		return segments;
	}
	*bufs = virtqueue_return_id(ring, id, *length_bytes);
	return !virtqueue_violated(!*bufs);
}

static __rte_always_inline uint16_t
harvest(struct virtqueue *ring, struct rte_mbuf **bufs, uint32_t *length_bytes, uint16_t n,
	bool chained, bool event_idx)
{
	const struct vring_used *used = ring->device_area;
	uint16_t index = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
	uint16_t ready = index - ring->used_index,
		 outstanding = ring->avail_index - ring->used_index;
	uint16_t taken = 0, segments;

	if (virtqueue_violated(ring->fault))
		return 0;
	if (virtqueue_violated(ready > outstanding)) {
		virtqueue_out_of_service(ring, RING_FAULT_USED_INDEX, index);
		return 0;
	}
	if (!chained)
		n = RTE_MIN(n, ready);
	for (; taken < n && (!chained || ready--); taken += segments) {
		const void *slot = &used->ring[ring->used_index & ring->mask];
		uint64_t element = __atomic_load_n((const uint64_t *)slot, __ATOMIC_RELAXED);

		segments =
			take(ring, element, &bufs[taken], &length_bytes[taken], n - taken, chained);
		if (unlikely(!segments))
			break;
		ring->used_index++;
	}
	if (event_idx && taken)
		__atomic_store_n(used_event(ring->driver_area, ring->size),
				 (uint16_t)(ring->used_index + ring->event_ahead),
				 __ATOMIC_RELAXED);
	return taken;
}

static void
split_ask_calls(struct virtqueue *ring, uint16_t buffers)
{
	struct vring_avail *avail = ring->driver_area;
	uint16_t ahead = buffers ? buffers - 1 : UINT16_MAX;

	if (ring->event_idx)
		__atomic_store_n(used_event(avail, ring->size),
				 (uint16_t)(ring->used_index + ahead), __ATOMIC_RELAXED);
	else
		__atomic_store_n(&avail->flags, buffers ? 0 : VRING_AVAIL_F_NO_INTERRUPT,
				 __ATOMIC_RELAXED);
	rte_mb();
}

static bool
split_any_used(const struct virtqueue *ring)
{
	const struct vring_used *used = ring->device_area;

	return __atomic_load_n(&used->idx, __ATOMIC_RELAXED) != ring->used_index;
}

/* What the device has written must be read after the index is visible, or a sleeping one is never woken. */
static bool
split_wants_kick(struct virtqueue *ring)
{
	const struct vring_used *used = ring->device_area;

	rte_mb();
	return !(__atomic_load_n(&used->flags, __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY);
}

/* Has the index passed the device's event index since the device was last asked (2.7.10)? */
static bool
split_wants_kick_event(struct virtqueue *ring)
{
	uint16_t before = ring->kick_index, now = ring->avail_index;

	ring->kick_index = now;
	rte_mb();
	return vring_need_event(__atomic_load_n(avail_event(ring->device_area, ring->size),
						__ATOMIC_RELAXED),
				now, before);
}

#define POST_TX(suffix, chained)                                                                   \
	static void split_post_tx_##suffix(struct virtqueue *ring, struct rte_mbuf **bufs,         \
					   uint16_t n)                                             \
	{                                                                                          \
		post_tx(ring, bufs, n, chained);                                                   \
	}

POST_TX(plain, false)
POST_TX(chained, true)

#define HARVEST(suffix, chained, event_idx)                                                        \
	static uint16_t split_harvest_##suffix(struct virtqueue *ring, struct rte_mbuf **bufs,     \
					       uint32_t *length_bytes, uint16_t n)                 \
	{                                                                                          \
		return harvest(ring, bufs, length_bytes, n, chained, event_idx);                   \
	}

HARVEST(plain, false, false)
HARVEST(plain_event, false, true)
HARVEST(chained, true, false)
HARVEST(chained_event, true, true)

extern const struct virtqueue_format virtqueue_format_split;

const struct virtqueue_format virtqueue_format_split = {
	.name = "split",
	.help = "descriptor table, available ring and used ring",
	.features = 0,
	.start_base = 0,
	.region_bytes = split_region_bytes,
	.open_areas = split_open_areas,
	.ask_calls = split_ask_calls,
	.any_used = split_any_used,
	.ops =
		{
			{{split_post_rx, split_post_tx_plain, split_harvest_plain, split_wants_kick},
			 {split_post_rx, split_post_tx_plain, split_harvest_plain_event,
			  split_wants_kick_event}},
			{{split_post_rx, split_post_tx_chained, split_harvest_chained,
			  split_wants_kick},
			 {split_post_rx, split_post_tx_chained, split_harvest_chained_event,
			  split_wants_kick_event}},
		},
};
