/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/guest.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "datapath/guest/ethdev_device.h"
#include "datapath/guest/iommu.h"
#include "datapath/guest/memory.h"
#include "datapath/huge_pages.h"

#define HUGE_PAGE_BYTES (2u << 20)
#define PLAIN_PAGE_BYTES 4096u

/* Of DPDK's heap, what drivers and rte_vhost keep for a queue pair, and what is lost between. */
#define QUEUE_DRIVERS_BYTES (1u << 20)

/*
 * Where a crypto thread stands in between its rings hold frames, too, as many as the device's,
 * and two threads have caches.
 */
static uint32_t
slots_wanted(const struct datapath_config *config)
{
	if (config->esp.crypto != ESP_CRYPTO_INLINE)
		return pools_slots_wanted(config->ring_size);
	return pools_slots_wanted(2 * config->ring_size) + 2 * POOLS_CACHE_MBUFS;
}

static int
open_null_devices(struct guest *guest)
{
	for (unsigned int q = 0; q < guest->n_queues; q++) {
		null_device_open(&guest->null_devices[q], 64);
		guest->queues[q].lower = &guest->null_devices[q].lower;
	}
	return 0;
}

static int
open_ethdev(struct guest *guest, const struct datapath_config *config)
{
	int error = ethdev_device_open(&guest->region, config, &guest->ethdev);

	for (unsigned int q = 0; !error && q < guest->n_queues; q++)
		guest->queues[q].lower = ethdev_device_lower(guest->ethdev, q);
	return error;
}

static int
start_ethdev(struct guest *guest)
{
	struct rte_mempool *pools[QUEUES_MAX];

	for (unsigned int q = 0; q < guest->n_queues; q++)
		pools[q] = guest->queues[q].pools.temporary;
	return ethdev_device_start(guest->ethdev, pools, guest->data, guest->data_bytes);
}

static int
open_device(struct guest *guest, const struct guest_options *options)
{
	const struct vhost_user_options peer = {
		.path = options->path,
		.client = options->client,
		.keep_name = options->keep_name,
		.reply_timeout_ms = options->reply_timeout_ms,
	};
	int error;

	if (options->config->device == DEVICE_ETHDEV)
		return open_ethdev(guest, options->config);
	if (!options->path)
		return open_null_devices(guest);
	error = virtio_net_open(&guest->region, options->config, &peer, &guest->virtio_net);
	for (unsigned int q = 0; !error && q < guest->n_queues; q++)
		guest->queues[q].lower = &guest->virtio_net->queues[q].lower;
	return error;
}

/* Begins on a boundary of its own, so that translations of the data never cover the rings. */
static int
open_data_area(struct guest *guest, const struct guest_options *options)
{
	uint32_t n_slots = slots_wanted(options->config);
	int error = 0;

	guest->data = region_carve(&guest->region, 0, REGION_ALIGN_BYTES);
	for (unsigned int q = 0; !error && q < guest->n_queues; q++)
		error = pools_open(&guest->queues[q].pools, &guest->region, n_slots,
				   !options->no_shadow, options->config->device == DEVICE_ETHDEV);
	if (error)
		return error;
	if (options->bounce_bytes) {
		guest->bounce = region_carve(&guest->region, options->bounce_bytes, 4096);
		if (!guest->bounce) {
			log_error("shared region: no room for %zu MiB of bounce slots",
				  options->bounce_bytes >> 20);
			return -ENOMEM;
		}
		guest->bounce_bytes = options->bounce_bytes;
	}
	guest->data_bytes = guest->region.size_bytes - (size_t)(guest->data - guest->region.base);
	return 0;
}

static size_t
align_region(size_t bytes)
{
	return (bytes + REGION_ALIGN_BYTES - 1) / REGION_ALIGN_BYTES * REGION_ALIGN_BYTES;
}

size_t
guest_data_bytes(const struct datapath_config *config, size_t bounce_bytes)
{
	size_t slots_bytes = config->queues * pools_region_bytes(slots_wanted(config));

	return align_region(slots_bytes + bounce_bytes);
}

