/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps of the packet path that its variants share, for frames of one mbuf and of several. */
#ifndef FOLIO_DATAPATH_PORT_STEPS_H
#define FOLIO_DATAPATH_PORT_STEPS_H

#include <string.h>

#include <rte_mbuf.h>

#include "datapath/guest/fresh.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/port.h"
#include "datapath/guest/virtqueue.h"
#include "datapath/sources/bounce_copy.h"

#define SHARED (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)

static inline void
port_run_hooks(const struct port_hook *hook, struct rte_mbuf **bufs, uint16_t n,
	       enum direction direction)
{
	for (; hook->burst; hook++)
		hook->burst(hook->state, bufs, n, direction);
}

static inline void
port_at(const struct port *port, enum exit_point point)
{
	for (const struct port_point *p = port->points[point]; p->act; p++)
		p->act(p->state);
}

static __rte_always_inline uint16_t
port_alloc(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool hooked)
{
	struct rte_mbuf **spare = mbuf_stack_pop(&port->spare_temporary, n);

	if (unlikely(!spare))
		return 0;
	memcpy(bufs, spare, n * sizeof(*bufs));
	if (hooked)
		port_run_hooks(port->map, bufs, n, DIRECTION_RX);
	return n;
}

/* n (at most MBUF_STACK_BURST) temporary mbufs, as their pool expects them: one reference, one segment. */
static __rte_always_inline void
port_put_temporary(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	memcpy(mbuf_stack_room(&port->spare_temporary, n), bufs, n * sizeof(*bufs));
	mbuf_stack_push(&port->spare_temporary, n);
}

/* An mbuf of the port's own temporary pool, whose data the device can reach. */
static inline bool
port_own_temporary(const struct port *port, const struct rte_mbuf *mbuf)
{
	return mbuf->pool == port->hot_temporary.pool && mbuf->data_off >= VNET_HEADER_BYTES &&
	       mbuf->data_len && mbuf->data_off + mbuf->data_len <= SLOT_BYTES;
}

/* May the mbuf go back to the shadow pool as it is: of that pool, and nobody else's? */
static inline bool
port_simply_freed(const struct port *port, const struct rte_mbuf *mbuf)
{
	return (uintptr_t)mbuf - port->shadow_start < port->shadow_bytes &&
	       !(mbuf->ol_flags & SHARED) && rte_mbuf_refcnt_read(mbuf) == 1;
}

/*
 * The frame in two: headers in the private mbuf, the rest left where it is. Both
 * carry the mark.
 */
static __rte_always_inline void
port_split_frame(struct rte_mbuf *received, struct rte_mbuf *shadow,
		 const struct fresh_head *marked)
{
	bounce_copy_header(rte_pktmbuf_mtod(received, const uint8_t *),
			   (uint8_t *)shadow->buf_addr + RTE_PKTMBUF_HEADROOM);
	fresh_set(shadow, marked, COPY_HEADER_BYTES);
	shadow->pkt_len = received->data_len;
	shadow->next = received;
	received->data_off += COPY_HEADER_BYTES;
	received->data_len -= COPY_HEADER_BYTES;
	received->pkt_len = received->data_len;
	received->ol_flags |= marked->ol_flags;
}

/* A private mbuf without its payload, back to its pool. */
static __rte_always_inline void
port_free_segment(struct port *port, struct rte_mbuf *head)
{
	head->next = NULL;
	head->nb_segs = 1;
	if (likely(port_simply_freed(port, head))) {
		*mbuf_stack_room(&port->hot_shadow, 1) = head;
		mbuf_stack_push(&port->hot_shadow, 1);
	} else {
		rte_pktmbuf_free_seg(head);
	}
}

/* The headers back in front of their payload, which becomes the frame to send. */
static __rte_always_inline struct rte_mbuf *
port_join_frame(struct rte_mbuf *head)
{
	struct rte_mbuf *frame = head->next;
	uint8_t *to = rte_pktmbuf_mtod(frame, uint8_t *) - head->data_len;
	const uint8_t *from = rte_pktmbuf_mtod(head, const uint8_t *);

	if (likely(head->data_len == COPY_HEADER_BYTES))
		bounce_copy_header(from, to);
	else
		rte_memcpy(to, from, head->data_len);
	frame->data_off -= head->data_len;
	frame->data_len += head->data_len;
	return frame;
}

#endif
