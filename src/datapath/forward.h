/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's application, one burst of it: receive, work, send. */
#ifndef FOLIO_DATAPATH_FORWARD_H
#define FOLIO_DATAPATH_FORWARD_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "datapath/guest/port.h"
#include "datapath/workloads/workload.h"

#define FORWARD_BURST_MAX 32u

struct forwarded {
	uint16_t in;        /* received */
	uint16_t kept;      /* of these: the application took them for itself */
	uint16_t sent;      /* the port took them to send */
	uint16_t not_taken; /* dropped: the port had no room */
};

/*
 * What serves the port: the workload's application, unless a source takes its place, and
 * before either what the application works on a packet.
 */
static inline struct application
forward_application(struct port *port, const struct application *workloads)
{
	return work_before(&port->work, port->application.burst ? port->application : *workloads);
}

/* Moves up to n (at most FORWARD_BURST_MAX) frames. Returns what became of them. */
static inline struct forwarded
forward_burst(struct port *port, const struct application *application, uint16_t n)
{
	struct rte_mbuf *bufs[FORWARD_BURST_MAX];
	uint16_t in = port_rx_burst(port, bufs, n);

	if (!in)
		return (struct forwarded){0};

	exit_lane_pass(port->exits.lane, in);

	uint16_t to_send = application->burst(application->state, bufs, in);
	uint16_t sent = port_tx_burst(port, bufs, to_send);

	if (unlikely(sent < to_send))
		rte_pktmbuf_free_bulk(bufs + sent, to_send - sent);
	return (struct forwarded){in, (uint16_t)(in - to_send), sent, (uint16_t)(to_send - sent)};
}

#endif