size_t
guest_region_bytes(const struct datapath_config *config, size_t bounce_bytes)
{
	size_t rings_bytes = config->device == DEVICE_ETHDEV ? ethdev_device_region_bytes(config) :
							       virtio_net_region_bytes(config);

	return align_region(rings_bytes) + guest_data_bytes(config, bounce_bytes);
}

void
guest_add_need(const struct datapath_config *config, size_t bounce_bytes, struct memory_need *need)
{
	uint32_t n_slots = slots_wanted(config);

	need->heap_huge_bytes +=
		config->queues * (pools_heap_bytes(n_slots, HUGE_PAGE_BYTES) + QUEUE_DRIVERS_BYTES);
	need->heap_plain_bytes += config->queues * (pools_heap_bytes(n_slots, PLAIN_PAGE_BYTES) +
						    QUEUE_DRIVERS_BYTES);
	need->n_memzones += config->queues * POOLS_MEMZONES;
	if (config->device != DEVICE_VIRTIO_USER)
		need->shared_bytes += guest_region_bytes(config, bounce_bytes);
}

int
guest_open(struct guest *guest, const struct guest_options *options)
{
	int error = datapath_config_check(options->config);

	memset(guest, 0, sizeof(*guest));
	if (error)
		return error;
	if (options->config->device == DEVICE_VIRTIO_USER) {
		log_error(
			"device virtio-user has no FOLIO layer: it is a peer in measurements only");
		return -ENOTSUP;
	}
	guest->n_queues = options->config->queues;
	error = region_open(&guest->region,
			    guest_region_bytes(options->config, options->bounce_bytes),
			    memory_chosen(options->config->memory));
	if (error)
		return error;
	error = open_device(guest, options);
	if (!error)
		error = open_data_area(guest, options);
	if (error)
		guest_close(guest);
	return error;
}

int
guest_wait(struct guest *guest, int timeout_ms)
{
	return guest->virtio_net ? vhost_user_wait(&guest->virtio_net->peer, timeout_ms) : 0;
}

static int
start_iommu(struct guest *guest)
{
	int error = 0;

	if (!guest->iommu)
		error = iommu_open(&guest->virtio_net->peer, &guest->region, guest->data,
				   guest->data_bytes, &guest->iommu);
	return error ? error : iommu_start(guest->iommu);
}

/* Fresh memory and rings; what was outstanding in the old ones goes back to the ports. */
static int
renew(struct guest *guest)
{
	int error;

	virtio_net_abandon(guest->virtio_net);
	error = region_renew(&guest->region);
	virtio_net_reset(guest->virtio_net, &guest->region);
	return error;
}

int
guest_connect(struct guest *guest, bool iommu, int timeout_ms)
{
	int error;

	if (guest->ethdev)
		return start_ethdev(guest);
	if (!guest->virtio_net)
		return 0;
	error = guest->region.fd < 0 ? renew(guest) : 0;
	if (!error)
		error = virtio_net_connect(guest->virtio_net, iommu, timeout_ms);
	if (!error && iommu)
		error = start_iommu(guest);
	if (!error)
		error = virtio_net_start(guest->virtio_net, &guest->region);
	if (error)
		guest_disconnect(guest);
	return error;
}

void
guest_interrupt(struct guest *guest)
{
	if (guest->virtio_net)
		vhost_user_interrupt(&guest->virtio_net->peer);
}

bool
guest_peer_gone(struct guest *guest)
{
	return guest->virtio_net &&
	       (vhost_user_gone(&guest->virtio_net->peer) || region_lost(&guest->region));
}

int
guest_disconnect(struct guest *guest)
{
	if (!guest->virtio_net)
		return 0;
	if (guest->iommu)
		iommu_stop(guest->iommu);
	vhost_user_disconnect(&guest->virtio_net->peer);
	return renew(guest);
}

void
guest_close(struct guest *guest)
{
	iommu_close(guest->iommu);
	virtio_net_close(guest->virtio_net);
	ethdev_device_close(guest->ethdev);
	for (unsigned int q = 0; q < guest->n_queues; q++)
		pools_close(&guest->queues[q].pools);
	region_close(&guest->region);
	memset(guest, 0, sizeof(*guest));
}
