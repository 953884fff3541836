/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/virtio_ring.h>

#include <rte_common.h>

#include "attacks.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue.h"

#define AVAIL_FLAG (1u << VRING_PACKED_DESC_F_AVAIL)
#define USED_FLAG (1u << VRING_PACKED_DESC_F_USED)
#define FRAME_BYTES_LEAST 60u
/* Of frames' bytes in the noise that they are cut from; a power of two. */
#define PLACES 4096u

int
device_open(struct device *device, const struct region *region)
{
	memset(device, 0, sizeof(*device));
	device->bytes = region->size_bytes;
	device->fd = region->fd;
	device->memory =
		mmap(NULL, device->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd, 0);
	return device->memory == MAP_FAILED ? -errno : 0;
}

void
device_close(struct device *device)
{
	munmap(device->memory, device->bytes);
}

void
device_wipe(struct device_ring *ring)
{
	if (!ring->size)
		return;
	memset(ring->descriptors, 0, ring->descriptor_bytes);
	memset(ring->driver, 0, ring->driver_bytes);
	memset(ring->device, 0, ring->device_bytes);
}

uint8_t *
device_at(const struct device *device, const struct device_ring *ring, uint64_t iova,
	  uint64_t bytes)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct device_window *window = &ring->windows[i];
		uint64_t offset = iova - REGION_IOVA - window->start;

		if (offset <= window->bytes && bytes <= window->bytes - offset)
			return device->memory + window->start + offset;
	}
	return NULL;
}

/* Both formats begin a descriptor with address and length; of flags only NEXT has one value in both. */
struct descriptor {
	uint64_t iova;
	uint32_t bytes;
	uint16_t flags, next, id;
};

static struct descriptor
descriptor_at(const struct device_ring *ring, uint16_t at)
{
	const struct vring_desc *split = (const struct vring_desc *)ring->descriptors + at;
	const struct vring_packed_desc *packed =
		(const struct vring_packed_desc *)ring->descriptors + at;

	if (!ring->packed)
		return (struct descriptor){split->addr, split->len, split->flags,
					   split->next % ring->size, at};
	return (struct descriptor){packed->addr, packed->len, packed->flags,
				   (uint16_t)(at + 1) % ring->size, packed->id};
}

/* The chain that begins there. Its id is the last descriptor's in a packed ring (virtio 1.2, 2.8.6). */
static struct device_buffer
buffer_at(const struct device_ring *ring, uint16_t at)
{
	struct descriptor descriptor = descriptor_at(ring, at);
	struct device_buffer buffer = {descriptor.iova, descriptor.bytes, at, at, 1};

	while (descriptor.flags & VRING_DESC_F_NEXT && buffer.n_descriptors < ring->size) {
		descriptor = descriptor_at(ring, descriptor.next);
		buffer.n_descriptors++;
	}
	if (ring->packed)
		buffer.id = descriptor.id;
	return buffer;
}

static bool
take_split(struct device_ring *ring)
{
	const struct vring_avail *avail = (const void *)ring->driver;

	if (ring->avail_next == __atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE))
		return false;
	ring->held[ring->n_held++] =
		buffer_at(ring, avail->ring[ring->avail_next++ % ring->size] % ring->size);
	return true;
}

/* So many places on; the wrap counter turns at the ring's end. */
static void
advance(const struct device_ring *ring, uint16_t *place, bool *wrap, uint16_t n)
{
	*wrap ^= *place + n >= ring->size;
	*place = (uint16_t)(*place + n) % ring->size;
}

static bool
take_packed(struct device_ring *ring)
{
	const struct vring_packed_desc *desc =
		(const struct vring_packed_desc *)ring->descriptors + ring->avail_next;
	uint16_t flags = __atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE);

	if (!(flags & AVAIL_FLAG) == ring->avail_wrap || !(flags & USED_FLAG) != ring->avail_wrap)
		return false;
	struct device_buffer buffer = buffer_at(ring, ring->avail_next);

	ring->held[ring->n_held++] = buffer;
	advance(ring, &ring->avail_next, &ring->avail_wrap, buffer.n_descriptors);
	return true;
}

void
device_take(struct device_ring *ring)
{
	while (ring->n_held < ring->size && (ring->packed ? take_packed(ring) : take_split(ring)))
		;
}

void
device_use(struct device_ring *ring, uint32_t id, uint32_t length_bytes, uint16_t n_descriptors)
{
	ring->writes++;
	if (!ring->packed) {
		struct vring_used *used = (void *)ring->device;

		used->ring[ring->used_next++ % ring->size] =
			(struct vring_used_elem){id, length_bytes};
		__atomic_store_n(&used->idx, ring->used_next, __ATOMIC_RELEASE);
		return;
	}
	struct vring_packed_desc *desc =
		(struct vring_packed_desc *)ring->descriptors + ring->used_next;

	desc->id = (uint16_t)id;
	desc->len = length_bytes;
	__atomic_store_n(&desc->flags, ring->used_wrap ? AVAIL_FLAG | USED_FLAG : 0,
			 __ATOMIC_RELEASE);
	advance(ring, &ring->used_next, &ring->used_wrap, n_descriptors);
}

