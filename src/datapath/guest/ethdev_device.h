/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any DPDK ethdev as the lower device, such as a virtual function inside a
 * confidential guest: each of its queue pairs is one.
 *
 * The driver gets each queue's temporary pool, so that packet data lie in the
 * shared region, and takes its descriptor rings from a heap there. Since DPDK's
 * drivers ask for rings and for their own structures with one and the same socket
 * number, and since DPDK keeps a heap's book within the heap, some of the driver's
 * state is in shared memory as well: unlike FOLIO's own front end, a stock driver
 * is not hardened against its device.
 */
#ifndef FOLIO_DATAPATH_ETHDEV_DEVICE_H
#define FOLIO_DATAPATH_ETHDEV_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct datapath_config;
struct ethdev_device;
struct lower;
struct region;
struct rte_mempool;

/* Bytes of the region that the heap for such a device's rings takes, whole pages of any size. */
size_t ethdev_device_region_bytes(const struct datapath_config *config);

/*
 * Makes the heap in the region, and has DPDK bring up the device that
 * config->devargs names ("net_memif0,role=client", "0000:01:00.0"); it may not be in
 * use. Returns 0 or -errno after log_error(). The region outlives the device.
 */
int ethdev_device_open(struct region *region, const struct datapath_config *config,
		       struct ethdev_device **out);

/* The device's queue pair as a lower device, valid until the device is closed. */
struct lower *ethdev_device_lower(struct ethdev_device *device, unsigned int queue);

/*
 * Gives each queue pair its pool, whose data must lie within the data_bytes at
 * data, makes those reachable by the device, and starts it. Returns 0 or -errno
 * after log_error().
 */
int ethdev_device_start(struct ethdev_device *device, struct rte_mempool *const *pools,
			uint8_t *data, size_t data_bytes);

/*
 * Stops and removes the device, and takes the heap apart; the pools must still be
 * there. NULL is allowed.
 */
void ethdev_device_close(struct ethdev_device *device);

#endif
