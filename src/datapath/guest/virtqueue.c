/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/virtqueue.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "datapath/guest/region.h"
#include "datapath/guest/virtqueue_private.h"

extern const struct virtqueue_format virtqueue_format_split;
extern const struct virtqueue_format virtqueue_format_packed;

const struct virtqueue_format *const virtqueue_formats[] = {
	&virtqueue_format_split,
	&virtqueue_format_packed,
	NULL,
};

const char *const virtqueue_format_names[] = {
	"split",
	"packed",
	NULL,
};

int
virtqueue_open(struct virtqueue *ring, const struct virtqueue_format *format, struct region *region,
	       uint16_t size, uint32_t least_bytes)
{
	*ring = (struct virtqueue){
		.format = format,
		.size = size,
		.mask = size - 1,
		.n_free = size,
		.least_bytes = least_bytes,
		.iova_offset = region_iova(region, region->base) - (uintptr_t)region->base,
		.free_ids = calloc(size, sizeof(*ring->free_ids)),
		.mbufs = calloc(size, sizeof(*ring->mbufs)),
		.room_bytes = calloc(size, sizeof(*ring->room_bytes)),
	};
	if (!ring->free_ids || !ring->mbufs || !ring->room_bytes ||
	    format->open_areas(ring, region)) {
		virtqueue_close(ring);
		return -ENOMEM;
	}
	for (uint16_t i = 0; i < size; i++)
		ring->free_ids[i] = size - 1 - i;
	return 0;
}

void
virtqueue_close(struct virtqueue *ring)
{
	free(ring->free_ids);
	free(ring->mbufs);
	free(ring->room_bytes);
	*ring = (struct virtqueue){0};
}

void __attribute__((cold))
virtqueue_out_of_service(struct virtqueue *ring, enum ring_fault fault, uint32_t found)
{
	ring->fault = fault;
	ring->faults++;
	log_error("virtqueue out of service: the host wrote a bad %s: %u", ring_fault_name(fault),
		  found);
}

const char *
ring_fault_name(enum ring_fault fault)
{
	static const char *const names[] = {"none", "used index", "id", "length"};

	return names[fault];
}
