/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ring formats share: the driver's own record of what is outstanding. */
#ifndef FOLIO_DATAPATH_VIRTQUEUE_PRIVATE_H
#define FOLIO_DATAPATH_VIRTQUEUE_PRIVATE_H

#include <string.h>

#include <rte_mbuf.h>

#include "datapath/guest/virtqueue.h"

#define VIRTQUEUE_ALIGN_BYTES 64u

/* A buffer as the device is to see it. */
struct virtqueue_buffer {
	uint64_t iova;
	uint32_t bytes;
	uint16_t id;
};

/* Takes the queue out of service and says what the host wrote. */
void virtqueue_out_of_service(struct virtqueue *ring, enum ring_fault fault, uint32_t found);

static inline struct virtqueue_buffer
virtqueue_take_id(struct virtqueue *ring, struct rte_mbuf *mbuf, const uint8_t *start,
		  uint32_t bytes, uint32_t room_bytes)
{
	uint16_t id = ring->free_ids[--ring->n_free];

	ring->mbufs[id] = mbuf;
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

static inline struct virtqueue_buffer
virtqueue_tx_buffer(struct virtqueue *ring, struct rte_mbuf *mbuf)
{
	uint8_t *start = rte_pktmbuf_mtod(mbuf, uint8_t *) - VNET_HEADER_BYTES;

	memset(start, 0, VNET_HEADER_BYTES);
	/* What a device writes as the used length of a buffer that it only read means nothing. */
	return virtqueue_take_id(ring, mbuf, start, mbuf->data_len + VNET_HEADER_BYTES, UINT32_MAX);
}

/* The mbuf that a used entry speaks of, no longer outstanding; NULL when it is none: out of service. */
static inline struct rte_mbuf *
virtqueue_return_id(struct virtqueue *ring, uint32_t id, uint32_t length_bytes)
{
	struct rte_mbuf *mbuf;

	if (unlikely(id >= ring->size || !ring->mbufs[id])) {
		virtqueue_out_of_service(ring, RING_FAULT_ID, id);
		return NULL;
	}
	if (unlikely(length_bytes < ring->least_bytes || length_bytes > ring->room_bytes[id])) {
		virtqueue_out_of_service(ring, RING_FAULT_LENGTH, length_bytes);
		return NULL;
	}
	mbuf = ring->mbufs[id];
	ring->mbufs[id] = NULL;
	ring->free_ids[ring->n_free++] = (uint16_t)id;
	return mbuf;
}

#endif
