/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hardened split virtqueue, the driver's side (virtio 1.2, 2.7; paper, 5.1 and
 * appendix A). The rings lie in memory that the host can write at any time, so:
 *
 *   - What the driver writes (descriptors, available ring) it never reads back;
 *     its own copy of addresses, lengths, outstanding buffers and free list is
 *     private.
 *   - What the host writes (used index, used elements, flags) is read once each,
 *     into private memory, and checked there: the index may not pass what is
 *     outstanding, an id must be outstanding, a length must fit its buffer.
 *   - A value that fails takes the queue out of service for good, with the
 *     reason counted. The host can stop the guest's traffic (it always can), and
 *     nothing else.
 *
 * Each buffer is one descriptor: the virtio header stands in the headroom right
 * before the data. One thread drives a ring.
 */
#ifndef FOLIO_DATAPATH_VRING_SPLIT_H
#define FOLIO_DATAPATH_VRING_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

struct region;
struct rte_mbuf;

/* sizeof(struct virtio_net_hdr_v1): virtio 1.2, 5.1.6. */
#define VNET_HEADER_BYTES 12u

enum ring_fault {
	RING_FAULT_NONE,
	RING_FAULT_USED_INDEX, /* the used index passed what is outstanding */
	RING_FAULT_ID,         /* a used id out of range or not outstanding */
	RING_FAULT_LENGTH,     /* a used length that its buffer cannot hold, or that no frame has */
};


struct vring_split {
	/* Shared: written by one side, read by the other. */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;

	/* Private. */
	uint16_t size, mask;
	uint16_t avail_index;
	uint16_t used_index;
	uint16_t n_free;
	uint16_t *free_ids;     /* a stack of n_free */
	struct rte_mbuf **mbufs; /* by id; NULL: not outstanding */
	uint32_t *room_bytes;   /* by id: the most that the device may say it has written */
	uint32_t least_bytes;   /* the least: a header and an Ethernet frame's, or 0 for TX */
	uint64_t iova_offset;   /* iova of an address in the region = address + this, modulo 2^64 */
	enum ring_fault fault;
	uint64_t faults; /* 0 or 1 */
};

/* Bytes of the region that one ring takes. */
size_t vring_split_region_bytes(uint16_t size);

/*
 * size: a power of two, 64 to 4096. least_bytes: the shortest used length that
 * is no violation. Returns 0 or -errno.
 */
int vring_split_open(struct vring_split *ring, struct region *region, uint16_t size,
		     uint32_t least_bytes);
/* Outstanding mbufs are the caller's to free before this. */
void vring_split_close(struct vring_split *ring);

/*
 * Offers n mbufs (n at most ring->n_free) for the device to write: each from
 * VNET_HEADER_BYTES before its headroom's end to the buffer's end.
 */
void vring_split_post_rx(struct vring_split *ring, struct rte_mbuf **bufs, uint16_t n);

/*
 * Offers n mbufs (n at most ring->n_free) for the device to read, an empty
 * virtio header put in front of each.
 */
void vring_split_post_tx(struct vring_split *ring, struct rte_mbuf **bufs, uint16_t n);

/*
 * Takes up to n buffers that the device has used; mbufs and lengths (virtio
 * header included) go to the arrays. Returns how many; 0 for a ring out of
 * service.
 */
uint16_t vring_split_harvest(struct vring_split *ring, struct rte_mbuf **bufs,
			     uint32_t *length_bytes, uint16_t n);

/* Does the device ask for a notification now? To be asked after posting. */
bool vring_split_wants_kick(const struct vring_split *ring);

/* "used index", ...: for messages and counters. */
const char *ring_fault_name(enum ring_fault fault);

#endif
