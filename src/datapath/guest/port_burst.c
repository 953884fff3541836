/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path: receive and transmit bursts, and what the device calls per
 * burst. Each comes as an always-inline body with constant flags (mode: how frames
 * are copied; hooked: sources have hooks), and the variants that set-up chooses
 * from. Copy mode header has bodies of its own; mode fused, in which the copy is the
 * cipher's work, has another copy step (port_fused.h).
 */
#include "datapath/guest/port_burst.h"

#include <string.h>

#include <rte_mbuf.h>

#include "datapath/guest/fresh.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/port_fused.h"
#include "datapath/guest/port_steps.h"
#include "datapath/guest/virtqueue.h"
#include "datapath/sources/bounce_copy.h"

_Static_assert(offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, refcnt) + 2,
	       "refcnt and nb_segs are one 4-byte word");

static __rte_always_inline void
release(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool hooked)
{
	if (hooked)
		port_run_hooks(port->unmap, bufs, n, DIRECTION_TX);
	port_put_temporary(port, bufs, n);
}

/* The received frames' shadow copies, in bufs; 0 and all of them dropped when there are no buffers. */
static __rte_always_inline uint16_t
copy_out(struct port *port, struct rte_mbuf **received, struct rte_mbuf **bufs, uint16_t n)
{
	const struct fresh_head head = fresh_head(0, port->buffers.port_id);
	struct rte_mbuf **shadow = mbuf_stack_pop(&port->hot_shadow, n);
	uint32_t bytes = 0;

	if (unlikely(!shadow)) {
		port->drop_no_shadow += n;
		return 0;
	}
	for (uint16_t i = 0; i < n; i++) {
		bufs[i] = shadow[i];
		fresh_set(bufs[i], &head, received[i]->data_len);
		bytes += bounce_copy_frame(received[i], bufs[i]);
	}
	bounce_copy_count(port->copy, n, bytes);
	return n;
}

static __rte_always_inline uint16_t
rx(struct port *port, struct rte_mbuf **bufs, uint16_t n, enum copy_mode mode, bool hooked)
{
	const bool copying = mode != COPY_NONE;
	struct rte_mbuf **received = copying ? mbuf_stack_room(&port->hot_temporary, n) : bufs;
	uint16_t taken = port->lower->ops->rx_burst(port->lower->device, received, n);

	if (!taken)
		return 0;
	if (mode == COPY_FUSED)
		n = fused_out(port, received, bufs, taken);
	else
		n = copying ? copy_out(port, received, bufs, taken) : taken;
	if (hooked)
		port_run_hooks(port->unmap, received, taken, DIRECTION_RX);
	if (copying)
		mbuf_stack_push(&port->hot_temporary, taken);
	return n;
}

/* One segment, and nobody else holds it: both counts of an mbuf in one load. */
static inline bool
single(const struct rte_mbuf *mbuf)
{
	uint32_t counts;

	memcpy(&counts, &mbuf->refcnt, sizeof(counts));
	return counts == 0x00010001;
}

/* Without a copy the device reads the buffer itself. */
static inline bool
sendable_none(const struct port *port, const struct rte_mbuf *mbuf)
{
	return single(mbuf) && port_own_temporary(port, mbuf);
}

static inline bool
sendable_shadow(const struct port *port, const struct rte_mbuf *mbuf)
{
	(void)port;
	return mbuf->nb_segs == 1 && mbuf->data_len - 1u < SLOT_BYTES - RTE_PKTMBUF_HEADROOM;
}

/* A frame of one segment, or a first segment and its payload. */
static inline bool
sendable_header(const struct port *port, const struct rte_mbuf *mbuf)
{
	if (mbuf->nb_segs == 1)
		return sendable_shadow(port, mbuf);
	return mbuf->nb_segs == 2 && mbuf->data_len &&
	       (uint32_t)mbuf->data_len + mbuf->next->data_len <= SLOT_BYTES - RTE_PKTMBUF_HEADROOM;
}

/* Can the headers go back in front of the payload where it is? It must be the port's, and nobody else's. */
static inline bool
joinable(const struct port *port, const struct rte_mbuf *head)
{
	const struct rte_mbuf *payload = head->next;

	return port_own_temporary(port, payload) && rte_mbuf_refcnt_read(payload) == 1 &&
	       payload->data_off >= head->data_len + VNET_HEADER_BYTES;
}

