/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps of the packet path in copy mode fused: frames move by decrypting and encrypting them. */
#ifndef FOLIO_DATAPATH_PORT_FUSED_H
#define FOLIO_DATAPATH_PORT_FUSED_H

#include <string.h>

#include <rte_mbuf.h>

#include "datapath/guest/fresh.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/port.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/sources/bounce_copy.h"

/* The received frames' contents in shadow mbufs, in bufs; returns how many were let in. */
static __rte_always_inline uint16_t
fused_out(struct port *port, struct rte_mbuf **received, struct rte_mbuf **bufs, uint16_t n)
{
	const struct fresh_head head = fresh_head(0, port->buffers.port_id);
	struct rte_mbuf **top = mbuf_stack_pop(&port->hot_shadow, n), *shadow[MBUF_STACK_BURST];
	uint16_t opened = 0, refused = 0;

	if (unlikely(!top)) {
		port->drop_no_shadow += n;
		return 0;
	}
	memcpy(shadow, top, n * sizeof(*top));
	for (uint16_t i = 0; i < n; i++) {
		uint8_t *to = (uint8_t *)shadow[i]->buf_addr + RTE_PKTMBUF_HEADROOM;
		uint16_t bytes = esp_fused_receive(port->copy->fused,
						   rte_pktmbuf_mtod(received[i], const uint8_t *),
						   received[i]->data_len, to);

		if (likely(bytes)) {
			fresh_set(shadow[i], &head, bytes);
			bufs[opened++] = shadow[i];
		} else {
			shadow[refused++] = shadow[i];
		}
	}
	memcpy(mbuf_stack_room(&port->hot_shadow, refused), shadow, refused * sizeof(*shadow));
	mbuf_stack_push(&port->hot_shadow, refused);
	port->drop_esp += refused;
	return opened;
}

static inline uint16_t
fused_bytes(const struct port *port, const struct rte_mbuf *frame)
{
	return esp_fused_bytes(port->copy->fused, rte_pktmbuf_mtod(frame, const uint8_t *),
			       frame->data_len, rte_pktmbuf_tailroom(frame),
			       SLOT_BYTES - RTE_PKTMBUF_HEADROOM);
}

/* It gets its padding where it is: nobody else may hold it, or what it is a clone of. */
static inline bool
sendable_fused(const struct port *port, const struct rte_mbuf *frame)
{
	return frame->nb_segs == 1 && rte_mbuf_refcnt_read(frame) == 1 && RTE_MBUF_DIRECT(frame) &&
	       fused_bytes(port, frame);
}

static inline void
fused_place(const struct port *port, const struct rte_mbuf *frame, struct rte_mbuf *temporary)
{
	temporary->data_off = RTE_PKTMBUF_HEADROOM;
	temporary->data_len = fused_bytes(port, frame);
}

/* The frames have been placed, and mapped. Their mbufs are the caller's still. */
static __rte_always_inline void
fused_in(struct port *port, struct rte_mbuf **bufs, struct rte_mbuf **temporary, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		esp_fused_send(port->copy->fused, rte_pktmbuf_mtod(bufs[i], uint8_t *),
			       bufs[i]->data_len, rte_pktmbuf_mtod(temporary[i], uint8_t *));
}

#endif
