/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packed format (virtio 1.2, 2.8): one ring of descriptors that driver and
 * device both write. Whose turn a descriptor is shows in two of its flags against
 * a wrap counter, so that length, id and flags of one are read by a single 8-byte
 * load, and no index is shared.
 */
#include <errno.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <rte_atomic.h>

#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue_private.h"

#define AVAIL_FLAG (1u << VRING_PACKED_DESC_F_AVAIL)
#define USED_FLAG (1u << VRING_PACKED_DESC_F_USED)

_Static_assert(offsetof(struct vring_packed_desc, len) == 8 &&
		       offsetof(struct vring_packed_desc, id) == 12 &&
		       offsetof(struct vring_packed_desc, flags) == 14,
	       "length, id and flags are one aligned 8-byte word");

static size_t
packed_region_bytes(uint16_t size)
{
	return sizeof(struct vring_packed_desc) * size +
	       2 * sizeof(struct vring_packed_desc_event) + 3 * VIRTQUEUE_ALIGN_BYTES;
}

static int
packed_open_areas(struct virtqueue *ring, struct region *region)
{
	size_t event_bytes = sizeof(struct vring_packed_desc_event);
	struct vring_packed_desc_event *driver;

	ring->descriptor_area = region_carve(region, sizeof(struct vring_packed_desc) * ring->size,
					     VIRTQUEUE_ALIGN_BYTES);
	driver = region_carve(region, event_bytes, VIRTQUEUE_ALIGN_BYTES);
	ring->device_area = region_carve(region, event_bytes, VIRTQUEUE_ALIGN_BYTES);
	if (!ring->descriptor_area || !driver || !ring->device_area)
		return -ENOMEM;
	/* Completions are polled for: no interrupts. */
	driver->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
	ring->driver_area = driver;
	/* Both wrap counters start at 1 (2.8.1). */
	ring->avail_flags = AVAIL_FLAG;
	ring->used_wrap = true;
	return 0;
}

/* Where the next descriptor goes; the wrap counter turns at the ring's end. */
static inline uint16_t
advance_avail(struct virtqueue *ring)
{
	uint16_t slot = ring->avail_index++;

	if (unlikely(ring->avail_index == ring->size)) {
		ring->avail_index = 0;
		ring->avail_flags ^= AVAIL_FLAG | USED_FLAG;
	}
	return slot;
}

/*
 * The first descriptor of a burst is made available last: until then the device,
 * which goes by order, sees none of them.
 */
static __rte_always_inline void
post(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n, bool rx)
{
	struct vring_packed_desc *desc = ring->descriptor_area;
	uint16_t first = ring->avail_index;
	uint16_t direction = rx ? VRING_DESC_F_WRITE : 0;
	uint16_t first_flags = ring->avail_flags | direction;

	for (uint16_t i = 0; i < n; i++) {
		struct virtqueue_buffer buffer = rx ? virtqueue_rx_buffer(ring, bufs[i]) :
						      virtqueue_tx_buffer(ring, bufs[i]);
		uint16_t flags = ring->avail_flags | direction, slot = advance_avail(ring);

		desc[slot].addr = buffer.iova;
		desc[slot].len = buffer.bytes;
		desc[slot].id = buffer.id;
		if (i)
			desc[slot].flags = flags;
	}
	if (n)
		__atomic_store_n(&desc[first].flags, first_flags, __ATOMIC_RELEASE);
}

static void
packed_post_rx(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n)
{
	post(ring, bufs, n, true);
}

static void
packed_post_tx(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n)
{
	post(ring, bufs, n, false);
}

static inline bool
is_used(uint16_t flags, bool wrap)
{
	bool avail = flags & AVAIL_FLAG, used = flags & USED_FLAG;

	return avail == used && used == wrap;
}

static uint16_t
packed_harvest(struct virtqueue *ring, struct rte_mbuf **bufs, uint32_t *length_bytes, uint16_t n)
{
	const struct vring_packed_desc *desc = ring->descriptor_area;
	uint16_t outstanding = ring->size - ring->n_free, taken;

	if (unlikely(ring->fault))
		return 0;
	/* Flags of descriptors that are not outstanding are the host's to invent: they are not looked at. */
	n = RTE_MIN(n, outstanding);
	for (taken = 0; taken < n; taken++) {
		const void *at = &desc[ring->used_index].len;
		uint64_t word = __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);

		if (!is_used((uint16_t)(word >> 48), ring->used_wrap))
			break;
		length_bytes[taken] = (uint32_t)word;
		bufs[taken] =
			virtqueue_return_id(ring, (uint16_t)(word >> 32), length_bytes[taken]);
		if (unlikely(!bufs[taken]))
			break;
		if (unlikely(++ring->used_index == ring->size)) {
			ring->used_index = 0;
			ring->used_wrap = !ring->used_wrap;
		}
	}
	return taken;
}

static bool
packed_wants_kick(const struct virtqueue *ring)
{
	const struct vring_packed_desc_event *device = ring->device_area;

	/* The flag must be read after the descriptors are visible, or a sleeping device is never woken. */
	rte_mb();
	return __atomic_load_n(&device->flags, __ATOMIC_RELAXED) != VRING_PACKED_EVENT_FLAG_DISABLE;
}

extern const struct virtqueue_format virtqueue_format_packed;

const struct virtqueue_format virtqueue_format_packed = {
	.name = "packed",
	.help = "one ring that driver and device both write",
	.features = 1ull << VIRTIO_F_RING_PACKED,
	.start_base = 1u << 15, /* index 0, wrap counter 1 */
	.region_bytes = packed_region_bytes,
	.open_areas = packed_open_areas,
	.post_rx = packed_post_rx,
	.post_tx = packed_post_tx,
	.harvest = packed_harvest,
	.wants_kick = packed_wants_kick,
};
