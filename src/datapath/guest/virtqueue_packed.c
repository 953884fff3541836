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

#define EVENT_WRAP (1u << VRING_PACKED_EVENT_F_WRAP_CTR)

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

/* When the device is to interrupt (2.8.10). */
static uint16_t
event_flags(const struct virtqueue *ring)
{
	if (!ring->interrupts)
		return VRING_PACKED_EVENT_FLAG_DISABLE;
	return ring->event_idx ? VRING_PACKED_EVENT_FLAG_DESC : VRING_PACKED_EVENT_FLAG_ENABLE;
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
	driver->flags = event_flags(ring);
	driver->off_wrap = EVENT_WRAP;
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
struct burst {
	uint16_t first, flags;
	bool begun;
};

static inline void
describe(struct virtqueue *ring, struct virtqueue_buffer buffer, uint16_t id, uint16_t flags,
	 struct burst *burst)
{
	struct vring_packed_desc *desc = ring->descriptor_area;
	uint16_t all_flags = ring->avail_flags | flags, slot = advance_avail(ring);

	desc[slot].addr = buffer.iova;
	desc[slot].len = buffer.bytes;
	desc[slot].id = id;
	if (burst->begun) {
		desc[slot].flags = all_flags;
		return;
	}
	*burst = (struct burst){slot, all_flags, true};
}

static inline void
publish(struct virtqueue *ring, const struct burst *burst)
{
	struct vring_packed_desc *desc = ring->descriptor_area;

	if (burst->begun)
		__atomic_store_n(&desc[burst->first].flags, burst->flags, __ATOMIC_RELEASE);
}

static void
packed_post_rx(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n)
{
	struct burst burst = {0};

	for (uint16_t i = 0; i < n; i++) {
		struct virtqueue_buffer buffer = virtqueue_rx_buffer(ring, bufs[i]);

		describe(ring, buffer, buffer.id, VRING_DESC_F_WRITE, &burst);
	}
	publish(ring, &burst);
}

/* One frame of n segments: the device speaks of all of them by the first one's id (2.8.6). */
static inline void
post_chain(struct virtqueue *ring, struct rte_mbuf **segments, uint16_t n, struct burst *burst)
{
	struct virtqueue_buffer buffer = virtqueue_tx_buffer(ring, segments[0]);
	uint16_t head = buffer.id;

	for (uint16_t i = 1; i < n; i++) {
		uint16_t before = buffer.id;

		describe(ring, buffer, head, VRING_DESC_F_NEXT, burst);
		buffer = virtqueue_tx_segment(ring, segments[i]);
		ring->links[before].next = buffer.id;
	}
	describe(ring, buffer, head, 0, burst);
	ring->links[head].n_segments = n;
}

static __rte_always_inline void
post_tx(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n, bool chained)
{
	struct burst burst = {0};

	for (uint16_t i = 0, segments; i < n; i += segments) {
		segments = chained ? bufs[i]->nb_segs : 1;
		if (chained) {
			post_chain(ring, &bufs[i], segments, &burst);
			continue;
		}
		struct virtqueue_buffer buffer = virtqueue_tx_buffer(ring, bufs[i]);

		describe(ring, buffer, buffer.id, 0, &burst);
	}
	publish(ring, &burst);
}

static inline bool
is_used(uint16_t flags, bool wrap)
{
	bool avail = flags & AVAIL_FLAG, used = flags & USED_FLAG;

	return avail == used && used == wrap;
}

/* The next descriptor to be used lies behind a buffer's n; the wrap counter turns at the ring's end. */
static inline void
advance_used(struct virtqueue *ring, uint16_t n)
{
	ring->used_index += n;
	if (unlikely(ring->used_index >= ring->size)) {
		ring->used_index -= ring->size;
		ring->used_wrap = !ring->used_wrap;
	}
}

/*
 * The mbufs of one used descriptor, and their number; 0 when they are more than n,
 * or none that are outstanding: out of service.
 */
static __rte_always_inline uint16_t
take(struct virtqueue *ring, uint64_t word, struct rte_mbuf **bufs, uint32_t *length_bytes,
     uint16_t n, bool chained)
{
	uint16_t id = (uint16_t)(word >> 32);

	*length_bytes = (uint32_t)word;
	if (chained) {
		uint16_t segments = virtqueue_chain_segments(ring, id);

		if (unlikely(!segments || segments > n))
			return 0;
		virtqueue_return_chain(ring, id, bufs, segments);
		return segments;
	}
	*bufs = virtqueue_return_id(ring, id, *length_bytes);
	return !virtqueue_violated(!*bufs);
}

static __rte_always_inline uint16_t
harvest(struct virtqueue *ring, struct rte_mbuf **bufs, uint32_t *length_bytes, uint16_t n,
	bool chained, bool event_idx)
{
	const struct vring_packed_desc *desc = ring->descriptor_area;
	uint16_t outstanding = ring->size - ring->n_free, taken, segments;

	if (virtqueue_violated(ring->fault))
		return 0;
	/* Flags of descriptors that are not outstanding are the host's to invent: they are not looked at. */
	n = RTE_MIN(n, outstanding);
	for (taken = 0; taken < n; taken += segments) {
		const void *at = &desc[ring->used_index].len;
		uint64_t word = __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);

		if (!is_used((uint16_t)(word >> 48), ring->used_wrap))
			break;
		segments = take(ring, word, &bufs[taken], &length_bytes[taken], n - taken, chained);
		if (unlikely(!segments))
			break;
		advance_used(ring, segments);
	}
	if (event_idx && taken) {
		struct vring_packed_desc_event *driver = ring->driver_area;
		uint16_t wrap = ring->used_wrap ? EVENT_WRAP : 0;

		__atomic_store_n(&driver->off_wrap, ring->used_index | wrap, __ATOMIC_RELAXED);
	}
	return taken;
}

