/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/ethdev_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "base/log.h"
#include "datapath/guest/memory.h"
#include "datapath/guest/region.h"

static rte_iova_t *
page_iovas(const uint8_t *start, size_t n_pages, size_t page_bytes)
{
	rte_iova_t *iovas = calloc(n_pages, sizeof(*iovas));

	for (size_t i = 0; iovas && i < n_pages; i++)
		iovas[i] = (uintptr_t)start + i * page_bytes;
	return iovas;
}

int
ethdev_memory_open(struct ethdev_memory *memory, const char *device_name, struct region *region,
		   size_t heap_bytes)
{
	*memory = (struct ethdev_memory){
		.device_name = device_name,
		.heap_bytes = heap_bytes,
		.page_bytes = region->provider->page_bytes,
	};
	size_t n_pages = memory->heap_bytes / memory->page_bytes;
	static unsigned int serial;
	rte_iova_t *iovas;
	int error = 0;

	memory->heap_start = region_carve(region, memory->heap_bytes, memory->page_bytes);
	if (!memory->heap_start) {
		log_error("shared region: no room for %zu MiB of descriptor rings",
			  memory->heap_bytes >> 20);
		return -ENOMEM;
	}
	iovas = page_iovas(memory->heap_start, n_pages, memory->page_bytes);
	if (!iovas)
		return -ENOMEM;
	snprintf(memory->heap, sizeof(memory->heap), "folio%u", serial++);
	if (rte_malloc_heap_create(memory->heap)) {
		error = -rte_errno;
		memory->heap[0] = '\0';
	} else if (rte_malloc_heap_memory_add(memory->heap, memory->heap_start, memory->heap_bytes,
					      iovas, (unsigned int)n_pages, memory->page_bytes)) {
		error = -rte_errno;
		rte_malloc_heap_destroy(memory->heap);
		memory->heap[0] = '\0';
	}
	free(iovas);
	if (error)
		log_error("device %s: a heap for its rings: %s", memory->device_name,
			  rte_strerror(-error));
	return error;
}

int
ethdev_memory_socket(const struct ethdev_memory *memory)
{
	return rte_malloc_heap_get_socket(memory->heap);
}

/* Devices that do not translate, or are none, need no mapping: their bus has no such call. */
int
ethdev_memory_map(struct ethdev_memory *memory, struct rte_device *device, uint8_t *data,
		  size_t data_bytes)
{
	size_t n_pages = data_bytes / memory->page_bytes;
	rte_iova_t *iovas = page_iovas(data, n_pages, memory->page_bytes);
	int error = 0;

	if (!iovas)
		return -ENOMEM;
	if (rte_extmem_register(data, data_bytes, iovas, (unsigned int)n_pages, memory->page_bytes))
		error = -rte_errno;
	free(iovas);
	if (error)
		return error;
	memory->data = data;
	memory->data_bytes = data_bytes;
	if (rte_dev_dma_map(device, data, (uintptr_t)data, data_bytes) && rte_errno != ENOTSUP)
		error = -rte_errno;
	return error;
}

void
ethdev_memory_unmap(struct ethdev_memory *memory, struct rte_device *device)
{
	if (memory->data)
		rte_dev_dma_unmap(device, memory->data, (uintptr_t)memory->data,
				  memory->data_bytes);
}

static void
close_heap(struct ethdev_memory *memory)
{
	if (!rte_malloc_heap_memory_remove(memory->heap, memory->heap_start, memory->heap_bytes) &&
	    !rte_malloc_heap_destroy(memory->heap))
		return;
	log_error("device %s: its driver keeps memory of the shared region: %s",
		  memory->device_name, rte_strerror(rte_errno));
}

void
ethdev_memory_close(struct ethdev_memory *memory)
{
	if (memory->data)
		rte_extmem_unregister(memory->data, memory->data_bytes);
	if (memory->heap[0])
		close_heap(memory);
}
