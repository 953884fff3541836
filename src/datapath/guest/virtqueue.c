/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/virtqueue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static void
free_all_ids(struct virtqueue *ring)
{
	for (uint16_t i = 0; i < ring->size; i++)
		ring->free_ids[i] = ring->size - 1 - i;
	ring->n_free = ring->size;
}

int
virtqueue_open(struct virtqueue *ring, const struct virtqueue_options *options,
	       struct region *region)
{
	const struct virtqueue_format *format = options->format;
	uint16_t size = options->size;

	*ring = (struct virtqueue){
		.ops = &format->ops[options->chained][options->event_idx],
		.format = format,
		.size = size,
		.mask = size - 1,
		.least_bytes = options->least_bytes,
		.chained = options->chained,
		.event_idx = options->event_idx,
		.event_ahead = options->interrupts ? 0 : UINT16_MAX,
		.interrupts = options->interrupts,
		.iova_offset = region_iova(region, region->base) - (uintptr_t)region->base,
		.free_ids = calloc(size, sizeof(*ring->free_ids)),
		.mbufs = calloc(size, sizeof(*ring->mbufs)),
		.room_bytes = calloc(size, sizeof(*ring->room_bytes)),
		.links = calloc(size, sizeof(*ring->links)),
	};
	memcpy(ring->name, options->name, sizeof(ring->name));
	ring->areas_offset = region->used_bytes;
	if (!ring->free_ids || !ring->mbufs || !ring->room_bytes || !ring->links ||
	    format->open_areas(ring, region)) {
		virtqueue_close(ring);
		return -ENOMEM;
	}
	free_all_ids(ring);
	return 0;
}

void
virtqueue_reset(struct virtqueue *ring, const struct region *region)
{
	struct region again = *region;

	/* Carving from where it began the first time gives the same areas. */
	again.used_bytes = ring->areas_offset;
	ring->avail_index = ring->used_index = ring->kick_index = 0;
	ring->fault = RING_FAULT_NONE;
	ring->format->open_areas(ring, &again);
	free_all_ids(ring);
	/* No id stands for a chain that a device before this one has held. */
	if (ring->links)
		memset(ring->links, 0, ring->size * sizeof(*ring->links));
}

uint16_t
virtqueue_abandon(struct virtqueue *ring, struct rte_mbuf **bufs, uint16_t n, uint64_t *frames)
{
	uint16_t taken = 0;

	for (uint16_t id = 0; ring->mbufs && id < ring->size && taken < n; id++) {
		if (!ring->mbufs[id])
			continue;
		bufs[taken++] = ring->mbufs[id];
		ring->mbufs[id] = NULL;
		*frames += !ring->chained || ring->links[id].n_segments;
		ring->links[id].n_segments = 0;
	}
	return taken;
}

void
virtqueue_close(struct virtqueue *ring)
{
	free(ring->free_ids);
	free(ring->mbufs);
	free(ring->room_bytes);
	free(ring->links);
	*ring = (struct virtqueue){0};
}

void __attribute__((cold))
virtqueue_out_of_service(struct virtqueue *ring, enum ring_fault fault, uint32_t found)
{
	/* Behind the first violation there may be others: of buffers taken before it was found. */
	if (ring->fault)
		return;
	ring->fault = fault;
	ring->faults++;
	log_error("%s out of service: the host wrote a bad %s: %u", ring->name,
		  ring_fault_name(fault), found);
}

const char *
ring_fault_name(enum ring_fault fault)
{
	static const char *const names[] = {"none", "used index", "id", "length",
					    "number of buffers"};

	return names[fault];
}
