/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/guest.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "datapath/guest/iommu.h"

/*
 * Slots for two full rings, for what the per-core cache of the pool may hold
 * back (mempool: 1.5 times its size), and for bursts in the application's hands.
 */
static uint32_t
slots_wanted(uint16_t ring_size)
{
	return 2u * ring_size + 512u;
}

static int
open_device(struct guest *guest, const struct guest_options *options)
{
	if (!options->path) {
		null_device_open(&guest->null_device, 64);
		guest->lower = &guest->null_device.lower;
		return 0;
	}
	guest->lower = &guest->virtio_net.lower;
	return virtio_net_open(&guest->virtio_net, &guest->region, options->format,
			       options->ring_size, options->path);
}

/* The pools' slots begin on a REGION_ALIGN_BYTES boundary, the bounce slots right after, on a page. */
static int
open_data_area(struct guest *guest, const struct guest_options *options)
{
	int error = pools_open(&guest->pools, &guest->region, slots_wanted(options->ring_size));

	if (error)
		return error;
	if (options->bounce_bytes) {
		guest->bounce = region_carve(&guest->region, options->bounce_bytes, 4096);
		if (!guest->bounce)
			return -ENOMEM;
		guest->bounce_bytes = options->bounce_bytes;
	}
	guest->data = guest->pools.slots;
	guest->data_bytes = guest->region.size_bytes - (size_t)(guest->data - guest->region.base);
	return 0;
}

size_t
guest_region_bytes(const struct virtqueue_format *format, uint16_t ring_size, size_t bounce_bytes)
{
	size_t bytes = virtio_net_region_bytes(format, ring_size) +
		       pools_region_bytes(slots_wanted(ring_size)) + bounce_bytes + 4096;

	return (bytes + REGION_ALIGN_BYTES - 1) / REGION_ALIGN_BYTES * REGION_ALIGN_BYTES;
}

int
guest_open(struct guest *guest, const struct guest_options *options)
{
	int error;

	memset(guest, 0, sizeof(*guest));
	error = region_open(&guest->region,
			    guest_region_bytes(options->format, options->ring_size,
					       options->bounce_bytes),
			    options->huge);
	if (error)
		return error;
	error = open_device(guest, options);
	if (error) {
		region_close(&guest->region);
		return error;
	}
	error = open_data_area(guest, options);
	if (error)
		guest_close(guest);
	return error;
}

int
guest_connect(struct guest *guest, bool iommu, int timeout_ms)
{
	int error;

	if (guest->lower != &guest->virtio_net.lower)
		return 0;
	error = virtio_net_connect(&guest->virtio_net, iommu, timeout_ms);
	if (!error && iommu)
		error = iommu_open(&guest->virtio_net.peer, &guest->region, guest->data,
				   guest->data_bytes, &guest->iommu);
	if (!error)
		error = virtio_net_start(&guest->virtio_net, &guest->region);
	return error;
}

void
guest_close(struct guest *guest)
{
	iommu_close(guest->iommu);
	if (guest->lower == &guest->virtio_net.lower)
		virtio_net_close(&guest->virtio_net);
	pools_close(&guest->pools);
	if (guest->private_alias)
		munmap(guest->private_alias, guest->data_bytes);
	region_close(&guest->region);
	memset(guest, 0, sizeof(*guest));
}

uint8_t *
guest_private_alias(struct guest *guest)
{
	if (!guest->private_alias) {
		void *alias = mmap(NULL, guest->data_bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (alias == MAP_FAILED)
			return NULL;
		/* Conversions work on 4 KiB pages; a transparent huge page would be split first. */
		madvise(alias, guest->data_bytes, MADV_NOHUGEPAGE);
		memset(alias, 0, guest->data_bytes);
		guest->private_alias = alias;
	}
	return guest->private_alias;
}
