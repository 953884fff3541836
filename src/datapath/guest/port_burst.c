/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path: receive and transmit bursts, and what the device calls per
 * burst. Each comes as an always-inline body with constant flags (copying: there
 * is a copy; hooked: sources have hooks), and the variants that set-up chooses
 * from.
 */
#include "datapath/guest/port_burst.h"

#include <string.h>

#include <rte_mbuf.h>

#include "datapath/guest/fresh.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/virtqueue.h"
#include "datapath/sources/bounce_copy.h"

#define SHARED (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)

static inline void
run_hooks(const struct port_hook *hook, struct rte_mbuf **bufs, uint16_t n,
	  enum direction direction)
{
	for (; hook->burst; hook++)
		hook->burst(hook->state, bufs, n, direction);
}

static __rte_always_inline uint16_t
alloc(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool hooked)
{
	if (unlikely(rte_mempool_get_bulk(port->hot_temporary.pool, (void **)bufs, n) < 0))
		return 0;
	if (hooked)
		run_hooks(port->map, bufs, n, DIRECTION_RX);
	return n;
}

static __rte_always_inline void
release(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool hooked)
{
	if (hooked)
		run_hooks(port->unmap, bufs, n, DIRECTION_TX);
	/* As the pool expects them: one reference, one segment. */
	rte_mempool_put_bulk(port->hot_temporary.pool, (void **)bufs, n);
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
rx(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool copying, bool hooked)
{
	struct rte_mbuf **received = copying ? mbuf_stack_room(&port->hot_temporary, n) : bufs;
	uint16_t taken = port->lower->ops->rx_burst(port->lower->device, received, n);

	if (!taken)
		return 0;
	n = copying ? copy_out(port, received, bufs, taken) : taken;
	if (hooked)
		run_hooks(port->unmap, received, taken, DIRECTION_RX);
	if (copying)
		mbuf_stack_push(&port->hot_temporary, taken);
	return n;
}

static inline bool
sendable(const struct port *port, const struct rte_mbuf *mbuf, bool copying)
{
	if (mbuf->nb_segs != 1 || mbuf->data_len > SLOT_BYTES - RTE_PKTMBUF_HEADROOM)
		return false;
	/* Without a copy the device reads the buffer itself: it must be one of the region's. */
	return copying || (mbuf->data_off >= VNET_HEADER_BYTES &&
			   (uintptr_t)mbuf->buf_addr - port->data_start < port->data_bytes);
}

/* May the mbuf go back to the shadow pool as it is: of that pool, and nobody else's? */
static inline bool
simply_freed(const struct port *port, const struct rte_mbuf *mbuf)
{
	return (uintptr_t)mbuf - port->shadow_start < port->shadow_bytes &&
	       !(mbuf->ol_flags & SHARED) && rte_mbuf_refcnt_read(mbuf) == 1;
}

/*
 * Moves the frames that can be sent to the front; the others are freed and
 * counted. Returns how many can.
 */
static uint16_t __rte_cold
sift(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool copying)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (sendable(port, bufs[i], copying)) {
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

/* Copies the frames and gives their mbufs back: all at once where they are the port's own. */
static __rte_always_inline void
copy_in(struct port *port, struct rte_mbuf **bufs, struct rte_mbuf **temporary, uint16_t n,
	bool all_simple, bool placed)
{
	uint32_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (!placed)
			place_frame(bufs[i], temporary[i]);
		bytes += bounce_copy_frame(bufs[i], temporary[i]);
	}
	bounce_copy_count(port->copy, n, bytes);
	if (likely(all_simple)) {
		memcpy(mbuf_stack_room(&port->hot_shadow, n), bufs, n * sizeof(*bufs));
		mbuf_stack_push(&port->hot_shadow, n);
	} else {
		rte_pktmbuf_free_bulk(bufs, n);
	}
}

static __rte_always_inline uint16_t
tx(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool copying, bool hooked)
{
	uint16_t taken = RTE_MIN(n, port->lower->ops->tx_room(port->lower->device));
	uint16_t going = taken;
	struct rte_mbuf **mapped = bufs;
	bool all_sendable = true, all_simple = true;

	for (uint16_t i = 0; i < taken; i++) {
		all_sendable &= sendable(port, bufs[i], copying);
		all_simple &= !copying || simply_freed(port, bufs[i]);
	}
	if (unlikely(!all_sendable))
		going = sift(port, bufs, taken, copying);
	if (unlikely(!going))
		return taken;
	if (copying) {
		mapped = take_temporary(port, bufs, going);
		if (unlikely(!mapped))
			return taken;
	}
	if (copying && hooked)
		for (uint16_t i = 0; i < going; i++)
			place_frame(bufs[i], mapped[i]);
	if (hooked)
		run_hooks(port->map, mapped, going, DIRECTION_TX);
	if (copying)
		copy_in(port, bufs, mapped, going, all_simple, hooked);
	port->lower->ops->tx_burst(port->lower->device, mapped, going);
	return taken;
}

#define VARIANT(suffix, copying, hooked)                                                           \
	static uint16_t rx_##suffix(struct port *port, struct rte_mbuf **bufs, uint16_t n)         \
	{                                                                                          \
		return rx(port, bufs, n, copying, hooked);                                         \
	}                                                                                          \
	static uint16_t tx_##suffix(struct port *port, struct rte_mbuf **bufs, uint16_t n)         \
	{                                                                                          \
		return tx(port, bufs, n, copying, hooked);                                         \
	}

VARIANT(none, false, false)
VARIANT(none_hooked, false, true)
VARIANT(shadow, true, false)
VARIANT(shadow_hooked, true, true)

static uint16_t
alloc_plain(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	return alloc(arg, bufs, n, false);
}

static uint16_t
alloc_hooked(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	return alloc(arg, bufs, n, true);
}

static void
release_plain(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	release(arg, bufs, n, false);
}

static void
release_hooked(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	release(arg, bufs, n, true);
}

const struct port_burst port_bursts[2][2] = {
	{{rx_none, tx_none, alloc_plain, release_plain},
	 {rx_none_hooked, tx_none_hooked, alloc_hooked, release_hooked}},
	{{rx_shadow, tx_shadow, alloc_plain, release_plain},
	 {rx_shadow_hooked, tx_shadow_hooked, alloc_hooked, release_hooked}},
};
