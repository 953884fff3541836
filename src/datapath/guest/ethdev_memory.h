/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a DPDK ethdev may reach of the shared region: a heap of DPDK's for its descriptor rings,
 * and the packet data. Device addresses are the guest's virtual ones, as everywhere in DPDK
 * here (--iova-mode=va).
 */
#ifndef FOLIO_DATAPATH_ETHDEV_MEMORY_H
#define FOLIO_DATAPATH_ETHDEV_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct region;
struct rte_device;

struct ethdev_memory {
	const char *device_name; /* for messages; outlives it */
	char heap[32];           /* empty: none */
	uint8_t *heap_start;
	size_t heap_bytes;
	size_t page_bytes; /* of the region's memory */
	uint8_t *data;     /* registered with DPDK, and mapped for the device; NULL: not */
	size_t data_bytes;
};

/*
 * Makes a heap of heap_bytes (whole pages) in the region, which outlives it. Returns 0 or
 * -errno after log_error(), with nothing to close.
 */
int ethdev_memory_open(struct ethdev_memory *memory, const char *device_name, struct region *region,
		       size_t heap_bytes);

/* The socket number by which DPDK takes memory of the heap. */
int ethdev_memory_socket(const struct ethdev_memory *memory);

/*
 * Registers the data_bytes at data (whole pages) with DPDK and maps them for the device, where
 * that has something to map by. Returns 0 or -errno, without a word.
 */
int ethdev_memory_map(struct ethdev_memory *memory, struct rte_device *device, uint8_t *data,
		      size_t data_bytes);

/* Takes the device the data again, where they were mapped: before it is closed. */
void ethdev_memory_unmap(struct ethdev_memory *memory, struct rte_device *device);

/*
 * Forgets the data and takes the heap apart, where there are any; log_error() where a driver
 * keeps memory of it. No device may use either.
 */
void ethdev_memory_close(struct ethdev_memory *memory);

#endif
