/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/virtio_ring.h>

#include <rte_common.h>

#include "datapath/guest/pools.h"
#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue.h"
#include "ledger.h"

#define AVAIL_FLAG (1u << VRING_PACKED_DESC_F_AVAIL)
#define USED_FLAG (1u << VRING_PACKED_DESC_F_USED)
#define PAGE_BYTES 4096u
#define FRAME_BYTES_LEAST 60u
/* What the guest posts to receive into: virtio header and data. */
#define BUFFER_BYTES (VNET_HEADER_BYTES + SLOT_BYTES - RTE_PKTMBUF_HEADROOM)
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

/* Any of those held: a device may use buffers in another order than they came. */
static struct device_buffer
pick(struct device_ring *ring, struct choices *choices)
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
	uint16_t n = (uint16_t)((VNET_HEADER_BYTES + bytes + BUFFER_BYTES - 1) / BUFFER_BYTES);

	device_take(ring);
	if (ring->n_held < n)
		return false;
	ring->sequence++;
	for (uint16_t i = 0; i < n; i++) {
		uint32_t part = RTE_MIN(bytes, BUFFER_BYTES - (i ? 0 : VNET_HEADER_BYTES));

		fill(device, ring, pick(ring, choices), frame, part, i ? 0 : n);
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
	struct device_buffer buffer = pick(ring, choices);

	/* What a device says it wrote into a buffer that it could only read means nothing. */
	device_use(ring, buffer.id, (uint32_t)choose_value(choices, 0), buffer.n_descriptors);
	return true;
}

/* A value of 1, 2, 4 or 8 bytes anywhere in the area, torn or whole. */
static void
scribble(uint8_t *area, size_t bytes, struct choices *choices)
{
	size_t width = RTE_MIN((size_t)1 << choose(choices, 4), bytes);
	uint8_t *at = area + choose(choices, bytes / width) * width;
	uint64_t was = 0, value;

	memcpy(&was, at, width);
	value = choose_value(choices, was);
	memcpy(at, &value, width);
}

static void
attack_descriptors(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	(void)device;
	scribble(ring->descriptors, ring->descriptor_bytes, choices);
}

static void
attack_driver_area(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	(void)device;
	scribble(ring->driver, ring->driver_bytes, choices);
}

static void
attack_device_area(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	(void)device;
	scribble(ring->device, ring->device_bytes, choices);
}

/* A word where the guest will look next. */
static void
attack_next_used(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	uint16_t at = (uint16_t)(ring->used_next + choose(choices, 4) - 1) % ring->size;
	const size_t packed_word_bytes = 8;

	(void)device;
	if (ring->packed)
		scribble(ring->descriptors + 16u * at + packed_word_bytes, packed_word_bytes,
			 choices);
	else
		scribble(ring->device + sizeof(struct vring_used) + 8u * at, 8, choices);
}

static void
attack_index(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	(void)device;
	if (ring->packed) {
		/* The ring's state shows in flags: so many descriptors more, or fewer, are used. */
		ring->used_next =
			(uint16_t)(ring->used_next + choose_value(choices, 0)) % ring->size;
		ring->used_wrap ^= choose(choices, 2);
		return;
	}
	struct vring_used *used = (void *)ring->device;

	ring->used_next = (uint16_t)choose_value(choices, ring->used_next);
	__atomic_store_n(&used->idx, ring->used_next, __ATOMIC_RELEASE);
}

/* A well-made used entry of an id or a length that is wrong. */
static void
attack_used_id(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	(void)device;
	device_use(ring, (uint32_t)choose_value(choices, choose(choices, ring->size)),
		   60 + (uint32_t)choose(choices, 1000), 1);
}

static void
attack_used_length(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	static const uint32_t near[] = {VNET_HEADER_BYTES, VNET_HEADER_BYTES + 14, 2060};

	(void)device;
	device_take(ring);
	if (ring->n_held)
		device_use(ring, pick(ring, choices).id,
			   (uint32_t)choose_value(choices, near[choose(choices, 3)]), 1);
}

static void
attack_used_twice(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	(void)device;
	device_take(ring);
	if (!ring->n_held)
		return;
	uint16_t id = pick(ring, choices).id;

	device_use(ring, id, 100, 1);
	device_use(ring, id, 100, 1);
}

/* A frame of some other number of buffers than there are, or than a frame takes. */
static void
attack_number_of_buffers(const struct device *device, struct device_ring *ring,
			 struct choices *choices)
{
	uint16_t n = (uint16_t)choose_value(choices, 1 + choose(choices, 6));
	uint32_t length_bytes = choose(choices, 2) ? BUFFER_BYTES : 100;

