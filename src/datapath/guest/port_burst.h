/* SPDX-License-Identifier: BSD-3-Clause */
/* The variants of the packet path, from which port_open() chooses. */
#ifndef FOLIO_DATAPATH_PORT_BURST_H
#define FOLIO_DATAPATH_PORT_BURST_H

#include <stdint.h>

#include "datapath/guest/port.h"
#include "datapath/sources/bounce_copy.h"

struct port_burst {
	uint16_t (*rx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
	uint16_t (*tx)(struct port *port, struct rte_mbuf **bufs, uint16_t n);
	/* For struct buffer_ops. */
	uint16_t (*alloc)(void *port, struct rte_mbuf **bufs, uint16_t n);
	void (*release)(void *port, struct rte_mbuf **bufs, uint16_t n);
};

/* By enum copy_mode and [have sources hooks to map and unmap]; mode header knows none. */
extern const struct port_burst port_bursts[COPY_MODES][2];

/* Likewise, where the device takes frames apart. */
extern const struct port_burst port_chain_bursts[COPY_MODES][2];

#endif
