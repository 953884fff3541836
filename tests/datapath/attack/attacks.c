/* SPDX-License-Identifier: BSD-3-Clause */
#include "attacks.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_ring.h>

#include <rte_common.h>

#include "datapath/guest/pools.h"
#include "datapath/guest/virtqueue.h"
#include "ledger.h"

#define PAGE_BYTES 4096u

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
		device_use(ring, device_pick(ring, choices).id,
			   (uint32_t)choose_value(choices, near[choose(choices, 3)]), 1);
}

static void
attack_used_twice(const struct device *device, struct device_ring *ring, struct choices *choices)
{
	(void)device;
	device_take(ring);
	if (!ring->n_held)
		return;
	uint16_t id = device_pick(ring, choices).id;

	device_use(ring, id, 100, 1);
	device_use(ring, id, 100, 1);
}

/* A frame of some other number of buffers than there are, or than a frame takes. */
static void
attack_number_of_buffers(const struct device *device, struct device_ring *ring,
			 struct choices *choices)
{
	uint16_t n = (uint16_t)choose_value(choices, 1 + choose(choices, 6));
	uint32_t length_bytes = choose(choices, 2) ? DEVICE_BUFFER_BYTES : 100;

	device_take(ring);
	if (!ring->n_held)
		return;
	struct device_buffer buffer = device_pick(ring, choices);
	uint8_t *at = device_at(device, ring, buffer.iova, VNET_HEADER_BYTES);

	if (at)
		memcpy(at + VNET_HEADER_BYTES - sizeof(n), &n, sizeof(n));
	device_use(ring, buffer.id, length_bytes, 1);
	/* Sometimes as many come as it says, all of them full. */
	for (uint16_t i = choose(choices, 2) ? n : 1; i < n && ring->n_held; i++)
		device_use(ring, device_pick(ring, choices).id, DEVICE_BUFFER_BYTES, 1);
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

uint32_t
attacks_choose(struct choices *choices)
{
	return (uint32_t)choose(choices, 1u << ATTACKS);
}

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
	device_use(ring, device_pick(ring, choices).id, 100, 1);
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
