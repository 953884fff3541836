/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sleeping port polls until its ring is empty. It gets ready to sleep behind a burst
 * that it sent, or when it finds nothing to receive, whichever comes first, and sleeps
 * when it is asked for frames next.
 */
#include "datapath/guest/port_points.h"

#include "datapath/guest/port.h"
#include "datapath/guest/port_burst.h"
#include "datapath/guest/port_steps.h"
#include "datapath/sources/interrupt.h"

static void
sleep_until_called(struct port *port)
{
	bool woken;

	port_at(port, POINT_IDLE);
	woken = interrupt_wait(port->interrupt);
	port->asleep_cycles = interrupt_asleep_cycles(port->interrupt);
	if (!woken)
		return;
	port_at(port, POINT_INTERRUPT);
	port_at(port, POINT_EOI);
}

static __rte_always_inline uint16_t
receive(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool sleeping)
{
	if (sleeping && !interrupt_armed(port->interrupt)) {
		uint16_t got = port->burst->rx(port, bufs, n);

		if (got || !interrupt_arm(port->interrupt))
			return got;
	}
	if (sleeping)
		sleep_until_called(port);
	return port->burst->rx(port, bufs, n);
}

static __rte_always_inline uint16_t
rx(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool sleeping, bool stamping)
{
	uint16_t got = receive(port, bufs, n, sleeping);

	if (stamping && got)
		port_at(port, POINT_TIMESTAMP);
	return got;
}

static uint16_t
rx_stamping(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	return rx(port, bufs, n, false, true);
}

static uint16_t
rx_sleeping(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	return rx(port, bufs, n, true, false);
}

static uint16_t
rx_sleeping_stamping(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	return rx(port, bufs, n, true, true);
}

static uint16_t
tx_sleeping(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	uint16_t sent = port->burst->tx(port, bufs, n);

	if (!interrupt_armed(port->interrupt))
		interrupt_arm(port->interrupt);
	return sent;
}

void
port_meet_points(struct port *port)
{
	bool stamping = port->points[POINT_TIMESTAMP][0].act;

	if (port->interrupt) {
		port->rx = stamping ? rx_sleeping_stamping : rx_sleeping;
		port->tx = tx_sleeping;
	} else if (stamping) {
		port->rx = rx_stamping;
	}
}
