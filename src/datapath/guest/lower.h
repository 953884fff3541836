/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lower device: what the FOLIO layer drives, one queue pair of it. It moves
 * temporary mbufs, like an ethdev; where a buffer comes from and what happens to
 * it on its way to the device and back is the port's business, through struct
 * buffer_ops.
 */
#ifndef FOLIO_DATAPATH_LOWER_H
#define FOLIO_DATAPATH_LOWER_H

#include <stdint.h>

#include "base/counter.h"

struct rte_mbuf;

/* The longest frame that a device moves, without FCS, and the segments that it may be received in. */
#define LOWER_FRAME_BYTES_MAX 9000u
#define LOWER_FRAME_SEGMENTS_MAX 5u

/* The most segments that a call to or from a device speaks of. */
#define LOWER_SEGMENTS_MAX 32u

/* The port's side: calls of the device into the FOLIO layer, per burst. */
struct buffer_ops {
	/* n buffers that the device may receive into, already mapped; all or none: returns n or 0. */
	uint16_t (*alloc)(void *port, struct rte_mbuf **bufs, uint16_t n);
	/* The device has sent these n: unmap and free them. Segments come as tx_burst() got them. */
	void (*release)(void *port, struct rte_mbuf **bufs, uint16_t n);
	/* The device has gone and had these n to receive into: unmap and free them. */
	void (*take_back)(void *port, struct rte_mbuf **bufs, uint16_t n);
	/* Buffers were offered; the doorbell would ring here. */
	void (*notify)(void *port);
	void *port;
	uint16_t port_id; /* of the mbufs that go up: struct rte_mbuf's port */
};

struct lower_ops {
	/*
	 * Up to n received mbufs, unmapped by nobody yet; refills the ring by
	 * buffers->alloc(). Lengths are checked against the buffer.
	 *
	 * A device that takes frames apart (option mergeable) hands up to n whole
	 * frames up, as segments: those of a frame follow each other in bufs, linked
	 * by next, and the first one says how many they are and the frame's length.
	 * It returns the number of segments; bufs has room for LOWER_SEGMENTS_MAX.
	 */
	uint16_t (*rx_burst)(void *device, struct rte_mbuf **bufs, uint16_t n);
	/* Reclaims what was sent, by buffers->release(); returns how many tx_burst() takes now. */
	uint16_t (*tx_room)(void *device);
	/*
	 * Sends n mapped single-segment mbufs; n is at most tx_room()'s last answer.
	 * Of a device that takes frames apart: n segments, at most
	 * LOWER_SEGMENTS_MAX, those of a frame one behind the other, their number in
	 * the first one's nb_segs.
	 */
	void (*tx_burst)(void *device, struct rte_mbuf **bufs, uint16_t n);
	/* Receive buffers that the device still holds, and frames that it has not sent. */
	uint16_t (*rx_posted)(void *device);
	uint16_t (*tx_pending)(void *device);
	const struct counter *counters; /* over the device */
};

struct lower {
	const struct lower_ops *ops;
	void *device;
	/* Set by the port that has its turn; the device reads it through this pointer. */
	struct buffer_ops *buffers;
};

#endif
