/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stock driver takes and frees receive buffers by itself, so nothing is mapped
 * or unmapped through struct buffer_ops: sources that act there are refused
 * (config.c).
 *
 * A driver may take fewer frames than it was offered, which a lower device may not.
 * What it leaves waits here, a burst at the most, and goes first the next time;
 * until it has gone, there is no room for more.
 */
#include "datapath/guest/ethdev_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "base/log.h"
#include "datapath/config.h"
#include "datapath/guest/lower.h"
#include "datapath/guest/memory.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/region.h"

#define BURST_MAX 32u

/*
 * Of the heap, for each descriptor of a queue pair's two rings: the largest
 * descriptors and what drivers note beside them; and for each queue pair: its
 * structures.
 */
#define RING_ENTRY_BYTES 256u
#define QUEUE_BYTES (64u << 10)

struct ethdev_queue {
	struct lower lower;
	uint16_t port_id;
	uint16_t queue;
	uint16_t n_held;
	struct rte_mbuf *held[BURST_MAX]; /* not yet taken by the driver */
	struct rte_mempool *pool;         /* NULL until the device is started */
	uint64_t notify_points;
	uint64_t held_back;
	uint64_t drop_unfit;
};

struct ethdev_device {
	char name[OPTION_TEXT_BYTES]; /* its devargs */
	uint16_t port_id;             /* RTE_MAX_ETHPORTS: none */
	char heap[32];                /* empty: none */
	uint8_t *heap_start;
	size_t heap_bytes;
	size_t page_bytes; /* of the region's memory */
	uint8_t *data;     /* registered with DPDK, and mapped for the device; NULL: not */
	size_t data_bytes;
	unsigned int n_queues;
	uint32_t ring_size;
	struct ethdev_queue queues[]; /* n_queues */
};

static void
notify(struct ethdev_queue *queue)
{
	queue->notify_points++;
	queue->lower.buffers->notify(queue->lower.buffers->port);
}

/* One segment within its own buffer, and the buffer one of the queue's: else it is nobody's frame. */
static inline bool
fit(const struct ethdev_queue *queue, const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 && mbuf->pool == queue->pool &&
	       mbuf->data_len >= RTE_ETHER_HDR_LEN &&
	       mbuf->data_len <= SLOT_BYTES - RTE_PKTMBUF_HEADROOM &&
	       (uint32_t)mbuf->data_off + mbuf->data_len <= SLOT_BYTES;
}

static uint16_t
ethdev_rx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ethdev_queue *queue = arg;
	uint16_t got = rte_eth_rx_burst(queue->port_id, queue->queue, bufs, n), kept = 0;

	for (uint16_t i = 0; i < got; i++) {
		if (unlikely(!fit(queue, bufs[i]))) {
			rte_pktmbuf_free(bufs[i]);
			queue->drop_unfit++;
			continue;
		}
		/* What a device says about a frame is not believed. */
		bufs[i]->port = queue->lower.buffers->port_id;
		bufs[i]->ol_flags = RTE_MBUF_F_EXTERNAL;
		bufs[i]->packet_type = 0;
		bufs[i]->pkt_len = bufs[i]->data_len;
		bufs[kept++] = bufs[i];
	}
	if (got)
		notify(queue);
	return kept;
}

static uint16_t
ethdev_tx_room(void *arg)
{
	struct ethdev_queue *queue = arg;

	if (unlikely(queue->n_held)) {
		uint16_t sent =
			rte_eth_tx_burst(queue->port_id, queue->queue, queue->held, queue->n_held);

		queue->n_held -= sent;
		memmove(queue->held, queue->held + sent, queue->n_held * sizeof(queue->held[0]));
	}
	return queue->n_held ? 0 : BURST_MAX;
}

static void
ethdev_tx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ethdev_queue *queue = arg;

	/* The FOLIO layer sets what its own front end reads: offset and length. */
	for (uint16_t i = 0; i < n; i++) {
		bufs[i]->ol_flags = RTE_MBUF_F_EXTERNAL;
		bufs[i]->nb_segs = 1;
		bufs[i]->pkt_len = bufs[i]->data_len;
	}
	uint16_t sent = rte_eth_tx_burst(queue->port_id, queue->queue, bufs, n);

	queue->n_held = n - sent;
	queue->held_back += queue->n_held;
	memcpy(queue->held, bufs + sent, queue->n_held * sizeof(bufs[0]));
	notify(queue);
}

/* The buffers that the driver has posted are its own. */
static uint16_t
ethdev_rx_posted(void *arg)
{
	(void)arg;
	return 0;
}

static uint16_t
ethdev_tx_pending(void *arg)
{
	const struct ethdev_queue *queue = arg;

	return queue->n_held;
}

