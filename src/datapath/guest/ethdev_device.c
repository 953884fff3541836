/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/ethdev_device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "base/log.h"
#include "datapath/config.h"
#include "datapath/guest/ethdev_memory.h"
#include "datapath/guest/ethdev_queue.h"
#include "datapath/guest/region.h"

/*
 * Of the heap, for each descriptor of a queue pair's two rings: the largest
 * descriptors and what drivers note beside them; and for each queue pair: its
 * structures.
 */
#define RING_ENTRY_BYTES 256u
#define QUEUE_BYTES (64u << 10)

struct ethdev_device {
	char name[OPTION_TEXT_BYTES]; /* its devargs */
	uint16_t port_id;             /* RTE_MAX_ETHPORTS: none */
	struct ethdev_memory memory;
	unsigned int n_queues;
	uint32_t ring_size;
	struct ethdev_queue queues[]; /* n_queues */
};

size_t
ethdev_device_region_bytes(const struct datapath_config *config)
{
	return RTE_ALIGN(config->queues *
				 ((size_t)config->ring_size * RING_ENTRY_BYTES + QUEUE_BYTES),
			 REGION_ALIGN_BYTES);
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
	device->n_queues = config->queues;
	device->ring_size = config->ring_size;
	error = ethdev_memory_open(&device->memory, device->name, region,
				   ethdev_device_region_bytes(config));
	if (!error)
		error = probe(device);
	if (error) {
		ethdev_device_close(device);
		return error;
	}
	for (unsigned int i = 0; i < device->n_queues; i++)
		ethdev_queue_init(&device->queues[i], device->port_id, (uint16_t)i);
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
	int socket = ethdev_memory_socket(&device->memory);
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

int
ethdev_device_start(struct ethdev_device *device, struct rte_mempool *const *pools, uint8_t *data,
		    size_t data_bytes)
{
	struct rte_eth_dev_info info;
	int error = rte_eth_dev_info_get(device->port_id, &info);

	if (!error)
		error = configure(device, &info);
	if (!error)
		error = ethdev_memory_map(&device->memory, info.device, data, data_bytes);
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
		ethdev_queue_drop(&device->queues[i]);
	if (!error)
		ethdev_memory_unmap(&device->memory, info.device);
	rte_eth_dev_close(device->port_id);
	if (!error)
		error = rte_dev_remove(info.device);
	if (error)
		log_error("device %s: it could not be removed: %s", device->name,
			  rte_strerror(-error));
}

void
ethdev_device_close(struct ethdev_device *device)
{
	if (!device)
		return;
	if (device->port_id != RTE_MAX_ETHPORTS)
		close_port(device);
	ethdev_memory_close(&device->memory);
	free(device);
}