	device_take(ring);
	if (!ring->n_held)
		return;
	struct device_buffer buffer = pick(ring, choices);
	uint8_t *at = device_at(device, ring, buffer.iova, VNET_HEADER_BYTES);

	if (at)
		memcpy(at + VNET_HEADER_BYTES - sizeof(n), &n, sizeof(n));
	device_use(ring, buffer.id, length_bytes, 1);
	/* Sometimes as many come as it says, all of them full. */
	for (uint16_t i = choose(choices, 2) ? n : 1; i < n && ring->n_held; i++)
		device_use(ring, pick(ring, choices).id, BUFFER_BYTES, 1);
}

/* The virtio header and the frame in a buffer that the host holds, or held. */
static void
attack_buffer(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	const struct device_buffer *buffer = &ring->held[choose(choices, ring->size)];
	uint64_t bytes = choose(choices, 2) ? VNET_HEADER_BYTES : buffer->bytes;
	uint8_t *at = device_at(device, ring, buffer->iova, bytes);

	if (at && bytes >= sizeof(uint64_t))
		scribble(at, bytes, choices);
}

static void
attack_fill(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	static const uint8_t fills[] = {0, 0x80, 0xff};
	uint8_t fill = fills[choose(choices, sizeof(fills))];

	(void)device;
	switch (choose(choices, 3)) {
	case 0:
		memset(ring->descriptors, fill, ring->descriptor_bytes);
		break;
	case 1:
		memset(ring->driver, fill, ring->driver_bytes);
		break;
	default:
		memset(ring->device, fill, ring->device_bytes);
	}
}

static const struct {
	void (*act)(const struct device *device, struct device_ring *ring, struct choices *choices);
	unsigned int weight;
} attacks[] = {
	{attack_descriptors, 16},
	{attack_driver_area, 16},
	{attack_device_area, 4},
	{attack_next_used, 3},
	{attack_index, 1},
	{attack_used_id, 2},
	{attack_used_length, 3},
	{attack_used_twice, 1},
	{attack_buffer, 16},
	{attack_fill, 1},
	{attack_number_of_buffers, 2},
};

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

void
device_attack(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	unsigned int sum = 0, at;

	for (size_t i = 0; i < ATTACKS; i++)
		sum += ring->attacks >> i & 1 ? attacks[i].weight : 0;
	if (!sum)
		return;
	at = (unsigned int)choose(choices, sum);
	for (size_t i = 0; i < ATTACKS; i++) {
		unsigned int weight = ring->attacks >> i & 1 ? attacks[i].weight : 0;

		if (at < weight) {
			ring->writes++;
			attacks[i].act(device, ring, choices);
			return;
		}
		at -= weight;
	}
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
		.attacks = (uint32_t)choose(choices, 1u << ATTACKS),
		.frame_bytes_max = before.frame_bytes_max,
		.writes = before.writes,
	};
}

/* The 8-byte word in which the guest finds id and length of the entry used last. */
static uint64_t *
last_used_word(const struct device_ring *ring)
{
	uint16_t at = (uint16_t)(ring->used_next + ring->size - 1) % ring->size;
	void *word = ring->packed ? ring->descriptors + 16u * at + 8 :
				    ring->device + sizeof(struct vring_used) + 8u * at;

	return word;
}

void
device_flip(struct device_ring *ring, struct choices *choices, unsigned int times)
{
	/* Not the flags of a packed descriptor: they say that it is used at all. */
	uint64_t bad = 1ull << choose(choices, ring->packed ? 48 : 64);
	uint64_t *word;

	device_take(ring);
	if (!ring->n_held)
		return;
	device_use(ring, pick(ring, choices).id, 100, 1);
	for (word = last_used_word(ring); times > 0; times--) {
		__atomic_fetch_xor(word, bad, __ATOMIC_RELAXED);
		__atomic_fetch_xor(word, bad, __ATOMIC_RELAXED);
	}
}

void
device_take_memory(const struct device *device, struct choices *choices)
{
	off_t page = (off_t)choose(choices, device->bytes / PAGE_BYTES) * PAGE_BYTES;

	fallocate(device->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page,
		  (off_t)(1 + choose(choices, 4)) * PAGE_BYTES);
	if (ftruncate(device->fd, page) == 0 ||
	    ftruncate(device->fd, (off_t)device->bytes + PAGE_BYTES) == 0 ||
	    fcntl(device->fd, F_ADD_SEALS, F_SEAL_WRITE) == 0 ||
	    fcntl(device->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0)
		attack_failed("the region's size or its seals could be changed");
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
