/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of the attack tests: the device's side of the rings, on a mapping of
 * its own of the shared region, as a host would have. Here it is honest (virtio 1.2,
 * 2.7 and 2.8), so that the guest's state gets deep; attacks.h has what no device would do.
 *
 * It trusts nothing that it reads back, for it may have written it itself.
 */
#ifndef FOLIO_TESTS_ATTACK_DEVICE_H
#define FOLIO_TESTS_ATTACK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "choices.h"
#include "datapath/config.h"

struct region;
struct virtqueue;

#define DEVICE_RING_MAX 4096u

/* What the guest posts to receive into: virtio header and data. */
#define DEVICE_BUFFER_BYTES (VNET_HEADER_BYTES + SLOT_BYTES - RTE_PKTMBUF_HEADROOM)

/* A buffer that the guest made available, as its first descriptor said. */
struct device_buffer {
	uint64_t iova;
	uint32_t bytes;
	uint16_t id;
	uint16_t first, n_descriptors; /* of its chain: the first one's place, and their number */
};

/* Offsets in the region. */
struct device_window {
	uint64_t start, bytes;
};

struct device_ring {
	bool packed;
	uint16_t size;
	/* In the host's mapping. */
	uint8_t *descriptors, *driver, *device;
	size_t descriptor_bytes, driver_bytes, device_bytes;

	uint16_t avail_next, used_next; /* split: free-running; packed: places in the ring */
	bool avail_wrap, used_wrap;     /* packed */
	struct device_buffer held[DEVICE_RING_MAX];
	uint16_t n_held;
	uint32_t attacks; /* bit set of what the host does to this ring, when it is not honest */
	/* Where its queue pair's packets lie: the host leaves those of others alone. */
	struct device_window windows[2];
	/* The longest frame that it moves; over one buffer's, it spreads frames over several. */
	uint32_t frame_bytes_max;
	uint32_t sequence; /* of the next frame that an honest device moves on this ring */
	uint64_t writes;   /* what the host did to this ring, honest or not */
};

struct device {
	uint8_t *memory; /* the region, mapped a second time */
	size_t bytes;
	int fd;                                   /* the region's */
	struct device_ring rings[2 * QUEUES_MAX]; /* 2q receives, 2q + 1 transmits, for the guest */
};

/* Maps the region; returns 0 or -errno. */
int device_open(struct device *device, const struct region *region);
void device_close(struct device *device);

/*
 * Follows a ring of the guest's from its start: index position, with the wrap
 * counter wrap (packed). The ring's windows and frame_bytes_max stay as they are. Which kinds of attack
 * it will see is chosen: a few kinds at a time lead to states that all of them
 * together would end before.
 */
void device_follow(struct device *device, unsigned int index, const struct region *region,
		   const struct virtqueue *ring, uint16_t position, bool wrap,
		   struct choices *choices);

/* Zeroes the ring's memory. */
void device_wipe(struct device_ring *ring);

/* Takes over what the guest has made available since. */
void device_take(struct device_ring *ring);

/* Takes any buffer of those held, at least one: a device may use them in another order. */
struct device_buffer device_pick(struct device_ring *ring, struct choices *choices);

/* Hands buffer id back as used, and with it so many descriptors. */
void device_use(struct device_ring *ring, uint32_t id, uint32_t length_bytes,
		uint16_t n_descriptors);

/*
 * Honest work on one buffer: on an even ring the next frame is received into it, on
 * an odd one its frame is sent. False when there is none.
 */
bool device_receive(const struct device *device, struct device_ring *ring, struct choices *choices);
bool device_transmit(struct device_ring *ring, struct choices *choices);

/* The memory at an address of the device's; NULL when it is not all in a window of the ring's. */
uint8_t *device_at(const struct device *device, const struct device_ring *ring, uint64_t iova,
		   uint64_t bytes);

/* What lies in a buffer of the guest's, its chain in one piece; 0 bytes when it is longer than size. */
uint32_t device_gather(const struct device *device, const struct device_ring *ring,
		       const struct device_buffer *buffer, uint8_t *into, uint32_t size);

#define FRAME_BYTES_MOST 9000u

/* What a frame of that sequence number holds where frames have at most so many bytes. */
uint32_t frame_length_bytes(uint32_t sequence, uint32_t most_bytes);
const uint8_t *frame_bytes(uint32_t sequence);

/* Are these the bytes of that frame? */
bool frame_is(const uint8_t *at, uint32_t bytes, uint32_t sequence, uint32_t most_bytes);

#endif