/*
 * Moves the frames that can be sent to the front; the others are freed and
 * counted. Returns how many can.
 */
static uint16_t __rte_cold
sift(struct port *port, struct rte_mbuf **bufs, uint16_t n,
     bool (*sendable)(const struct port *port, const struct rte_mbuf *mbuf))
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (sendable(port, bufs[i])) {
			bufs[kept++] = bufs[i];
			continue;
		}
		rte_pktmbuf_free(bufs[i]);
		port->drop_unsendable++;
	}
	return kept;
}

/* Temporary mbufs for n frames; NULL, and the frames dropped, when there are none. */
static __rte_always_inline struct rte_mbuf **
take_temporary(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	struct rte_mbuf **temporary = mbuf_stack_pop(&port->hot_temporary, n);

	if (unlikely(!temporary)) {
		rte_pktmbuf_free_bulk(bufs, n);
		port->drop_no_temporary += n;
	}
	return temporary;
}

/* Where the frame will lie in the temporary mbuf, and how long it is: known before it is mapped. */
static inline void
place_frame(const struct rte_mbuf *frame, struct rte_mbuf *temporary)
{
	temporary->data_off = RTE_PKTMBUF_HEADROOM;
	temporary->data_len = frame->data_len;
}

static __rte_always_inline void
copy_in(struct port *port, struct rte_mbuf **bufs, struct rte_mbuf **temporary, uint16_t n,
	bool placed)
{
	uint32_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (!placed)
			place_frame(bufs[i], temporary[i]);
		bytes += bounce_copy_frame(bufs[i], temporary[i]);
	}
	bounce_copy_count(port->copy, n, bytes);
}

/* The frames' mbufs go back: all at once where they are the port's own. */
static __rte_always_inline void
give_back(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool all_simple)
{
	if (likely(all_simple)) {
		memcpy(mbuf_stack_room(&port->hot_shadow, n), bufs, n * sizeof(*bufs));
		mbuf_stack_push(&port->hot_shadow, n);
	} else {
		rte_pktmbuf_free_bulk(bufs, n);
	}
}

static __rte_always_inline uint16_t
tx(struct port *port, struct rte_mbuf **bufs, uint16_t n, enum copy_mode mode, bool hooked)
{
	const bool copying = mode != COPY_NONE, fused = mode == COPY_FUSED;
	bool (*const sendable)(const struct port *port, const struct rte_mbuf *mbuf) =
		fused   ? sendable_fused :
		copying ? sendable_shadow :
			  sendable_none;
	uint16_t taken = RTE_MIN(n, port->lower->ops->tx_room(port->lower->device));
	uint16_t going = taken;
	struct rte_mbuf **mapped = bufs;
	bool all_sendable = true, all_simple = true;

	for (uint16_t i = 0; i < taken; i++) {
		all_sendable &= sendable(port, bufs[i]);
		all_simple &= !copying || port_simply_freed(port, bufs[i]);
	}
	if (unlikely(!all_sendable))
		going = sift(port, bufs, taken, sendable);
	if (unlikely(!going))
		return taken;
	if (copying) {
		mapped = take_temporary(port, bufs, going);
		if (unlikely(!mapped))
			return taken;
	}
	for (uint16_t i = 0; fused && i < going; i++)
		fused_place(port, bufs[i], mapped[i]);
	for (uint16_t i = 0; copying && !fused && hooked && i < going; i++)
		place_frame(bufs[i], mapped[i]);
	if (hooked)
		port_run_hooks(port->map, mapped, going, DIRECTION_TX);
	if (fused)
		fused_in(port, bufs, mapped, going);
	else if (copying)
		copy_in(port, bufs, mapped, going, hooked);
	if (copying)
		give_back(port, bufs, going, all_simple);
	port->lower->ops->tx_burst(port->lower->device, mapped, going);
	return taken;
}

