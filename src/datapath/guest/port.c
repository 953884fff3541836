/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/port.h"

#include <errno.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/port_burst.h"
#include "datapath/guest/port_inline.h"
#include "datapath/guest/port_points.h"
#include "datapath/guest/port_steps.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/sources/bounce_copy.h"
#include "datapath/sources/interrupt.h"

const struct counter port_counters[] = {
	{"drop.no_shadow", offsetof(struct port, drop_no_shadow), "packets",
	 "received, but no shadow buffer was free"},
	{"drop.esp", offsetof(struct port, drop_esp), "packets",
	 "received where the port decrypts, but neither new and authentic ESP nor ARP"},
	{"drop.no_temporary", offsetof(struct port, drop_no_temporary), "packets",
	 "to be sent, but no temporary buffer was free"},
	{"drop.unsendable", offsetof(struct port, drop_unsendable), "packets",
	 "to be sent, but too long, in other segments than received, or not the port's to send"},
	{0},
};

static uint16_t
alloc_nothing(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	(void)arg;
	(void)bufs;
	(void)n;
	return 0;
}

static void
take_back(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct port *port = arg;

	port_run_hooks(port->unmap, bufs, n, DIRECTION_RX);
	for (uint16_t i = 0; i < n; i++)
		segment_detach(bufs[i]);
	rte_mempool_put_bulk(port->hot_temporary.pool, (void **)bufs, n);
}

static void
notify_sources(void *arg)
{
	port_at(arg, POINT_DOORBELL);
}

/* What acts at each point, in the order of the table. */
static void
collect_points(struct port *port, const struct datapath_config *config)
{
	for (unsigned int i = 0; sources[i]; i++) {
		const struct source *source = sources[i];
		unsigned int chosen = ~0u;

		if (!config->sources[i].on)
			continue;
		if (source->points)
			chosen = source->points(config->sources[i].options);
		for (unsigned int point = 0; point < POINTS; point++) {
			struct port_point *end = port->points[point];

			if (!source->at[point] || !(chosen >> point & 1))
				continue;
			while (end->act)
				end++;
			*end = (struct port_point){source->at[point], port->states[i]};
		}
	}
}

/* Sources map in the order of their table and unmap in reverse. */
static bool
collect_hooks(struct port *port, const struct datapath_config *config)
{
	unsigned int n_map = 0, n_unmap = 0, n = source_count();

	for (unsigned int i = 0; i < n; i++) {
		const struct source *forward = sources[i], *backward = sources[n - 1 - i];

		if (config->sources[i].on && forward->map)
			port->map[n_map++] = (struct port_hook){forward->map, port->states[i]};
		if (config->sources[n - 1 - i].on && backward->unmap)
			port->unmap[n_unmap++] =
				(struct port_hook){backward->unmap, port->states[n - 1 - i]};
		if (config->sources[i].on && forward->application)
			port->application =
				(struct application){forward->application, port->states[i]};
	}
	return n_map || n_unmap;
}

static int
refuse_link(const struct source *source)
{
	log_error("source %s: what it costs is the device's, charged to the host of `folio run`; "
		  "here the host is another program, allowed: the source off",
		  source->name);
	return -ENOTSUP;
}

static int
open_sources(struct port *port, const struct port_options *options)
{
	const struct datapath_config *config = options->config;
	const struct source_env env = {
		.guest = options->guest,
		.queue = options->queue,
		.exits = &port->exits,
		.copying = bounce_copy_mode(config) != COPY_NONE,
		.lockstep = options->lockstep,
	};

	for (unsigned int i = 0; sources[i]; i++) {
		if (config->sources[i].on && sources[i]->link_cross && !options->own_host)
			return refuse_link(sources[i]);
		if (!config->sources[i].on || !sources[i]->open)
			continue;
		int error = sources[i]->open(&env, config->sources[i].options, &port->states[i]);

		if (error)
			return error;
		if (sources[i] == &source_bounce_copy)
			port->copy = port->states[i];
		if (sources[i] == &source_interrupt)
			port->interrupt = port->states[i];
	}
	return bounce_copy_mode(config) == COPY_FUSED ?
		       esp_fused_open_guest(&config->esp, true, &port->copy->fused) :
		       0;
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
	if (rte_mempool_mem_iter(port->hot_shadow.pool, note_memory, port) != 1)
		port->shadow_bytes = 0;
}

/* A call of the device must be able to carry the longest frame in such mbufs. */
static int
check_shadow_room(const struct port *port)
{
	if (port->shadow_room_bytes * LOWER_SEGMENTS_MAX >= LOWER_FRAME_BYTES_MAX)
		return 0;
	log_error("packet pool %s: its mbufs hold %u B, at least %u are wanted",
		  port->hot_shadow.pool->name, port->shadow_room_bytes,
		  LOWER_FRAME_BYTES_MAX / LOWER_SEGMENTS_MAX + 1);
	return -EINVAL;
}

