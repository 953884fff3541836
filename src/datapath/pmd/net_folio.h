/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_folio: the datapath as a DPDK port, for applications as they are. Each queue
 * pair of the port is one struct port; a thread of its own waits for the backend
 * and says when the link comes and goes.
 *
 *   probe -> configure -> queue set-up -> start: guest and ports are made, link down
 *         -> the backend connects: link up -> it hangs up: link down
 *         -> stop: hung up; the guest stays for packets that the application still has
 *         -> the next start, or close: the guest is given up
 */
#ifndef FOLIO_DATAPATH_PMD_NET_FOLIO_H
#define FOLIO_DATAPATH_PMD_NET_FOLIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>
#include <rte_spinlock.h>

#include "datapath/config.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"
#include "datapath/pmd/devargs.h"
#include "datapath/tally.h"

/*
 * A queue pair. An ethdev's receive queue and transmit queue of one number may be
 * polled by two cores, which a struct port is not made for: so whoever is in holds
 * the lock. A receiver that does not get it finds nothing this time.
 */
struct queue_pair {
	rte_spinlock_t lock;
	uint16_t burst;           /* most packets that port takes at once */
	uint16_t segments_max;    /* of a frame for the application, where it enabled no SCATTER */
	struct port *port;        /* under lock; one that moves nothing while the link is down */
	struct rte_mempool *pool; /* the application's, for received packets; NULL: not set up */
	/* Counted by whoever receives, and by whoever sends. */
	uint64_t rx_packets, rx_bytes;
	uint64_t rx_segmented;         /* dropped: in more than segments_max */
	uint64_t tx_packets, tx_bytes; /* that the port did not drop */
} __rte_cache_aligned;

/* What a queue pair and its port count, for struct rte_eth_stats. */
struct pair_stats {
	uint64_t ipackets, ibytes, ierrors, rx_nombuf;
	uint64_t opackets, obytes, oerrors;
};

struct net_folio {
	struct rte_eth_dev *dev;
	struct devargs args;
	struct datapath_config config; /* args', with the queues that the application uses */
	struct guest guest;
	bool guest_is_open;
	struct port ports[QUEUES_MAX]; /* open while the guest is */
	struct queue_pair pairs[QUEUES_MAX];
	pthread_t link_thread;
	int stop_fd; /* eventfd that ends link_thread; -1: it does not run */
	struct pair_stats stats_base[QUEUES_MAX]; /* what they stood at when they were last reset */
	struct tally tally;                       /* of ports and pairs */
	/* As tally_begin() left them at the last reset; none before the first start. */
	struct tally_count counts[TALLY_COUNTS_MAX];
	uint32_t n_counts;
};

extern int net_folio_logtype;

/* ops.c: what the port can do. */
extern const struct eth_dev_ops net_folio_ops;

/* esp.c: the longest frame, for an application. */
uint32_t net_folio_frame_bytes_max(const struct datapath_config *config);
/*
 * Can the port start (again), with sequence numbers that were not used under its key in this
 * process? Returns 0, -EALREADY after log_error(), or -ENOMEM.
 */
int net_folio_check_numbers(const struct net_folio *folio);
/* The port, whose guest is open still, goes for good: its key is free again unless it was used. */
void net_folio_release_key(const struct net_folio *folio);

/* burst.c: for struct rte_eth_dev; queue is a struct queue_pair. */
uint16_t net_folio_rx_burst(void *queue, struct rte_mbuf **bufs, uint16_t n);
/* Drops and counts frames of more than segments_max. */
uint16_t net_folio_rx_burst_unscattered(void *queue, struct rte_mbuf **bufs, uint16_t n);
uint16_t net_folio_tx_burst(void *queue, struct rte_mbuf **bufs, uint16_t n);
/* Packets go through port from here on; NULL: they stop. */
void queue_pair_set(struct queue_pair *pair, struct port *port);

/* link.c: waits for the backend in the background. Returns 0 or -errno after log_error(). */
int link_start(struct net_folio *folio);
/* The link is down when this returns. */
void link_stop(struct net_folio *folio);

/* stats.c: counts since the last start or reset. */
int net_folio_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
int net_folio_stats_reset(struct rte_eth_dev *dev);
int net_folio_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int net_folio_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			       unsigned int n);
int net_folio_xstats_reset(struct rte_eth_dev *dev);
/* The ports were closed: nothing was counted, and there are no extended statistics. */
void net_folio_stats_clear(struct net_folio *folio);
/* The ports were opened: there are extended statistics. */
void net_folio_stats_begin(struct net_folio *folio);

#endif
