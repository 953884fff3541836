/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fair to the driver: ring, burst, and the buffers' size and number are those of
 * FOLIO's own, mergeable buffers are off as they are there, and it takes the
 * fastest path that it has: the vectorised ones, where the burst allows them. On a
 * split ring that excludes VIRTIO_F_IN_ORDER, which is the driver's default; on a
 * packed ring it takes a CPU with AVX-512, and DPDK started with vectors of 512 bits.
 * Option devargs asks for another path.
 *
 * The driver is the vhost-user client here: as a server its start waits in
 * accept() for a backend, which this same thread would have to bring about.
 *
 * While a device runs, the heap must not grow or shrink. The driver would tell the
 * backend of it with DPDK's heap locked, and wait for the answer of a thread
 * that takes memory from the same heap: neither would ever go on.
 */
#include "datapath/guest/virtio_user.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_version.h>

#include "base/log.h"
#include "datapath/config.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/port.h"
#include "datapath/guest/virtqueue.h"

#define DRIVER "net_virtio_user"
/* Locally administered; without one the driver draws one, and complains. */
#define MAC "02:00:00:00:00:01"
/*
 * A burst: by so many descriptors the vectorised paths refill and reclaim. It is the
 * driver's default from rings of 128 on; below that it takes fewer, and then does not
 * keep up with whole bursts.
 */
#define FREE_THRESHOLD 32
/* What the backend takes of the heap when a device starts, several times over. */
#define SPARE_BYTES (1u << 20)

/* The vectorised paths leave frames behind unless a burst is a multiple of this. */
#define VECTOR_BURST 8u

struct virtio_user_queue {
	struct lower lower;
	uint16_t port_id;
	uint16_t queue;
	struct rte_mempool *pool;
};

struct virtio_user {
	char name[32];
	bool probed;
	uint16_t port_id;
	unsigned int n_queues;
	struct virtio_user_queue queues[QUEUES_MAX];
};

static uint16_t
rx_burst(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	const struct virtio_user_queue *queue = port->lower->device;

	uint16_t got = rte_eth_rx_burst(queue->port_id, queue->queue, bufs, n);

	/* It ends a burst where a cache line of descriptors ends; an odd burst takes a second call. */
	if (unlikely(got && got < n))
		got += rte_eth_rx_burst(queue->port_id, queue->queue, bufs + got, n - got);
	return got;
}

static uint16_t
tx_burst(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	const struct virtio_user_queue *queue = port->lower->device;

	return rte_eth_tx_burst(queue->port_id, queue->queue, bufs, n);
}

/* What the device holds stays with it when a lane's turn ends: nothing is there to be drained. */
static uint16_t
holds_nothing(void *device)
{
	(void)device;
	return 0;
}

static const struct counter no_counters[] = {{0}};

static const struct lower_ops ops = {
	.tx_room = holds_nothing,
	.rx_posted = holds_nothing,
	.tx_pending = holds_nothing,
	.counters = no_counters,
};

int
virtio_user_port(struct virtio_user *device, unsigned int queue, struct port *port)
{
	*port = (struct port){
		.rx = rx_burst,
		.tx = tx_burst,
		.lower = &device->queues[queue].lower,
	};
	return exit_engine_open_idle(&port->exits);
}

static int
find_driver(const char *name)
{
	struct rte_devargs devargs = {0};
	int error = rte_devargs_parse(&devargs, name);

	rte_devargs_reset(&devargs);
	if (!error)
		return 0;
	log_error("device virtio-user: %s has no driver " DRIVER
		  " here; Debian has it in package librte-net-virtio23",
		  rte_version());
	return -ENODEV;
}

static const char *
fastest_path(uint32_t burst, bool packed)
{
	if (burst % VECTOR_BURST)
		return "mrg_rxbuf=0";
	return packed ? "mrg_rxbuf=0,vectorized=1" : "mrg_rxbuf=0,in_order=0,vectorized=1";
}

