/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The peer: DPDK's own virtio driver in user space, net_virtio_user, in the place
 * of the whole guest side. Its bursts are rte_eth_rx_burst() and
 * rte_eth_tx_burst() on an ordinary pool, with no FOLIO layer and no shared region:
 * the driver hands DPDK's whole heap to the host.
 */
#ifndef FOLIO_DATAPATH_VIRTIO_USER_H
#define FOLIO_DATAPATH_VIRTIO_USER_H

struct datapath_config;
struct port;
struct virtio_user;

/*
 * Starts a device with config's rings and queues on the backend that listens at
 * path. DPDK must have been told of config before it started (datapath_expect()), since
 * the backend may be one of this process. Returns 0 or -errno after log_error();
 * -ENODEV: DPDK has no such driver.
 */
int virtio_user_open(const struct datapath_config *config, const char *path,
		     struct virtio_user **out);

/*
 * Makes port one that drives a queue pair of the device; port_close() closes it. Returns 0 or
 * -ENOMEM after log_error().
 */
int virtio_user_port(struct virtio_user *device, unsigned int queue, struct port *port);

/* Stops and removes the device. NULL is allowed. */
void virtio_user_close(struct virtio_user *device);

#endif