uint32_t
device_gather(const struct device *device, const struct device_ring *ring,
	      const struct device_buffer *buffer, uint8_t *into, uint32_t size)
{
	uint32_t gathered = 0;
	uint16_t at = buffer->first;

	for (uint16_t i = 0; i < buffer->n_descriptors; i++) {
		struct descriptor descriptor = descriptor_at(ring, at);
		const uint8_t *from = device_at(device, ring, descriptor.iova, descriptor.bytes);

		if (!from || descriptor.bytes > size - gathered)
			return 0;
		memcpy(into + gathered, from, descriptor.bytes);
		gathered += descriptor.bytes;
		at = descriptor.next;
	}
	return gathered;
}

struct device_buffer
device_pick(struct device_ring *ring, struct choices *choices)
{
	uint16_t at = (uint16_t)choose(choices, ring->n_held);
	struct device_buffer buffer = ring->held[at];

	ring->held[at] = ring->held[--ring->n_held];
	return buffer;
}

/* One buffer's part of a frame, behind the header in the first. */
static void
fill(const struct device *device, struct device_ring *ring, struct device_buffer buffer,
     const uint8_t *part, uint32_t bytes, uint16_t n_buffers)
{
	uint32_t header_bytes = n_buffers ? VNET_HEADER_BYTES : 0;
	uint8_t *at = device_at(device, ring, buffer.iova, header_bytes + bytes);

	if (at) {
		memset(at, 0, header_bytes);
		if (n_buffers)
			memcpy(at + VNET_HEADER_BYTES - sizeof(n_buffers), &n_buffers,
			       sizeof(n_buffers));
		memcpy(at + header_bytes, part, bytes);
	}
	device_use(ring, buffer.id, header_bytes + bytes, buffer.n_descriptors);
}

bool
device_receive(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	const uint8_t *frame = frame_bytes(ring->sequence);
	uint32_t bytes = frame_length_bytes(ring->sequence, ring->frame_bytes_max);
	uint16_t n = (uint16_t)((VNET_HEADER_BYTES + bytes + DEVICE_BUFFER_BYTES - 1) /
				DEVICE_BUFFER_BYTES);

	device_take(ring);
	if (ring->n_held < n)
		return false;
	ring->sequence++;
	for (uint16_t i = 0; i < n; i++) {
		uint32_t part = RTE_MIN(bytes, DEVICE_BUFFER_BYTES - (i ? 0 : VNET_HEADER_BYTES));

		fill(device, ring, device_pick(ring, choices), frame, part, i ? 0 : n);
		frame += part;
		bytes -= part;
	}
	return true;
}

bool
device_transmit(struct device_ring *ring, struct choices *choices)
{
	device_take(ring);
	if (!ring->n_held)
		return false;
	struct device_buffer buffer = device_pick(ring, choices);

	/* What a device says it wrote into a buffer that it could only read means nothing. */
	device_use(ring, buffer.id, (uint32_t)choose_value(choices, 0), buffer.n_descriptors);
	return true;
}

void
device_follow(struct device *device, unsigned int index, const struct region *region,
	      const struct virtqueue *ring, uint16_t position, bool wrap, struct choices *choices)
{
	struct device_ring *mine = &device->rings[index];
	const struct device_ring before = *mine;
	bool packed = ring->format == virtqueue_formats[1];

	*mine = (struct device_ring){
		.packed = packed,
		.size = ring->size,
		.descriptors = device->memory + ((uint8_t *)ring->descriptor_area - region->base),
		.driver = device->memory + ((uint8_t *)ring->driver_area - region->base),
		.device = device->memory + ((uint8_t *)ring->device_area - region->base),
		/* A descriptor has 16 bytes in both formats. */
		.descriptor_bytes = 16u * ring->size,
		.driver_bytes = packed ? sizeof(struct vring_packed_desc_event) :
					 sizeof(struct vring_avail) + 2 * (ring->size + 1u),
		.device_bytes = packed ? sizeof(struct vring_packed_desc_event) :
					 sizeof(struct vring_used) + 8u * ring->size + 2,
		.avail_next = position,
		.used_next = position,
		.avail_wrap = wrap,
		.used_wrap = wrap,
		.windows = {before.windows[0], before.windows[1]},
		.attacks = attacks_choose(choices),
		.frame_bytes_max = before.frame_bytes_max,
		.writes = before.writes,
	};
}

/* Short ones mostly: what matters are the rings. */
uint32_t
frame_length_bytes(uint32_t sequence, uint32_t most_bytes)
{
	uint32_t hash = (sequence + 1) * 2654435761u >> 8;
	uint32_t range = hash % 16 ? 64 : most_bytes - FRAME_BYTES_LEAST + 1;

	return FRAME_BYTES_LEAST + hash / 16 % range;
}

/* A frame is a window on bytes of no pattern; the next one's lies elsewhere. */
const uint8_t *
frame_bytes(uint32_t sequence)
{
	static uint8_t noise[PLACES + FRAME_BYTES_MOST];

	if (!noise[0]) {
		struct random_state random = {1};

		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)(1 + random_below(&random, UINT8_MAX));
	}
	return noise + sequence * 61u % PLACES;
}

bool
frame_is(const uint8_t *at, uint32_t bytes, uint32_t sequence, uint32_t most_bytes)
{
	return bytes == frame_length_bytes(sequence, most_bytes) &&
	       !memcmp(at, frame_bytes(sequence), bytes);
}