static int
probe(struct virtio_user *device, const struct datapath_config *config, const char *path)
{
	const struct virtqueue_format *format = virtqueue_formats[config->format];
	bool packed = format->features & 1ull << VIRTIO_F_RING_PACKED;
	const char *chosen = *config->devargs ? config->devargs :
						fastest_path(config->burst, packed);
	char devargs[768];
	int error;

	snprintf(devargs, sizeof(devargs),
		 "path=%s,mac=" MAC ",queues=%u,queue_size=%u,packed_vq=%d,%s", path,
		 config->queues, config->ring_size, packed, chosen);
	error = rte_eal_hotplug_add("vdev", device->name, devargs);
	if (!error) {
		device->probed = true;
		error = rte_eth_dev_get_port_by_name(device->name, &device->port_id);
	}
	if (error)
		log_error("device virtio-user at %s: the driver did not start, with %s", path,
			  devargs);
	return error;
}

static int
open_queue(struct virtio_user *device, unsigned int index, const struct datapath_config *config)
{
	const struct rte_eth_rxconf rx_conf = {.rx_free_thresh = FREE_THRESHOLD};
	const struct rte_eth_txconf tx_conf = {.tx_free_thresh = FREE_THRESHOLD};
	struct virtio_user_queue *queue = &device->queues[index];
	uint32_t n_mbufs = pools_slots_wanted(config->ring_size);
	char name[RTE_MEMPOOL_NAMESIZE];
	int error;

	queue->lower = (struct lower){.ops = &ops, .device = queue};
	queue->port_id = device->port_id;
	queue->queue = (uint16_t)index;
	snprintf(name, sizeof(name), "ordinary%u-%u", device->port_id, index);
	queue->pool = rte_pktmbuf_pool_create(name, n_mbufs, POOLS_CACHE_MBUFS, 0, SLOT_BYTES,
					      SOCKET_ID_ANY);
	if (!queue->pool) {
		log_error("packet pool %s of %u mbufs: %s", name, n_mbufs, rte_strerror(rte_errno));
		return -rte_errno;
	}
	error = rte_eth_rx_queue_setup(device->port_id, queue->queue, (uint16_t)config->ring_size,
				       SOCKET_ID_ANY, &rx_conf, queue->pool);
	if (!error)
		error = rte_eth_tx_queue_setup(device->port_id, queue->queue,
					       (uint16_t)config->ring_size, SOCKET_ID_ANY,
					       &tx_conf);
	if (error)
		log_error("device virtio-user, queue pair %u: %s", index, rte_strerror(-error));
	return error;
}

/* The backend must find memory while this thread waits for it. */
static int
check_spare(void)
{
	void *spare = rte_malloc(NULL, SPARE_BYTES, 0);

	rte_free(spare);
	if (spare)
		return 0;
	log_error("device virtio-user: DPDK's heap is used up, and cannot grow beside it: take "
		  "smaller rings, or fewer queues or configurations");
	return -ENOMEM;
}

static int
start(struct virtio_user *device, const struct datapath_config *config)
{
	const struct rte_eth_conf conf = {0};
	uint16_t n = (uint16_t)device->n_queues;
	int error = rte_eth_dev_configure(device->port_id, n, n, &conf);

	for (unsigned int i = 0; !error && i < device->n_queues; i++)
		error = open_queue(device, i, config);
	if (!error)
		error = check_spare();
	if (error)
		return error;
	error = rte_eth_dev_start(device->port_id);
	if (error)
		log_error("device virtio-user: the driver did not start: %s", rte_strerror(-error));
	return error;
}

int
virtio_user_open(const struct datapath_config *config, const char *path, struct virtio_user **out)
{
	static unsigned int serial;
	int error = datapath_config_check(config);

	if (error)
		return error;
	struct virtio_user *device = calloc(1, sizeof(*device));

	if (!device)
		return -ENOMEM;
	device->n_queues = config->queues;
	snprintf(device->name, sizeof(device->name), DRIVER "%u", serial++);
	error = find_driver(device->name);
	if (!error)
		error = check_spare();
	if (!error)
		error = probe(device, config, path);
	if (!error)
		error = start(device, config);
	if (error) {
		virtio_user_close(device);
		return error;
	}
	*out = device;
	return 0;
}

void
virtio_user_close(struct virtio_user *device)
{
	if (!device)
		return;
	if (device->probed) {
		rte_eth_dev_stop(device->port_id);
		rte_eal_hotplug_remove("vdev", device->name);
	}
	for (unsigned int i = 0; i < device->n_queues; i++)
		rte_mempool_free(device->queues[i].pool);
	free(device);
}
