/* SPDX-License-Identifier: BSD-3-Clause */
/* The port's bursts, in the form in which an ethdev's come. */
#include <rte_mbuf.h>

#include "datapath/pmd/net_folio.h"

#define BURST_MAX 32u

static uint16_t
no_burst(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	(void)port;
	(void)bufs;
	(void)n;
	return 0;
}

static struct port no_port = {.rx = no_burst, .tx = no_burst};

void
queue_pair_set(struct queue_pair *pair, struct port *port)
{
	rte_spinlock_lock(&pair->lock);
	pair->port = port ? port : &no_port;
	rte_spinlock_unlock(&pair->lock);
}

/* Moves the frames that the application can take to the front. Returns how many can. */
static uint16_t
sift(struct queue_pair *pair, struct rte_mbuf **bufs, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (likely(bufs[i]->nb_segs <= pair->segments_max)) {
			bufs[kept++] = bufs[i];
			continue;
		}
		rte_pktmbuf_free(bufs[i]);
		pair->rx_segmented++;
	}
	return kept;
}

static __rte_always_inline uint16_t
receive_burst(struct queue_pair *pair, struct rte_mbuf **bufs, uint16_t n, bool sifting)
{
	uint64_t bytes = 0;

	if (unlikely(!rte_spinlock_trylock(&pair->lock)))
		return 0;
	n = port_rx_burst(pair->port, bufs, RTE_MIN(n, pair->burst));
	rte_spinlock_unlock(&pair->lock);
	if (sifting)
		n = sift(pair, bufs, n);
	for (uint16_t i = 0; i < n; i++)
		bytes += bufs[i]->pkt_len;
	pair->rx_packets += n;
	pair->rx_bytes += bytes;
	return n;
}

uint16_t
net_folio_rx_burst(void *queue, struct rte_mbuf **bufs, uint16_t n)
{
	return receive_burst(queue, bufs, n, false);
}

uint16_t
net_folio_rx_burst_unscattered(void *queue, struct rte_mbuf **bufs, uint16_t n)
{
	return receive_burst(queue, bufs, n, true);
}

static inline uint64_t
dropped(const struct port *port)
{
	return port->drop_no_temporary + port->drop_unsendable;
}

/*
 * The mbufs are no longer ours to look at once they are taken, so lengths are added
 * up before. Which frames the port dropped it does not say: their share of the bytes
 * is taken off.
 */
static uint16_t
send_burst(struct queue_pair *pair, struct rte_mbuf **bufs, uint16_t n)
{
	uint32_t bytes_before[BURST_MAX + 1];
	uint64_t drops;

	bytes_before[0] = 0;
	for (uint16_t i = 0; i < n; i++)
		bytes_before[i + 1] = bytes_before[i] + bufs[i]->pkt_len;
	rte_spinlock_lock(&pair->lock);
	drops = dropped(pair->port);
	n = port_tx_burst(pair->port, bufs, n);
	drops = dropped(pair->port) - drops;
	rte_spinlock_unlock(&pair->lock);
	pair->tx_packets += n - drops;
	pair->tx_bytes += likely(!drops) ? bytes_before[n] : bytes_before[n] * (n - drops) / n;
	return n;
}

uint16_t
net_folio_tx_burst(void *queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct queue_pair *pair = queue;
	uint16_t taken = 0, portion, sent;

	do {
		portion = RTE_MIN(n - taken, pair->burst);
		sent = send_burst(pair, bufs + taken, portion);
		taken += sent;
	} while (sent == portion && taken < n);
	return taken;
}
