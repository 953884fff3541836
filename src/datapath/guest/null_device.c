/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/null_device.h"

#include <rte_mbuf.h>

static uint16_t
null_rx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct null_device *device = arg;

	n = device->lower.buffers->alloc(device->lower.buffers->port, bufs, n);
	for (uint16_t i = 0; i < n; i++) {
		bufs[i]->data_off = RTE_PKTMBUF_HEADROOM;
		bufs[i]->nb_segs = 1;
		bufs[i]->pkt_len = device->frame_bytes;
		bufs[i]->data_len = device->frame_bytes;
	}
	return n;
}

static uint16_t
null_tx_room(void *arg)
{
	(void)arg;
	return UINT16_MAX;
}

static void
null_tx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct null_device *device = arg;

	device->lower.buffers->notify(device->lower.buffers->port);
	device->lower.buffers->release(device->lower.buffers->port, bufs, n);
}

static uint16_t
null_holds(void *arg)
{
	(void)arg;
	return 0;
}

static const struct counter null_counters[] = {{0}};

static const struct lower_ops null_ops = {
	.rx_burst = null_rx_burst,
	.tx_room = null_tx_room,
	.tx_burst = null_tx_burst,
	.rx_posted = null_holds,
	.tx_pending = null_holds,
	.counters = null_counters,
};

void
null_device_open(struct null_device *device, uint16_t frame_bytes)
{
	*device = (struct null_device){
		.lower = {.ops = &null_ops, .device = device},
		.frame_bytes = frame_bytes,
	};
}