/* The index is to be seen before the flags that make it count. */
static void
packed_ask_calls(struct virtqueue *ring, uint16_t buffers)
{
	struct vring_packed_desc_event *driver = ring->driver_area;
	uint16_t on = ring->event_idx ? VRING_PACKED_EVENT_FLAG_DESC :
					VRING_PACKED_EVENT_FLAG_ENABLE;
	uint16_t at = ring->used_index + buffers - 1;
	bool wrap = ring->used_wrap;

	if (at >= ring->size) {
		at -= ring->size;
		wrap = !wrap;
	}
	if (buffers)
		__atomic_store_n(&driver->off_wrap, at | (wrap ? EVENT_WRAP : 0), __ATOMIC_RELAXED);
	__atomic_store_n(&driver->flags, buffers ? on : VRING_PACKED_EVENT_FLAG_DISABLE,
			 __ATOMIC_RELEASE);
	rte_mb();
}

static bool
packed_any_used(const struct virtqueue *ring)
{
	const struct vring_packed_desc *desc = ring->descriptor_area;

	return ring->n_free < ring->size &&
	       is_used(__atomic_load_n(&desc[ring->used_index].flags, __ATOMIC_RELAXED),
		       ring->used_wrap);
}

/* What the device has written, flags above event index: read at once. */
static inline uint32_t
device_event(const struct virtqueue *ring)
{
	/* It must be read after the descriptors are visible, or a sleeping device is never woken. */
	rte_mb();
	return __atomic_load_n((const uint32_t *)ring->device_area, __ATOMIC_RELAXED);
}

static bool
packed_wants_kick(struct virtqueue *ring)
{
	return device_event(ring) >> 16 != VRING_PACKED_EVENT_FLAG_DISABLE;
}

/*
 * Has a descriptor been passed since the device was last asked at which it wants a
 * kick (2.8.10)? What lies before the ring's turn counts as below 0.
 */
static bool
packed_wants_kick_event(struct virtqueue *ring)
{
	uint16_t before = ring->kick_index, now = ring->avail_index;
	uint32_t event = device_event(ring);
	bool event_wrap = event & EVENT_WRAP, avail_wrap = ring->avail_flags & AVAIL_FLAG;
	uint16_t at = event & (EVENT_WRAP - 1);

	ring->kick_index = now;
	if (event >> 16 != VRING_PACKED_EVENT_FLAG_DESC)
		return event >> 16 != VRING_PACKED_EVENT_FLAG_DISABLE;
	if (before >= now)
		before -= ring->size;
	if (event_wrap != avail_wrap)
		at -= ring->size;
	return vring_need_event(at, now, before);
}

#define POST_TX(suffix, chained)                                                                   \
	static void packed_post_tx_##suffix(struct virtqueue *ring, struct rte_mbuf **bufs,        \
					    uint16_t n)                                            \
	{                                                                                          \
		post_tx(ring, bufs, n, chained);                                                   \
	}

POST_TX(plain, false)
POST_TX(chained, true)

#define HARVEST(suffix, chained, event_idx)                                                        \
	static uint16_t packed_harvest_##suffix(struct virtqueue *ring, struct rte_mbuf **bufs,    \
						uint32_t *length_bytes, uint16_t n)                \
	{                                                                                          \
		return harvest(ring, bufs, length_bytes, n, chained, event_idx);                   \
	}

HARVEST(plain, false, false)
HARVEST(plain_event, false, true)
HARVEST(chained, true, false)
HARVEST(chained_event, true, true)

extern const struct virtqueue_format virtqueue_format_packed;

const struct virtqueue_format virtqueue_format_packed = {
	.name = "packed",
	.help = "one ring that driver and device both write",
	.features = 1ull << VIRTIO_F_RING_PACKED,
	.start_base = 1u << 15, /* index 0, wrap counter 1 */
	.region_bytes = packed_region_bytes,
	.open_areas = packed_open_areas,
	.ask_calls = packed_ask_calls,
	.any_used = packed_any_used,
	.ops =
		{
			{{packed_post_rx, packed_post_tx_plain, packed_harvest_plain,
			  packed_wants_kick},
			 {packed_post_rx, packed_post_tx_plain, packed_harvest_plain_event,
			  packed_wants_kick_event}},
			{{packed_post_rx, packed_post_tx_chained, packed_harvest_chained,
			  packed_wants_kick},
			 {packed_post_rx, packed_post_tx_chained, packed_harvest_chained_event,
			  packed_wants_kick_event}},
		},
};