static const struct counter counters[] = {
	{"notify_points", offsetof(struct ethdev_queue, notify_points), "points",
	 "bursts after which the driver rings a doorbell"},
	{"held_back", offsetof(struct ethdev_queue, held_back), "packets",
	 "not taken by the driver at once; sent later"},
	{"drop.unfit", offsetof(struct ethdev_queue, drop_unfit), "packets",
	 "received in several segments, out of bounds, or in a buffer that is not the queue's"},
	{0},
};

static const struct lower_ops ops = {
	.rx_burst = ethdev_rx_burst,
	.tx_room = ethdev_tx_room,
	.tx_burst = ethdev_tx_burst,
	.rx_posted = ethdev_rx_posted,
	.tx_pending = ethdev_tx_pending,
	.counters = counters,
};

size_t
ethdev_device_region_bytes(const struct datapath_config *config)
{
	return RTE_ALIGN(config->queues *
				 ((size_t)config->ring_size * RING_ENTRY_BYTES + QUEUE_BYTES),
			 REGION_ALIGN_BYTES);
}

/* Device addresses are the guest's virtual ones, as everywhere in DPDK here (--iova-mode=va). */
static rte_iova_t *
page_iovas(const uint8_t *start, size_t n_pages, size_t page_bytes)
{
	rte_iova_t *iovas = calloc(n_pages, sizeof(*iovas));

	for (size_t i = 0; iovas && i < n_pages; i++)
		iovas[i] = (uintptr_t)start + i * page_bytes;
	return iovas;
}

static int
open_heap(struct ethdev_device *device, struct region *region)
{
	size_t n_pages = device->heap_bytes / device->page_bytes;
	static unsigned int serial;
	rte_iova_t *iovas;
	int error = 0;

	device->heap_start = region_carve(region, device->heap_bytes, device->page_bytes);
	if (!device->heap_start) {
		log_error("shared region: no room for %zu MiB of descriptor rings",
			  device->heap_bytes >> 20);
		return -ENOMEM;
	}
	iovas = page_iovas(device->heap_start, n_pages, device->page_bytes);
	if (!iovas)
		return -ENOMEM;
	snprintf(device->heap, sizeof(device->heap), "folio%u", serial++);
	if (rte_malloc_heap_create(device->heap)) {
		error = -rte_errno;
		device->heap[0] = '\0';
	} else if (rte_malloc_heap_memory_add(device->heap, device->heap_start, device->heap_bytes,
					      iovas, (unsigned int)n_pages, device->page_bytes)) {
		error = -rte_errno;
		rte_malloc_heap_destroy(device->heap);
		device->heap[0] = '\0';
	}
	free(iovas);
	if (error)
		log_error("device %s: a heap for its rings: %s", device->name,
			  rte_strerror(-error));
	return error;
}

static uint16_t
find_port(const char *devargs)
{
	struct rte_dev_iterator iterator;
	uint16_t found = RTE_MAX_ETHPORTS, port_id;

	RTE_ETH_FOREACH_MATCHING_DEV(port_id, devargs, &iterator)
	{
		found = port_id;
		rte_eth_iterator_cleanup(&iterator);
		break;
	}
	return found;
}

/* The port is ours from here on. Returns 0, or -EPERM: it is somebody else's. */
static int
claim(uint16_t port_id)
{
	struct rte_eth_dev_owner owner = {.name = "folio"};
	int error = rte_eth_dev_owner_new(&owner.id);

	return error ? error : rte_eth_dev_owner_set(port_id, &owner);
}

/* A PCI device that was named before DPDK started is there already (datapath_expect()). */
static int
probe(struct ethdev_device *device)
{
	int error = rte_dev_probe(device->name);
	uint16_t port_id = error && error != -EEXIST ? RTE_MAX_ETHPORTS : find_port(device->name);

	if (port_id == RTE_MAX_ETHPORTS)
		error = error ? error : -ENODEV;
	else
		error = claim(port_id);
	if (!error) {
		device->port_id = port_id;
		return 0;
	}
	log_error("device ethdev: DPDK gives no port for devargs: '%s', allowed: a device that "
		  "nobody "
		  "uses and whose driver is installed, such as net_af_packet0,iface=eth1 or "
		  "0000:01:00.0",
		  device->name);
	return error;
}

int
ethdev_device_open(struct region *region, const struct datapath_config *config,
		   struct ethdev_device **out)
{
	struct ethdev_device *device =
		calloc(1, sizeof(*device) + config->queues * sizeof(device->queues[0]));
	int error;

	if (!device)
		return -ENOMEM;
	memcpy(device->name, config->devargs, sizeof(device->name));
	device->port_id = RTE_MAX_ETHPORTS;
	device->heap_bytes = ethdev_device_region_bytes(config);
	device->page_bytes = region->provider->page_bytes;
	device->n_queues = config->queues;
	device->ring_size = config->ring_size;
	error = open_heap(device, region);
	if (!error)
		error = probe(device);
	if (error) {
		ethdev_device_close(device);
		return error;
	}
	for (unsigned int i = 0; i < device->n_queues; i++) {
		struct ethdev_queue *queue = &device->queues[i];

		queue->lower = (struct lower){.ops = &ops, .device = queue};
		queue->port_id = device->port_id;
		queue->queue = (uint16_t)i;
	}
	*out = device;
	return 0;
}

