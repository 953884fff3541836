/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ring formats share: the driver's own record of what is outstanding. */
#ifndef FOLIO_DATAPATH_VIRTQUEUE_PRIVATE_H
#define FOLIO_DATAPATH_VIRTQUEUE_PRIVATE_H

#include <string.h>

#include <rte_mbuf.h>

#include "datapath/guest/virtqueue.h"

#define VIRTQUEUE_ALIGN_BYTES 64u

/* A benchmark alone builds the formats a second time without the checks, to measure what they cost. */
#ifndef VIRTQUEUE_CHECKED
#define VIRTQUEUE_CHECKED true
#endif

/* Is this a violation by the host? */
static __rte_always_inline bool
virtqueue_violated(bool violation)
{
	return VIRTQUEUE_CHECKED && unlikely(violation);
}

/* A buffer as the device is to see it. */
struct virtqueue_buffer {
	uint64_t iova;
	uint32_t bytes;
	uint16_t id;
};

static inline struct virtqueue_buffer
virtqueue_take_id(struct virtqueue *ring, struct rte_mbuf *mbuf, const uint8_t *start,
		  uint32_t bytes, uint32_t room_bytes)
{
	uint16_t id = ring->free_ids[--ring->n_free];

	ring->mbufs[id] = mbuf;
	if (VIRTQUEUE_CHECKED)
		ring->room_bytes[id] = room_bytes;
	return (struct virtqueue_buffer){(uintptr_t)start + ring->iova_offset, bytes, id};
}

static inline struct virtqueue_buffer
virtqueue_rx_buffer(struct virtqueue *ring, struct rte_mbuf *mbuf)
{
	uint8_t *start = (uint8_t *)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM - VNET_HEADER_BYTES;
	uint32_t bytes = mbuf->buf_len - RTE_PKTMBUF_HEADROOM + VNET_HEADER_BYTES;

	return virtqueue_take_id(ring, mbuf, start, bytes, bytes);
}

/* What a device writes as the used length of a buffer that it only read means nothing. */
#define VIRTQUEUE_ANY_LENGTH UINT32_MAX

static inline struct virtqueue_buffer
virtqueue_tx_buffer(struct virtqueue *ring, struct rte_mbuf *mbuf)
{
	uint8_t *start = rte_pktmbuf_mtod(mbuf, uint8_t *) - VNET_HEADER_BYTES;

	memset(start, 0, VNET_HEADER_BYTES);
	return virtqueue_take_id(ring, mbuf, start, mbuf->data_len + VNET_HEADER_BYTES,
				 VIRTQUEUE_ANY_LENGTH);
}

/* A segment behind a frame's first: no header. */
static inline struct virtqueue_buffer
virtqueue_tx_segment(struct virtqueue *ring, struct rte_mbuf *mbuf)
{
	return virtqueue_take_id(ring, mbuf, rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len,
				 VIRTQUEUE_ANY_LENGTH);
}

/* Takes the id's mbuf out of what is outstanding. */
static inline struct rte_mbuf *
virtqueue_give_back(struct virtqueue *ring, uint32_t id)
{
	struct rte_mbuf *mbuf = ring->mbufs[id];

	ring->mbufs[id] = NULL;
	ring->free_ids[ring->n_free++] = (uint16_t)id;
	return mbuf;
}

/* The mbuf that a used entry speaks of, no longer outstanding; NULL when it is none: out of service. */
static inline struct rte_mbuf *
virtqueue_return_id(struct virtqueue *ring, uint32_t id, uint32_t length_bytes)
{
	if (virtqueue_violated(id >= ring->size || !ring->mbufs[id])) {
		virtqueue_out_of_service(ring, RING_FAULT_ID, id);
		return NULL;
	}
	if (virtqueue_violated(length_bytes < ring->least_bytes ||
			       length_bytes > ring->room_bytes[id])) {
		virtqueue_out_of_service(ring, RING_FAULT_LENGTH, length_bytes);
		return NULL;
	}
	return virtqueue_give_back(ring, id);
}

/* How many segments the chain has that a used entry speaks of; 0 when it is none: out of service. */
static inline uint16_t
virtqueue_chain_segments(struct virtqueue *ring, uint32_t id)
{
	if (virtqueue_violated(id >= ring->size || !ring->links[id].n_segments)) {
		virtqueue_out_of_service(ring, RING_FAULT_ID, id);
		return 0;
	}
	return ring->links[id].n_segments;
}

/* Its n mbufs, no longer outstanding. */
static inline void
virtqueue_return_chain(struct virtqueue *ring, uint16_t id, struct rte_mbuf **bufs, uint16_t n)
{
	ring->links[id].n_segments = 0;
	for (uint16_t i = 0; i < n; i++) {
		uint16_t next = ring->links[id].next;

		bufs[i] = virtqueue_give_back(ring, id);
		id = next;
	}
}

#endif
