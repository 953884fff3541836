/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's application, one burst of it: receive, work, send. */
#ifndef FOLIO_DATAPATH_FORWARD_H
#define FOLIO_DATAPATH_FORWARD_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "datapath/guest/port.h"
#include "datapath/workloads/workload.h"

#define FORWARD_BURST_MAX 32u

/*
 * Moves up to n (at most FORWARD_BURST_MAX) frames. Returns how many came in; *sent
 * gets how many the port took. What it did not take is dropped.
 */
static inline uint16_t
forward_burst(struct port *port, const struct workload *workload, uint16_t n, uint16_t *sent)
{
	struct rte_mbuf *bufs[FORWARD_BURST_MAX];
	uint16_t in = port_rx_burst(port, bufs, n);

	*sent = 0;
	if (!in)
		return 0;
	workload->burst(bufs, in);
	*sent = port_tx_burst(port, bufs, in);
	if (unlikely(*sent < in))
		rte_pktmbuf_free_bulk(bufs + *sent, in - *sent);
	return in;
}

#endif
