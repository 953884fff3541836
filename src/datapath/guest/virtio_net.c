/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/virtio_net.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/config.h"
#include "datapath/guest/fresh.h"
#include "datapath/guest/pools.h"

/* Refills and reclaims go by as many buffers at once. */
#define CHUNK LOWER_SEGMENTS_MAX

size_t
virtio_net_region_bytes(const struct datapath_config *config)
{
	return 2 * (size_t)config->queues *
	       virtqueue_formats[config->format]->region_bytes((uint16_t)config->ring_size);
}

static void
notify(struct virtio_net_queue *queue, struct virtqueue *ring, int kick_fd)
{
	queue->notify_points++;
	queue->lower.buffers->notify(queue->lower.buffers->port);
	if (unlikely(ring->ops->wants_kick(ring))) {
		queue->kicks++;
		eventfd_write(kick_fd, 1);
	}
}

/*
 * Every burst puts back what it took out. Refilling by larger portions would save
 * doorbells at small bursts, but then bursts differ, and a mean over the middle
 * half of them no longer says what a burst costs.
 */
static void
refill(struct virtio_net_queue *queue)
{
	struct rte_mbuf *bufs[CHUNK];
	const struct buffer_ops *buffers = queue->lower.buffers;
	bool posted = false;

	while (queue->rx.n_free && likely(!queue->rx.fault)) {
		uint16_t n = RTE_MIN(queue->rx.n_free, CHUNK);

		/* As few as there are: those that wait for a whole chunk may wait for ever. */
		while (n && unlikely(!buffers->alloc(buffers->port, bufs, n)))
			n /= 2;
		if (unlikely(!n)) {
			queue->no_buffers++;
			break;
		}
		queue->rx.ops->post_rx(&queue->rx, bufs, n);
		posted = true;
	}
	if (posted)
		notify(queue, &queue->rx, queue->rx_kick_fd);
}

static uint16_t
virtio_net_rx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct virtio_net_queue *queue = arg;
	uint32_t length_bytes[CHUNK];
	uint16_t taken = queue->rx.ops->harvest(&queue->rx, bufs, length_bytes, RTE_MIN(n, CHUNK));

	/* Whatever the frame before left in the header is overwritten. */
	const struct fresh_head head =
		fresh_head(RTE_MBUF_F_EXTERNAL, queue->lower.buffers->port_id);

	for (uint16_t i = 0; i < taken; i++)
		fresh_set(bufs[i], &head, (uint16_t)(length_bytes[i] - VNET_HEADER_BYTES));
	refill(queue);
	return taken;
}

static uint16_t
virtio_net_rx_burst_mergeable(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct virtio_net_queue *queue = arg;
	uint16_t taken = assembly_rx_burst(&queue->assembly, &queue->rx, bufs, n,
					   queue->lower.buffers->port_id);

	refill(queue);
	return taken;
}

static uint16_t
virtio_net_tx_room(void *arg)
{
	struct virtio_net_queue *queue = arg;
	const struct buffer_ops *buffers = queue->lower.buffers;
	struct rte_mbuf *sent[CHUNK];
	uint32_t ignored[CHUNK];
	uint16_t n;

	while ((n = queue->tx.ops->harvest(&queue->tx, sent, ignored, CHUNK)))
		buffers->release(buffers->port, sent, n);
	return queue->tx.fault ? 0 : queue->tx.n_free;
}

static void
virtio_net_tx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct virtio_net_queue *queue = arg;

	queue->tx.ops->post_tx(&queue->tx, bufs, n);
	notify(queue, &queue->tx, queue->tx_kick_fd);
}

static uint16_t
virtio_net_rx_posted(void *arg)
{
	const struct virtio_net_queue *queue = arg;

	return queue->rx.size - queue->rx.n_free + queue->assembly.n;
}

static uint16_t
virtio_net_tx_pending(void *arg)
{
	const struct virtio_net_queue *queue = arg;

	return queue->tx.size - queue->tx.n_free;
}