int
port_open(struct port *port, const struct port_options *options)
{
	const struct datapath_config *config = options->config;
	const struct guest *guest = options->guest;
	const struct guest_queue *queue = &guest->queues[options->queue];
	int error = datapath_config_check(config);

	memset(port, 0, sizeof(*port));
	if (error)
		return error;
	port->lower = queue->lower;
	port->hot_temporary.pool = port->spare_temporary.pool = queue->pools.temporary;
	port->hot_shadow.pool = options->shadow ? options->shadow : queue->pools.shadow;
	port->shadow_room_bytes =
		rte_pktmbuf_data_room_size(port->hot_shadow.pool) - RTE_PKTMBUF_HEADROOM;
	find_shadow_memory(port);
	error = exit_engine_open(&port->exits, config);
	if (!error && config->mergeable)
		error = check_shadow_room(port);
	if (!error)
		error = open_sources(port, options);
	if (error) {
		port_close(port);
		return error;
	}
	bool hooked = collect_hooks(port, config);

	collect_points(port, config);
	work_open(&port->work, config->work_cycles);

	const struct port_burst(*bursts)[2] = config->mergeable ? port_chain_bursts : port_bursts;
	const struct port_burst *burst = &bursts[bounce_copy_mode(config)][hooked];

	port->burst = burst;
	port->rx = burst->rx;
	port->tx = burst->tx;
	port_meet_points(port);
	port->buffers = (struct buffer_ops){
		.alloc = burst->alloc,
		.release = burst->release,
		.take_back = take_back,
		.notify = notify_sources,
		.port = port,
		.port_id = options->port_id,
	};
	port->draining = port->buffers;
	port->draining.alloc = alloc_nothing;
	if (config->esp.crypto == ESP_CRYPTO_INLINE)
		error = port_inline_open(port, config, options->crypto_cpu);
	if (error)
		port_close(port);
	return error;
}

struct pool_memory
port_shadow_memory(const struct port *ports, unsigned int n)
{
	struct pool_memory sum = {0};

	for (unsigned int q = 0; q < n; q++)
		if (ports[q].copy)
			pool_memory_add(ports[q].hot_shadow.pool, &sum);
	return sum;
}

static void
release_hot(struct port *port)
{
	mbuf_stack_trim(&port->hot_temporary, 0);
	mbuf_stack_trim(&port->spare_temporary, 0);
	mbuf_stack_trim(&port->hot_shadow, 0);
}

void
port_close(struct port *port)
{
	port_inline_close(port->crypto);
	release_hot(port);
	/* What reclaims from now on is the next port's business, or nobody's. */
	if (port->lower &&
	    (port->lower->buffers == &port->buffers || port->lower->buffers == &port->draining))
		port->lower->buffers = NULL;
	for (unsigned int i = 0; sources[i]; i++)
		if (port->states[i] && sources[i]->close)
			sources[i]->close(port->states[i]);
	exit_engine_close(&port->exits);
	memset(port, 0, sizeof(*port));
}

int
port_attach(struct port *port)
{
	port->lower->buffers = &port->buffers;
	for (unsigned int i = 0; sources[i]; i++) {
		int error = port->states[i] && sources[i]->attach ?
				    sources[i]->attach(port->states[i]) :
				    0;

		if (error)
			return error;
	}
	return port->crypto ? port_inline_resume(port->crypto) : 0;
}

void
port_halt(struct port *port)
{
	if (port->crypto)
		port_inline_pause(port->crypto);
}

void
port_drain(struct port *port)
{
	port_halt(port);
	port->lower->buffers = &port->draining;
	if (port->interrupt)
		interrupt_stay_awake(port->interrupt);
	if (port->crypto)
		port_inline_resume(port->crypto);
}

static bool
device_drained(struct port *port)
{
	port->lower->ops->tx_room(port->lower->device);
	if (port->lower->ops->rx_posted(port->lower->device) ||
	    port->lower->ops->tx_pending(port->lower->device))
		return false;
	release_hot(port);
	return true;
}

/* Frames on their way through the crypto thread are the device's still. */
static bool
crypto_drained(struct port *port)
{
	bool drained;

	if (!port_inline_looks_empty(port->crypto))
		return false;
	port_inline_pause(port->crypto);
	drained = port_inline_is_empty(port->crypto) && device_drained(port);
	if (drained)
		port_inline_release(port->crypto);
	else
		port_inline_resume(port->crypto);
	return drained;
}

bool
port_drained(struct port *port)
{
	return port->crypto ? crypto_drained(port) : device_drained(port);
}
