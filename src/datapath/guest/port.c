/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/port.h"

#include <errno.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/guest/fresh.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/bounce_copy.h"

#define BURST_MAX 32u
#define SHARED (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)

const struct counter port_counters[] = {
	{"drop.no_shadow", offsetof(struct port, drop_no_shadow), "packets",
	 "received, but no shadow buffer was free"},
	{"drop.no_temporary", offsetof(struct port, drop_no_temporary), "packets",
	 "to be sent, but no temporary buffer was free"},
	{"drop.unsendable", offsetof(struct port, drop_unsendable), "packets",
	 "to be sent, but too long or in several segments"},
	{0},
};

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

static const struct {
	uint16_t (*rx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
	uint16_t (*tx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
} variants[2][2] = {
	{{rx_none, tx_none}, {rx_none_hooked, tx_none_hooked}},
	{{rx_shadow, tx_shadow}, {rx_shadow_hooked, tx_shadow_hooked}},
};

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

static uint16_t
alloc_nothing(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	(void)arg;
	(void)bufs;
	(void)n;
	return 0;
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

static void
notify_sources(void *arg)
{
	const struct port *port = arg;

	for (unsigned int i = 0; port->notify[i].notify; i++)
		port->notify[i].notify(port->notify[i].state);
}

/* Sources map in the order of their table and unmap in reverse. */
static bool
collect_hooks(struct port *port, const struct datapath_config *config)
{
	unsigned int n_map = 0, n_unmap = 0, n_notify = 0, n = source_count();

	for (unsigned int i = 0; i < n; i++) {
		const struct source *forward = sources[i], *backward = sources[n - 1 - i];

		if (config->sources[i].on && forward->map)
			port->map[n_map++] = (struct port_hook){forward->map, port->states[i]};
		if (config->sources[n - 1 - i].on && backward->unmap)
			port->unmap[n_unmap++] =
				(struct port_hook){backward->unmap, port->states[n - 1 - i]};
		if (config->sources[i].on && forward->notify) {
			port->notify[n_notify].notify = forward->notify;
			port->notify[n_notify++].state = port->states[i];
		}
	}
	return n_map || n_unmap;
}

static int
open_sources(struct port *port, const struct datapath_config *config)
{
	const struct source_env env = {
		.guest = port->guest,
		.exits = &port->exits,
		.copying = config->sources[source_find("bounce_copy")].on,
	};

	for (unsigned int i = 0; sources[i]; i++) {
		if (!config->sources[i].on || !sources[i]->open)
			continue;
		int error = sources[i]->open(&env, config->sources[i].options, &port->states[i]);

		if (error)
			return error;
		if (sources[i] == &source_bounce_copy)
			port->copy = port->states[i];
	}
	return 0;
}

static void
note_memory(struct rte_mempool *pool, void *arg, struct rte_mempool_memhdr *memory,
	    unsigned int index)
{
	struct port *port = arg;

	(void)pool;
	(void)index;
	port->shadow_start = (uintptr_t)memory->addr;
	port->shadow_bytes = memory->len;
}

/* Where the pool is in one piece, its mbufs are known by their addresses; else none is. */
static void
find_shadow_memory(struct port *port)
{
	if (rte_mempool_mem_iter(port->shadow, note_memory, port) != 1)
		port->shadow_bytes = 0;
}

int
port_open(struct port *port, struct guest *guest, const struct datapath_config *config)
{
	int error;

	memset(port, 0, sizeof(*port));
	port->guest = guest;
	port->lower = guest->lower;
	port->temporary = guest->pools.temporary;
	port->shadow = guest->pools.shadow;
	port->data_start = (uintptr_t)guest->data;
	port->data_bytes = guest->data_bytes;
	find_shadow_memory(port);
	exit_engine_open(&port->exits, exit_backends[config->exits]);
	error = open_sources(port, config);
	if (error) {
		port_close(port);
		return error;
	}
	bool hooked = collect_hooks(port, config);

	port->rx = variants[port->copy != NULL][hooked].rx;
	port->tx = variants[port->copy != NULL][hooked].tx;
	port->buffers = (struct buffer_ops){
		.alloc = hooked ? alloc_hooked : alloc_plain,
		.release = hooked ? release_hooked : release_plain,
		.notify = notify_sources,
		.port = port,
	};
	port->draining = port->buffers;
	port->draining.alloc = alloc_nothing;
	return 0;
}

void
port_close(struct port *port)
{
	for (unsigned int i = 0; sources[i]; i++)
		if (port->states[i] && sources[i]->close)
			sources[i]->close(port->states[i]);
	memset(port, 0, sizeof(*port));
}

int
port_attach(struct port *port)
{
	port->lower->buffers = &port->buffers;
	for (unsigned int i = 0; sources[i]; i++) {
		int error = port->states[i] && sources[i]->attach
				    ? sources[i]->attach(port->states[i])
				    : 0;

		if (error)
			return error;
	}
	return 0;
}

void
port_drain(struct port *port)
{
	port->lower->buffers = &port->draining;
}

bool
port_drained(struct port *port)
{
	port->lower->ops->tx_room(port->lower->device);
	return !port->lower->ops->rx_posted(port->lower->device) &&
	       !port->lower->ops->tx_pending(port->lower->device);
}
