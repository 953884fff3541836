/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue pair of a DPDK ethdev as a lower device.
 *
 * A stock driver takes and frees receive buffers by itself, so nothing is mapped
 * or unmapped through struct buffer_ops: sources that act there are refused
 * (config.c).
 *
 * A driver may take fewer frames than it was offered, which a lower device may not.
 * What it leaves waits here, a burst at the most, and goes first the next time;
 * until it has gone, there is no room for more.
 */
#ifndef FOLIO_DATAPATH_ETHDEV_QUEUE_H
#define FOLIO_DATAPATH_ETHDEV_QUEUE_H

#include <stdint.h>

#include "datapath/guest/lower.h"

struct rte_mbuf;
struct rte_mempool;

#define ETHDEV_BURST_MAX 32u

struct ethdev_queue {
	struct lower lower;
	uint16_t port_id;
	uint16_t queue;
	uint16_t n_held;
	struct rte_mbuf *held[ETHDEV_BURST_MAX]; /* not yet taken by the driver */
	struct rte_mempool *pool;                /* NULL until the device is started */
	uint64_t notify_points;
	uint64_t held_back;
	uint64_t drop_unfit;
};

/*
 * That queue pair of that port. It works once its pool is set and the port is started; its
 * lower device's buffers are set by who owns them.
 */
void ethdev_queue_init(struct ethdev_queue *queue, uint16_t port_id, uint16_t number);

/* Frees what the driver has not taken. The port must be stopped. */
void ethdev_queue_drop(struct ethdev_queue *queue);

#endif
