/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/host_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/host/backend.h"
#include "datapath/host/frame_io.h"
#include "datapath/kernel/links.h"
#include "datapath/kernel/netns.h"
#include "datapath/kernel/tap.h"

#define WHAT "source host_path"
#define WIRE_TAP "wire"
#define DEVICE_TAP "device"

struct host_path {
	struct backend *backend;
	unsigned int queue;
	struct rte_mempool *pool;
	int netns, wire, device;
	struct rte_mbuf *frames[FRAME_IO_BURST_MAX]; /* on the device's side; filled in turn */
	uint16_t first, n;                           /* of frames: those that wait for the device */
	uint32_t to_guest, from_guest; /* written to the one TAP, not yet read from the other */
	uint64_t dropped;
};

void
host_path_close(struct host_path *path)
{
	if (!path)
		return;
	if (path->frames[0])
		rte_pktmbuf_free_bulk(path->frames, FRAME_IO_BURST_MAX);
	if (path->wire >= 0)
		close(path->wire);
	if (path->device >= 0)
		close(path->device);
	if (path->netns >= 0)
		close(path->netns);
	free(path);
}

/* In the namespace: a bridge with two ports. */
static int
set_up_links(void)
{
	struct mnl_socket *links;
	int error = links_open(&links);

	if (error)
		return error;
	error = links_add_bridge(links, HOST_PATH_BRIDGE);
	if (!error)
		error = links_up(links, HOST_PATH_BRIDGE, NULL, NULL);
	if (!error)
		error = links_up(links, WIRE_TAP, NULL, HOST_PATH_BRIDGE);
	if (!error)
		error = links_up(links, DEVICE_TAP, NULL, HOST_PATH_BRIDGE);
	links_close(links);
	return error;
}

static int
furnish(struct host_path *path)
{
	int outside = netns_enter(path->netns), error;

	if (outside < 0)
		return outside;
	path->wire = tap_open(WHAT, WIRE_TAP);
	path->device = path->wire < 0 ? path->wire : tap_open(WHAT, DEVICE_TAP);
	error = path->device < 0 ? path->device : set_up_links();
	netns_leave(outside);
	return error;
}

int
host_path_open(struct backend *backend, unsigned int queue, struct rte_mempool *pool,
	       struct host_path **out)
{
	struct host_path *path = calloc(1, sizeof(*path));
	int error;

	if (!path)
		return -ENOMEM;
	path->backend = backend;
	path->queue = queue;
	path->pool = pool;
	path->wire = path->device = -1;
	path->netns = netns_open(WHAT);
	error = path->netns < 0 ? path->netns : furnish(path);
	if (!error && rte_pktmbuf_alloc_bulk(pool, path->frames, FRAME_IO_BURST_MAX)) {
		path->frames[0] = NULL;
		error = -ENOBUFS;
		log_error(WHAT ": packet pool %s has no %u mbufs left", pool->name,
			  FRAME_IO_BURST_MAX);
	}
	if (error)
		host_path_close(path);
	else
		*out = path;
	return error;
}

void
host_paths_close(struct host_path **paths)
{
	for (unsigned int q = 0; q < QUEUES_MAX; q++) {
		host_path_close(paths[q]);
		paths[q] = NULL;
	}
}

int
host_paths_open(struct backend *backend, unsigned int n, struct rte_mempool *pool,
		struct host_path **paths)
{
	int error = 0;

	for (unsigned int q = 0; !error && q < n; q++)
		error = host_path_open(backend, q, pool, &paths[q]);
	if (error)
		host_paths_close(paths);
	return error;
}

/* What the device takes, it copies. */
static bool
hand_over(struct host_path *path)
{
	uint16_t taken =
		backend_send(path->backend, path->queue, path->frames + path->first, path->n);

	path->first += taken;
	path->n -= taken;
	return !path->n;
}

static void
put_in(struct host_path *path, uint32_t *under_way, uint16_t n, uint16_t written)
{
	*under_way += written;
	path->dropped += n - written;
}

/* Programs of the host's have frames on the bridge that nobody counted. */
static void
take_out(uint32_t *under_way, uint16_t n)
{
	*under_way -= n < *under_way ? n : *under_way;
}

static void
read_device(struct host_path *path, uint16_t n)
{
	path->first = 0;
	path->n = tap_read_burst(path->device, path->frames, n);
	take_out(&path->to_guest, path->n);
}

bool
host_path_push(struct host_path *path)
{
	if (path->n && !hand_over(path))
		return false;
	read_device(path, FRAME_IO_BURST_MAX);
	return !path->n || hand_over(path);
}

uint16_t
host_path_send(struct host_path *path, struct rte_mbuf **bufs, uint16_t n)
{
	if (path->n && !hand_over(path))
		return 0;
	put_in(path, &path->to_guest, n, tap_write_burst(path->wire, bufs, n));
	read_device(path, (uint16_t)RTE_MIN(path->to_guest, FRAME_IO_BURST_MAX));
	hand_over(path);
	return n;
}

uint16_t
host_path_receive(struct host_path *path, struct rte_mbuf **bufs, uint16_t n)
{
	uint16_t got = backend_receive(path->backend, path->queue, path->pool, bufs, n), out;

	if (got)
		put_in(path, &path->from_guest, got, tap_write_burst(path->device, bufs, got));
	else if (!path->from_guest || rte_pktmbuf_alloc_bulk(path->pool, bufs, n))
		return 0;
	else
		got = n; /* room for what comes late */
	out = tap_read_burst(path->wire, bufs, got);
	take_out(&path->from_guest, out);
	rte_pktmbuf_free_bulk(bufs + out, got - out);
	return out;
}

uint32_t
host_path_in_kernel(const struct host_path *path)
{
	return path->to_guest + path->from_guest;
}

void
host_path_discard(struct host_path *path)
{
	path->dropped += path->n + path->to_guest + path->from_guest;
	path->n = 0;
	path->to_guest = path->from_guest = 0;
	tap_discard(path->device);
	tap_discard(path->wire);
}

void
host_path_settle(struct host_path *path)
{
	path->dropped += path->to_guest;
	path->to_guest = 0;
}

uint64_t
host_path_dropped(const struct host_path *path)
{
	return path->dropped;
}

int
host_path_netns(const struct host_path *path)
{
	return path->netns;
}