const struct counter virtio_net_counters[] = {
	{"notify_points", offsetof(struct virtio_net_queue, notify_points), "points",
	 "where a doorbell would ring"},
	{"kicks", offsetof(struct virtio_net_queue, kicks), "kicks",
	 "where the device asked for it"},
	{"no_buffers", offsetof(struct virtio_net_queue, no_buffers), "bursts",
	 "after which no buffer was free to receive into"},
	{"faults_rx", offsetof(struct virtio_net_queue, rx.faults), "faults",
	 "receive queues put out of service"},
	{"faults_tx", offsetof(struct virtio_net_queue, tx.faults), "faults",
	 "transmit queues put out of service"},
	{"lost.rx_posted", offsetof(struct virtio_net_queue, lost_rx_posted), "buffers",
	 "receive buffers that were empty with the device when it went: no frames"},
	{"lost.tx_in_flight", offsetof(struct virtio_net_queue, lost_tx_in_flight), "packets",
	 "on their way to the device when it went"},
	{0},
};

/* By [are frames taken apart]. */
static const struct lower_ops virtio_net_ops[2] = {
	{
		.rx_burst = virtio_net_rx_burst,
		.tx_room = virtio_net_tx_room,
		.tx_burst = virtio_net_tx_burst,
		.rx_posted = virtio_net_rx_posted,
		.tx_pending = virtio_net_tx_pending,
		.counters = virtio_net_counters,
	},
	{
		.rx_burst = virtio_net_rx_burst_mergeable,
		.tx_room = virtio_net_tx_room,
		.tx_burst = virtio_net_tx_burst,
		.rx_posted = virtio_net_rx_posted,
		.tx_pending = virtio_net_tx_pending,
		.counters = virtio_net_counters,
	},
};

static int
open_doorbell(int *fd)
{
	*fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (*fd >= 0)
		return 0;
	int error = -errno;

	log_error("doorbell of a virtqueue: %s", strerror(-error));
	return error;
}

static int
open_ring(struct virtqueue *ring, struct region *region, const struct datapath_config *config,
	  bool receives, unsigned int pair)
{
	/* Where frames are taken apart, a buffer may hold a frame's last byte only. */
	uint32_t least_bytes = config->mergeable ? 1 : VNET_HEADER_BYTES + RTE_ETHER_HDR_LEN;
	struct virtqueue_options options = {
		.format = virtqueue_formats[config->format],
		.size = (uint16_t)config->ring_size,
		.least_bytes = receives ? least_bytes : 0,
		.chained = config->mergeable && !receives,
		.event_idx = config->event_idx,
		.interrupts = config->notify & NOTIFY_CALL,
	};

	snprintf(options.name, sizeof(options.name), "%s queue %u",
		 receives ? "receive" : "transmit", pair);
	return virtqueue_open(ring, &options, region);
}

static int
open_queue(struct virtio_net_queue *queue, struct region *region,
	   const struct datapath_config *config, unsigned int pair)
{
	int *const fds[] = {&queue->rx_kick_fd, &queue->tx_kick_fd, &queue->rx_call_fd,
			    &queue->tx_call_fd};
	int error = 0;

	queue->lower = (struct lower){.ops = &virtio_net_ops[config->mergeable], .device = queue};
	for (size_t i = 0; !error && i < RTE_DIM(fds); i++)
		error = open_doorbell(fds[i]);
	if (!error)
		error = open_ring(&queue->rx, region, config, true, pair);
	if (!error)
		error = open_ring(&queue->tx, region, config, false, pair);
	if (error == -ENOMEM)
		log_error("virtqueues of %u descriptors: not enough memory, shared or private",
			  config->ring_size);
	return error;
}

static uint64_t
wanted_features(const struct datapath_config *config)
{
	uint64_t features = 1ull << VIRTIO_F_VERSION_1 |
			    virtqueue_formats[config->format]->features;

	if (config->mergeable)
		features |= 1ull << VIRTIO_NET_F_MRG_RXBUF;
	if (config->event_idx)
		features |= 1ull << VIRTIO_RING_F_EVENT_IDX;
	return features;
}

int
virtio_net_open(struct region *region, const struct datapath_config *config,
		const struct vhost_user_options *options, struct virtio_net **out)
{
	struct virtio_net *device =
		calloc(1, sizeof(*device) + config->queues * sizeof(device->queues[0]));
	int error;

	if (!device)
		return -ENOMEM;
	device->features = wanted_features(config);
	device->n_queues = config->queues;
	for (unsigned int i = 0; i < device->n_queues; i++) {
		struct virtio_net_queue *queue = &device->queues[i];

		queue->rx_kick_fd = queue->tx_kick_fd = queue->rx_call_fd = queue->tx_call_fd = -1;
	}
	error = vhost_user_open(&device->peer, options);
	for (unsigned int i = 0; !error && i < device->n_queues; i++)
		error = open_queue(&device->queues[i], region, config, i);
	if (error) {
		virtio_net_close(device);
		return error;
	}
	*out = device;
	return 0;
}

