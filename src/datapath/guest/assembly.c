/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/assembly.h"

#include <string.h>

#include <linux/virtio_net.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "datapath/guest/fresh.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/virtqueue.h"

/* What the device may write into one slot of the shared pool. */
#define SLOT_ROOM_BYTES (SLOT_BYTES - RTE_PKTMBUF_HEADROOM + VNET_HEADER_BYTES)

_Static_assert(LOWER_FRAME_SEGMENTS_MAX ==
		       (LOWER_FRAME_BYTES_MAX + VNET_HEADER_BYTES + SLOT_ROOM_BYTES - 1) /
			       SLOT_ROOM_BYTES,
	       "the longest frame takes so many buffers");

/* The headers of a frame's first segment, behind the virtio header, and of the others. */
struct heads {
	struct fresh_head first, other;
};

static inline struct heads
heads(uint16_t port_id)
{
	struct heads heads = {
		.first = fresh_head(RTE_MBUF_F_EXTERNAL, port_id),
		.other = fresh_head(RTE_MBUF_F_EXTERNAL, port_id),
	};

	heads.other.data_off -= VNET_HEADER_BYTES;
	return heads;
}

static inline bool
violated(struct virtqueue *ring, bool violation, enum ring_fault fault, uint32_t found)
{
	if (likely(!violation))
		return false;
	virtqueue_out_of_service(ring, fault, found);
	return true;
}

static inline uint16_t
header_buffers(const struct rte_mbuf *mbuf)
{
	const struct virtio_net_hdr_v1 *header =
		(const void *)((const uint8_t *)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM -
			       VNET_HEADER_BYTES);

	return __atomic_load_n(&header->num_buffers, __ATOMIC_RELAXED);
}

/* A frame's first buffer; available: how many others there could be. False: a violation. */
static inline bool
begin_frame(struct assembly *assembly, struct virtqueue *ring, struct rte_mbuf *mbuf,
	    uint32_t length_bytes, uint16_t available, const struct heads *heads)
{
	uint16_t buffers = header_buffers(mbuf);
	uint32_t least_bytes = buffers > 1 ? SLOT_ROOM_BYTES :
					     VNET_HEADER_BYTES + RTE_ETHER_HDR_LEN;

	if (violated(ring,
		     !buffers || buffers > LOWER_FRAME_SEGMENTS_MAX || buffers - 1 > available,
		     RING_FAULT_BUFFERS, buffers) ||
	    violated(ring, length_bytes < least_bytes, RING_FAULT_LENGTH, length_bytes))
		return false;
	fresh_set(mbuf, &heads->first, (uint16_t)(length_bytes - VNET_HEADER_BYTES));
	mbuf->nb_segs = buffers;
	assembly->missing = buffers - 1;
	return true;
}

/* Another buffer of the frame whose first one is head, behind the last one so far. */
static inline bool
continue_frame(struct assembly *assembly, struct virtqueue *ring, struct rte_mbuf *head,
	       struct rte_mbuf *last, struct rte_mbuf *mbuf, uint32_t length_bytes,
	       const struct heads *heads)
{
	uint32_t least_bytes = assembly->missing > 1 ? SLOT_ROOM_BYTES : 1;

	if (violated(ring,
		     length_bytes < least_bytes ||
			     head->pkt_len + length_bytes > LOWER_FRAME_BYTES_MAX,
		     RING_FAULT_LENGTH, length_bytes))
		return false;
	fresh_set(mbuf, &heads->other, (uint16_t)length_bytes);
	last->next = mbuf;
	head->pkt_len += length_bytes;
	assembly->missing--;
	return true;
}

/* Each frame takes a buffer at least, and the one under way what it lacks: no frame is taken that n has no place for. */
static inline uint16_t
wanted(const struct assembly *assembly, uint16_t frames, uint16_t held)
{
	uint16_t lacking = assembly->missing ? assembly->missing - 1 : 0;

	return RTE_MIN(frames + lacking, LOWER_SEGMENTS_MAX - held);
}

uint16_t
assembly_rx_burst(struct assembly *assembly, struct virtqueue *ring, struct rte_mbuf **bufs,
		  uint16_t n, uint16_t port_id)
{
	const struct heads fresh = heads(port_id);
	uint32_t length_bytes[LOWER_SEGMENTS_MAX];
	/* bufs[0] to whole: of whole frames; from there to held: of the one under way. */
	uint16_t whole = 0, held = assembly->n, ask, got;

	memcpy(bufs, assembly->segments, held * sizeof(*bufs));
	do {
		ask = wanted(assembly, n, held);
		got = ring->ops->harvest(ring, &bufs[held], length_bytes, ask);
		for (uint16_t i = 0; i < got; i++, held++) {
			uint16_t available = got - 1 - i + ring->size - ring->n_free;
			bool good = assembly->missing ?
					    continue_frame(assembly, ring, bufs[whole],
							   bufs[held - 1], bufs[held],
							   length_bytes[i], &fresh) :
					    begin_frame(assembly, ring, bufs[held], length_bytes[i],
							available, &fresh);

			if (unlikely(!good)) {
				held += got - i;
				break;
			}
			if (!assembly->missing) {
				whole = held + 1;
				n--;
			}
		}
	} while (n && ask && got == ask && !ring->fault);
	assembly->n = held - whole;
	memcpy(assembly->segments, &bufs[whole], assembly->n * sizeof(*bufs));
	return whole;
}
