/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received buffers put together to frames (VIRTIO_NET_F_MRG_RXBUF; virtio 1.2,
 * 5.1.6.4): the device fills one buffer after the other and writes into the
 * first one's header how many a frame takes. What it writes is the host's word,
 * read once and checked: a frame takes no more buffers than the longest needs and
 * than are there, and fills all of them but its last. What belongs to a frame that
 * is not complete waits here.
 */
#ifndef FOLIO_DATAPATH_ASSEMBLY_H
#define FOLIO_DATAPATH_ASSEMBLY_H

#include <stdint.h>

#include "datapath/guest/lower.h"

struct virtqueue;

struct assembly {
	uint16_t n;       /* in segments[] */
	uint16_t missing; /* buffers that the frame under way still lacks */
	/* Taken from the ring, but of no whole frame; none of a queue out of service ever is. */
	struct rte_mbuf *segments[LOWER_SEGMENTS_MAX];
};

/*
 * Up to n whole frames (at most LOWER_SEGMENTS_MAX) from the ring, as struct
 * lower_ops's rx_burst hands them up; returns how many segments. bufs has room for
 * LOWER_SEGMENTS_MAX.
 */
uint16_t assembly_rx_burst(struct assembly *assembly, struct virtqueue *ring,
			   struct rte_mbuf **bufs, uint16_t n, uint16_t port_id);

#endif