int
virtio_net_connect(struct virtio_net *device, bool iommu, int timeout_ms)
{
	uint64_t features = device->features;

	if (iommu)
		features |= 1ull << VIRTIO_F_ACCESS_PLATFORM;
	return vhost_user_connect(&device->peer, features, device->n_queues, timeout_ms);
}

int
virtio_net_start(struct virtio_net *device, const struct region *region)
{
	struct vhost_user_queue queues[2 * QUEUES_MAX];

	for (unsigned int i = 0; i < device->n_queues; i++) {
		const struct virtio_net_queue *queue = &device->queues[i];

		/* Virtqueue numbers of a queue pair: virtio 1.2, 5.1.2. */
		queues[2 * i] = (struct vhost_user_queue){2 * i, &queue->rx, queue->rx_kick_fd,
							  queue->rx_call_fd};
		queues[2 * i + 1] = (struct vhost_user_queue){2 * i + 1, &queue->tx,
							      queue->tx_kick_fd, queue->tx_call_fd};
	}
	return vhost_user_start(&device->peer, region, queues, 2 * device->n_queues);
}

/* Where no port has its turn, nobody unmaps any more. */
static void
free_raw(void *port, struct rte_mbuf **bufs, uint16_t n)
{
	(void)port;
	for (uint16_t i = 0; i < n; i++) {
		segment_detach(bufs[i]);
		rte_mbuf_raw_free(bufs[i]);
	}
}

/* A ring's outstanding mbufs go where give puts them. Returns how many frames or buffers they were. */
static uint64_t
abandon(struct virtqueue *ring, void (*give)(void *port, struct rte_mbuf **bufs, uint16_t n),
	void *port)
{
	struct rte_mbuf *bufs[CHUNK];
	uint64_t lost = 0;
	uint16_t n;

	while ((n = virtqueue_abandon(ring, bufs, CHUNK, &lost)))
		give(port, bufs, n);
	return lost;
}

/* The buffers of frames that will never be whole, likewise. */
static uint64_t
abandon_assembly(struct assembly *assembly,
		 void (*give)(void *port, struct rte_mbuf **bufs, uint16_t n), void *port)
{
	uint16_t lost = assembly->n;

	if (lost)
		give(port, assembly->segments, lost);
	assembly->n = assembly->missing = 0;
	return lost;
}

static void
abandon_queue(struct virtio_net_queue *queue)
{
	static const struct buffer_ops nobody = {.take_back = free_raw, .release = free_raw};
	const struct buffer_ops *buffers = queue->lower.buffers ? queue->lower.buffers : &nobody;

	/* What the backend has sent is not lost. */
	if (queue->lower.buffers)
		virtio_net_tx_room(queue);
	queue->lost_rx_posted += abandon(&queue->rx, buffers->take_back, buffers->port);
	queue->lost_rx_posted +=
		abandon_assembly(&queue->assembly, buffers->take_back, buffers->port);
	queue->lost_tx_in_flight += abandon(&queue->tx, buffers->release, buffers->port);
}

void
virtio_net_abandon(struct virtio_net *device)
{
	for (unsigned int i = 0; i < device->n_queues; i++)
		abandon_queue(&device->queues[i]);
}

void
virtio_net_reset(struct virtio_net *device, const struct region *region)
{
	for (unsigned int i = 0; i < device->n_queues; i++) {
		virtqueue_reset(&device->queues[i].rx, region);
		virtqueue_reset(&device->queues[i].tx, region);
	}
}

static void
close_queue(struct virtio_net_queue *queue)
{
	const int fds[] = {queue->rx_kick_fd, queue->tx_kick_fd, queue->rx_call_fd,
			   queue->tx_call_fd};

	abandon(&queue->rx, free_raw, NULL);
	abandon(&queue->tx, free_raw, NULL);
	abandon_assembly(&queue->assembly, free_raw, NULL);
	virtqueue_close(&queue->rx);
	virtqueue_close(&queue->tx);
	for (size_t i = 0; i < RTE_DIM(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void
virtio_net_close(struct virtio_net *device)
{
	if (!device)
		return;
	vhost_user_close(&device->peer);
	for (unsigned int i = 0; i < device->n_queues; i++)
		close_queue(&device->queues[i]);
	free(device);
}