struct lower *
ethdev_device_lower(struct ethdev_device *device, unsigned int queue)
{
	return &device->queues[queue].lower;
}

/* Flows go to queues by their hash where the device can do that. */
static int
configure(struct ethdev_device *device, const struct rte_eth_dev_info *info)
{
	uint16_t n = (uint16_t)device->n_queues;
	struct rte_eth_conf conf = {0};

	if (n > info->max_rx_queues || n > info->max_tx_queues) {
		log_error("device %s: found queues: %u, allowed: at most %u", device->name, n,
			  RTE_MIN(info->max_rx_queues, info->max_tx_queues));
		return -EINVAL;
	}
	conf.rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads &
					   (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	if (n > 1 && conf.rx_adv_conf.rss_conf.rss_hf)
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	return rte_eth_dev_configure(device->port_id, n, n, &conf);
}

static int
set_up_queues(struct ethdev_device *device, struct rte_mempool *const *pools)
{
	int socket = rte_malloc_heap_get_socket(device->heap);
	uint16_t n_rx = (uint16_t)device->ring_size, n_tx = n_rx;
	int error = rte_eth_dev_adjust_nb_rx_tx_desc(device->port_id, &n_rx, &n_tx);

	for (unsigned int i = 0; !error && i < device->n_queues; i++) {
		struct ethdev_queue *queue = &device->queues[i];

		queue->pool = pools[i];
		error = rte_eth_rx_queue_setup(device->port_id, queue->queue, n_rx,
					       (unsigned int)socket, NULL, queue->pool);
		if (!error)
			error = rte_eth_tx_queue_setup(device->port_id, queue->queue, n_tx,
						       (unsigned int)socket, NULL);
	}
	return error;
}

/* Devices that do not translate, or are none, need no mapping: their bus has no such call. */
static int
map_data(struct ethdev_device *device, const struct rte_eth_dev_info *info, uint8_t *data,
	 size_t data_bytes)
{
	size_t n_pages = data_bytes / device->page_bytes;
	rte_iova_t *iovas = page_iovas(data, n_pages, device->page_bytes);
	int error = 0;

	if (!iovas)
		return -ENOMEM;
	if (rte_extmem_register(data, data_bytes, iovas, (unsigned int)n_pages, device->page_bytes))
		error = -rte_errno;
	free(iovas);
	if (error)
		return error;
	device->data = data;
	device->data_bytes = data_bytes;
	if (rte_dev_dma_map(info->device, data, (uintptr_t)data, data_bytes) &&
	    rte_errno != ENOTSUP)
		error = -rte_errno;
	return error;
}

int
ethdev_device_start(struct ethdev_device *device, struct rte_mempool *const *pools, uint8_t *data,
		    size_t data_bytes)
{
	struct rte_eth_dev_info info;
	int error = rte_eth_dev_info_get(device->port_id, &info);

	if (!error)
		error = configure(device, &info);
	if (!error)
		error = map_data(device, &info, data, data_bytes);
	if (!error)
		error = set_up_queues(device, pools);
	if (!error)
		error = rte_eth_dev_start(device->port_id);
	if (error) {
		log_error("device %s did not start: %s", device->name, rte_strerror(-error));
		return error;
	}
	/* As FOLIO's own front end: whatever comes. A device that cannot is left as it is. */
	rte_eth_promiscuous_enable(device->port_id);
	return 0;
}

static void
close_port(struct ethdev_device *device)
{
	struct rte_eth_dev_info info;
	int error = rte_eth_dev_info_get(device->port_id, &info);

	rte_eth_dev_stop(device->port_id);
	for (unsigned int i = 0; i < device->n_queues; i++)
		rte_pktmbuf_free_bulk(device->queues[i].held, device->queues[i].n_held);
	if (!error && device->data)
		rte_dev_dma_unmap(info.device, device->data, (uintptr_t)device->data,
				  device->data_bytes);
	rte_eth_dev_close(device->port_id);
	if (!error)
		error = rte_dev_remove(info.device);
	if (error)
		log_error("device %s: it could not be removed: %s", device->name,
			  rte_strerror(-error));
}

static void
close_heap(struct ethdev_device *device)
{
	if (!rte_malloc_heap_memory_remove(device->heap, device->heap_start, device->heap_bytes) &&
	    !rte_malloc_heap_destroy(device->heap))
		return;
	log_error("device %s: its driver keeps memory of the shared region: %s", device->name,
		  rte_strerror(rte_errno));
}

void
ethdev_device_close(struct ethdev_device *device)
{
	if (!device)
		return;
	if (device->port_id != RTE_MAX_ETHPORTS)
		close_port(device);
	if (device->data)
		rte_extmem_unregister(device->data, device->data_bytes);
	if (device->heap[0])
		close_heap(device);
	free(device);
}
