/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path: receive and transmit bursts, and what the device calls per
 * burst. Each comes as an always-inline body with constant flags (copying: there
 * is a copy; hooked: sources have hooks), and the variants that set-up chooses
 * from.
 */
#include "datapath/guest/port_burst.h"

#include <rte_mbuf.h>

#include "datapath/guest/fresh.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/virtqueue.h"
#include "datapath/sources/bounce_copy.h"

#define BURST_MAX 32u
#define SHARED (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)

static inline void
run_hooks(const struct port_hook *hook, struct rte_mbuf **bufs, uint16_t n,
	  enum direction direction)
{
	for (; hook->burst; hook++)
		hook->burst(hook->state, bufs, n, direction);
}

/* Back to the pool as the pool expects them: one reference, one segment. */
static inline void
put_temporary(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	rte_mempool_put_bulk(port->temporary, (void **)bufs, n);
}

static __rte_always_inline uint16_t
alloc(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool hooked)
{
	if (unlikely(rte_mempool_get_bulk(port->temporary, (void **)bufs, n) < 0))
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
	put_temporary(port, bufs, n);
}

static inline void
prepare_shadow(struct rte_mbuf **from, struct rte_mbuf **to, uint16_t n)
{
	const struct fresh_head head = fresh_head(0);

	for (uint16_t i = 0; i < n; i++)
		fresh_set(to[i], &head, from[i]->data_len);
}

static __rte_always_inline uint16_t
rx(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool copying, bool hooked)
{
	struct rte_mbuf *temporary[BURST_MAX];
	struct rte_mbuf **received = copying ? temporary : bufs;

	n = port->lower->ops->rx_burst(port->lower->device, received, n);
	if (!n)
		return 0;
	if (copying && unlikely(rte_mempool_get_bulk(port->shadow, (void **)bufs, n) < 0)) {
		if (hooked)
			run_hooks(port->unmap, received, n, DIRECTION_RX);
		put_temporary(port, received, n);
		port->drop_no_shadow += n;
		return 0;
	}
	if (copying) {
		prepare_shadow(received, bufs, n);
		bounce_copy_burst(port->copy, received, bufs, n);
	}
	if (hooked)
		run_hooks(port->unmap, received, n, DIRECTION_RX);
	if (copying)
		put_temporary(port, received, n);
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

/* Where the data will lie, and how long it is, is known before it is mapped and copied. */
static inline void
prepare_temporary(struct rte_mbuf **from, struct rte_mbuf **to, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		to[i]->data_off = RTE_PKTMBUF_HEADROOM;
		to[i]->data_len = from[i]->data_len;
	}
}

static __rte_always_inline uint16_t
tx(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool copying, bool hooked)
{
	struct rte_mbuf *temporary[BURST_MAX];
	uint16_t taken = RTE_MIN(n, port->lower->ops->tx_room(port->lower->device));
	uint16_t going = taken;
	struct rte_mbuf **mapped = copying ? temporary : bufs;
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
		if (unlikely(rte_mempool_get_bulk(port->temporary, (void **)temporary, going) < 0)) {
			rte_pktmbuf_free_bulk(bufs, going);
			port->drop_no_temporary += going;
			return taken;
		}
		prepare_temporary(bufs, temporary, going);
	}
	if (hooked)
		run_hooks(port->map, mapped, going, DIRECTION_TX);
	if (copying) {
		bounce_copy_burst(port->copy, bufs, temporary, going);
		if (likely(all_simple))
			rte_mempool_put_bulk(port->shadow, (void **)bufs, going);
		else
			rte_pktmbuf_free_bulk(bufs, going);
	}
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
