/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/ethdev_queue.h"

#include <string.h>

#include <rte_ethdev.h>

#include "datapath/guest/pools.h"

static void
notify(struct ethdev_queue *queue)
{
	queue->notify_points++;
	queue->lower.buffers->notify(queue->lower.buffers->port);
}

/* One segment within its own buffer, and that one of the queue's: else it is nobody's frame. */
static inline bool
fit(const struct ethdev_queue *queue, const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 && mbuf->pool == queue->pool &&
	       mbuf->data_len >= RTE_ETHER_HDR_LEN &&
	       mbuf->data_len <= SLOT_BYTES - RTE_PKTMBUF_HEADROOM &&
	       (uint32_t)mbuf->data_off + mbuf->data_len <= SLOT_BYTES;
}

static uint16_t
ethdev_rx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ethdev_queue *queue = arg;
	uint16_t got = rte_eth_rx_burst(queue->port_id, queue->queue, bufs, n), kept = 0;

	for (uint16_t i = 0; i < got; i++) {
		if (unlikely(!fit(queue, bufs[i]))) {
			rte_pktmbuf_free(bufs[i]);
			queue->drop_unfit++;
			continue;
		}
		/* What a device says about a frame is not believed. */
		bufs[i]->port = queue->lower.buffers->port_id;
		bufs[i]->ol_flags = RTE_MBUF_F_EXTERNAL;
		bufs[i]->packet_type = 0;
		bufs[i]->pkt_len = bufs[i]->data_len;
		bufs[kept++] = bufs[i];
	}
	if (got)
		notify(queue);
	return kept;
}

static uint16_t
ethdev_tx_room(void *arg)
{
	struct ethdev_queue *queue = arg;

	if (unlikely(queue->n_held)) {
		uint16_t sent =
			rte_eth_tx_burst(queue->port_id, queue->queue, queue->held, queue->n_held);

		queue->n_held -= sent;
		memmove(queue->held, queue->held + sent, queue->n_held * sizeof(queue->held[0]));
	}
	return queue->n_held ? 0 : ETHDEV_BURST_MAX;
}

static void
ethdev_tx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ethdev_queue *queue = arg;

	/* The FOLIO layer sets what its own front end reads: offset and length. */
	for (uint16_t i = 0; i < n; i++) {
		bufs[i]->ol_flags = RTE_MBUF_F_EXTERNAL;
		bufs[i]->nb_segs = 1;
		bufs[i]->pkt_len = bufs[i]->data_len;
	}
	uint16_t sent = rte_eth_tx_burst(queue->port_id, queue->queue, bufs, n);

	queue->n_held = n - sent;
	queue->held_back += queue->n_held;
	memcpy(queue->held, bufs + sent, queue->n_held * sizeof(bufs[0]));
	notify(queue);
}

/* The buffers that the driver has posted are its own. */
static uint16_t
ethdev_rx_posted(void *arg)
{
	(void)arg;
	return 0;
}

static uint16_t
ethdev_tx_pending(void *arg)
{
	const struct ethdev_queue *queue = arg;

	return queue->n_held;
}

static const struct counter counters[] = {
	{"notify_points", offsetof(struct ethdev_queue, notify_points), "points",
	 "bursts after which the driver rings a doorbell"},
	{"held_back", offsetof(struct ethdev_queue, held_back), "packets",
	 "not taken by the driver at once; sent later"},
	{"drop.unfit", offsetof(struct ethdev_queue, drop_unfit), "packets",
	 "received in several segments, out of bounds, or in a buffer that is not the queue's"},
	{0},
};

static const struct lower_ops ops = {
	.rx_burst = ethdev_rx_burst,
	.tx_room = ethdev_tx_room,
	.tx_burst = ethdev_tx_burst,
	.rx_posted = ethdev_rx_posted,
	.tx_pending = ethdev_tx_pending,
	.counters = counters,
};

void
ethdev_queue_init(struct ethdev_queue *queue, uint16_t port_id, uint16_t number)
{
	*queue = (struct ethdev_queue){
		.lower = {.ops = &ops, .device = queue},
		.port_id = port_id,
		.queue = number,
	};
}

void
ethdev_queue_drop(struct ethdev_queue *queue)
{
	rte_pktmbuf_free_bulk(queue->held, queue->n_held);
}
