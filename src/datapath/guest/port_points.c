/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/port_points.h"

#include "datapath/guest/port.h"
#include "datapath/guest/port_burst.h"
#include "datapath/guest/port_steps.h"

static uint16_t
rx_stamping(struct port *port, struct rte_mbuf **bufs, uint16_t n)
{
	uint16_t got = port->burst->rx(port, bufs, n);

	if (got)
		port_at(port, POINT_TIMESTAMP);
	return got;
}

void
port_meet_points(struct port *port)
{
	if (port->points[POINT_TIMESTAMP][0].act)
		port->rx = rx_stamping;
}
