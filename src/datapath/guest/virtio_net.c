/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/virtio_net.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/guest/fresh.h"

/* Refills and reclaims go by as many buffers at once. */
#define CHUNK 32u

#define QUEUE_RX 0
#define QUEUE_TX 1

size_t
virtio_net_region_bytes(const struct virtqueue_format *format, uint16_t ring_size)
{
	return 2 * format->region_bytes(ring_size);
}

static void
notify(struct virtio_net *device, const struct virtqueue *ring, int kick_fd)
{
	device->notify_points++;
	device->lower.buffers->notify(device->lower.buffers->port);
	if (unlikely(ring->format->wants_kick(ring))) {
		device->kicks++;
		eventfd_write(kick_fd, 1);
	}
}

/*
 * Every burst puts back what it took out. Refilling by larger portions would save
 * doorbells at small bursts, but then bursts differ, and a mean over the middle
 * half of them no longer says what a burst costs.
 */
static void
refill(struct virtio_net *device)
{
	struct rte_mbuf *bufs[CHUNK];
	const struct buffer_ops *buffers = device->lower.buffers;
	bool posted = false;

	while (device->rx.n_free) {
		uint16_t n = RTE_MIN(device->rx.n_free, CHUNK);

		if (!buffers->alloc(buffers->port, bufs, n))
			break;
		device->rx.format->post_rx(&device->rx, bufs, n);
		posted = true;
	}
	if (posted)
		notify(device, &device->rx, device->rx_kick_fd);
}

static uint16_t
virtio_net_rx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct virtio_net *device = arg;
	uint32_t length_bytes[CHUNK];
	uint16_t taken =
		device->rx.format->harvest(&device->rx, bufs, length_bytes, RTE_MIN(n, CHUNK));

	/* Whatever the frame before left in the header is overwritten. */
	const struct fresh_head head = fresh_head(RTE_MBUF_F_EXTERNAL);

	for (uint16_t i = 0; i < taken; i++)
		fresh_set(bufs[i], &head, (uint16_t)(length_bytes[i] - VNET_HEADER_BYTES));
	refill(device);
	return taken;
}

static uint16_t
virtio_net_tx_room(void *arg)
{
	struct virtio_net *device = arg;
	const struct buffer_ops *buffers = device->lower.buffers;
	struct rte_mbuf *sent[CHUNK];
	uint32_t ignored[CHUNK];
	uint16_t n;

	while ((n = device->tx.format->harvest(&device->tx, sent, ignored, CHUNK)))
		buffers->release(buffers->port, sent, n);
	return device->tx.fault ? 0 : device->tx.n_free;
}

static void
virtio_net_tx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct virtio_net *device = arg;

	device->tx.format->post_tx(&device->tx, bufs, n);
	notify(device, &device->tx, device->tx_kick_fd);
}

static uint16_t
virtio_net_rx_posted(void *arg)
{
	const struct virtio_net *device = arg;

	return device->rx.size - device->rx.n_free;
}

static uint16_t
virtio_net_tx_pending(void *arg)
{
	const struct virtio_net *device = arg;

	return device->tx.size - device->tx.n_free;
}

const struct counter virtio_net_counters[] = {
	{"notify_points", offsetof(struct virtio_net, notify_points), "points",
	 "where a doorbell would ring"},
	{"kicks", offsetof(struct virtio_net, kicks), "kicks", "where the device asked for it"},
	{"faults_rx", offsetof(struct virtio_net, rx.faults), "faults",
	 "receive queues put out of service"},
	{"faults_tx", offsetof(struct virtio_net, tx.faults), "faults",
	 "transmit queues put out of service"},
	{0},
};

static const struct lower_ops virtio_net_ops = {
	.rx_burst = virtio_net_rx_burst,
	.tx_room = virtio_net_tx_room,
	.tx_burst = virtio_net_tx_burst,
	.rx_posted = virtio_net_rx_posted,
	.tx_pending = virtio_net_tx_pending,
	.counters = virtio_net_counters,
};

static int
open_eventfds(struct virtio_net *device)
{
	int *const fds[] = {&device->rx_kick_fd, &device->tx_kick_fd, &device->rx_call_fd,
			    &device->tx_call_fd};

	for (size_t i = 0; i < RTE_DIM(fds); i++) {
		*fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (*fds[i] < 0) {
			int error = -errno;

			log_error("doorbell of a virtqueue: %s", strerror(-error));
			return error;
		}
	}
	return 0;
}

int
virtio_net_open(struct virtio_net *device, struct region *region,
		const struct virtqueue_format *format, uint16_t ring_size, const char *path)
{
	int error;

	memset(device, 0, sizeof(*device));
	device->lower = (struct lower){.ops = &virtio_net_ops, .device = device};
	device->rx_kick_fd = device->tx_kick_fd = device->rx_call_fd = device->tx_call_fd = -1;
	error = vhost_user_listen(&device->peer, path);
	if (!error)
		error = open_eventfds(device);
	if (!error)
		error = virtqueue_open(&device->rx, format, region, ring_size,
				       VNET_HEADER_BYTES + RTE_ETHER_HDR_LEN);
	if (!error)
		error = virtqueue_open(&device->tx, format, region, ring_size, 0);
	if (error)
		virtio_net_close(device);
	return error;
}

int
virtio_net_connect(struct virtio_net *device, bool iommu, int timeout_ms)
{
	uint64_t features = 1ull << VIRTIO_F_VERSION_1 | device->rx.format->features;

	if (iommu)
		features |= 1ull << VIRTIO_F_ACCESS_PLATFORM;
	return vhost_user_connect(&device->peer, features, timeout_ms);
}

int
virtio_net_start(struct virtio_net *device, const struct region *region)
{
	const struct vhost_user_queue queues[] = {
		{QUEUE_RX, &device->rx, device->rx_kick_fd, device->rx_call_fd},
		{QUEUE_TX, &device->tx, device->tx_kick_fd, device->tx_call_fd},
	};

	return vhost_user_start(&device->peer, region, queues, RTE_DIM(queues));
}

/* Nobody unmaps any more: the region goes with the device. */
static void
drop_outstanding(struct virtqueue *ring)
{
	for (uint16_t id = 0; ring->mbufs && id < ring->size; id++)
		if (ring->mbufs[id])
			rte_mbuf_raw_free(ring->mbufs[id]);
}

void
virtio_net_close(struct virtio_net *device)
{
	const int fds[] = {device->rx_kick_fd, device->tx_kick_fd, device->rx_call_fd,
			   device->tx_call_fd};

	vhost_user_close(&device->peer);
	drop_outstanding(&device->rx);
	drop_outstanding(&device->tx);
	virtqueue_close(&device->rx);
	virtqueue_close(&device->tx);
	for (size_t i = 0; i < RTE_DIM(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}