static uint16_t
rx_header(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	struct rte_mbuf **received = mbuf_stack_room(&port->hot_temporary, n), **shadow;
	const struct fresh_head plain = fresh_head(0, port->buffers.port_id);
	struct fresh_head marked = fresh_head(port->copy->untrusted_flag, port->buffers.port_id);
	uint16_t taken = port->lower->ops->rx_burst(port->lower->device, received, n), whole = 0;
	uint32_t bytes = 0;

	if (!taken)
		return 0;
	marked.nb_segs = 2;
	shadow = mbuf_stack_pop(&port->hot_shadow, taken);
	if (unlikely(!shadow)) {
		port->drop_no_shadow += taken;
		mbuf_stack_push(&port->hot_temporary, taken);
		return 0;
	}
	for (uint16_t i = 0; i < taken; i++) {
		bufs[i] = shadow[i];
		if (received[i]->data_len > COPY_HEADER_BYTES) {
			port_split_frame(received[i], bufs[i], &marked);
			bytes += COPY_HEADER_BYTES;
		} else {
			fresh_set(bufs[i], &plain, received[i]->data_len);
			bytes += bounce_copy_frame(received[i], bufs[i]);
			received[whole++] = received[i];
		}
	}
	mbuf_stack_push(&port->hot_temporary, whole);
	bounce_copy_count(port->copy, taken, bytes);
	return taken;
}

/* A short frame in a temporary mbuf; NULL, and the frame dropped, when there is none. */
static __rte_always_inline struct rte_mbuf *
copy_whole(struct port *port, struct rte_mbuf *frame)
{
	struct rte_mbuf **temporary = mbuf_stack_pop(&port->hot_temporary, 1);

	if (unlikely(!temporary)) {
		port->drop_no_temporary++;
		return NULL;
	}
	place_frame(frame, *temporary);
	bounce_copy_frame(frame, *temporary);
	return *temporary;
}

/*
 * A frame whose payload must stay where it is, since another queue received it or
 * somebody else still holds it: copied, header and payload, like copy_whole().
 */
static struct rte_mbuf *__rte_noinline
copy_both(struct port *port, struct rte_mbuf *head)
{
	struct rte_mbuf *payload = head->next, *whole = copy_whole(port, head);

	if (likely(whole)) {
		rte_memcpy(rte_pktmbuf_mtod_offset(whole, void *, head->data_len),
			   rte_pktmbuf_mtod(payload, const void *), payload->data_len);
		whole->data_len += payload->data_len;
	}
	rte_pktmbuf_free_seg(payload);
	return whole;
}

static __rte_always_inline struct rte_mbuf *
to_send(struct port *port, struct rte_mbuf *head)
{
	if (head->nb_segs == 1)
		return copy_whole(port, head);
	return likely(joinable(port, head)) ? port_join_frame(head) : copy_both(port, head);
}

static uint16_t
tx_header(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	uint16_t taken = RTE_MIN(n, port->lower->ops->tx_room(port->lower->device));
	struct rte_mbuf *mapped[MBUF_STACK_BURST];
	uint16_t sendable = taken, going = 0;
	bool all_sendable = true;
	uint32_t bytes = 0;

	for (uint16_t i = 0; i < taken; i++)
		all_sendable &= sendable_header(port, bufs[i]);
	if (unlikely(!all_sendable))
		sendable = sift(port, bufs, taken, sendable_header);
	for (uint16_t i = 0; i < sendable; i++) {
		struct rte_mbuf *head = bufs[i];

		mapped[going] = to_send(port, head);
		if (likely(mapped[going])) {
			bytes += head->data_len;
			going++;
		}
		port_free_segment(port, head);
	}
	if (unlikely(!going))
		return taken;
	bounce_copy_count(port->copy, going, bytes);
	port->lower->ops->tx_burst(port->lower->device, mapped, going);
	return taken;
}

#include "datapath/guest/port_variants.h"

VARIANT(none, COPY_NONE, false)
VARIANT(none_hooked, COPY_NONE, true)
VARIANT(shadow, COPY_SHADOW, false)
VARIANT(shadow_hooked, COPY_SHADOW, true)
VARIANT(fused, COPY_FUSED, false)
VARIANT(fused_hooked, COPY_FUSED, true)

const struct port_burst port_bursts[COPY_MODES][2] = {
	[COPY_NONE] = {{rx_none, tx_none, alloc_plain, release_plain},
		       {rx_none_hooked, tx_none_hooked, alloc_hooked, release_hooked}},
	[COPY_SHADOW] = {{rx_shadow, tx_shadow, alloc_plain, release_plain},
			 {rx_shadow_hooked, tx_shadow_hooked, alloc_hooked, release_hooked}},
	[COPY_HEADER] = {{rx_header, tx_header, alloc_plain, release_plain}},
	[COPY_FUSED] = {{rx_fused, tx_fused, alloc_plain, release_plain},
			{rx_fused_hooked, tx_fused_hooked, alloc_hooked, release_hooked}},
};
