/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/port_io.h"

#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/guest/pools.h"
#include "datapath/guest/port.h"
#include "datapath/sources/bounce_copy.h"

#define POOL_MBUFS 4095u
#define POOL_CACHE 256u

static uint16_t
receive(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct port_io *port_io = arg;

	return port_rx_burst(&port_io->ports[queue], bufs, n);
}

/* The port takes from the front, and may change the order of what it took. */
static uint16_t
send_copied(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct port_io *port_io = arg;

	return port_tx_burst(&port_io->ports[queue], bufs, n);
}

/* Where nothing is copied the application has its frames where the device reaches them. */
static uint16_t
send_in_place(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct port_io *port_io = arg;
	struct port *port = &port_io->ports[queue];
	struct rte_mbuf *reachable[FRAME_IO_BURST_MAX];
	uint16_t sent;

	if (rte_pktmbuf_alloc_bulk(port->hot_temporary.pool, reachable, n))
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		uint16_t bytes = rte_pktmbuf_data_len(bufs[i]);

		memcpy(rte_pktmbuf_append(reachable[i], bytes),
		       rte_pktmbuf_mtod(bufs[i], const void *), bytes);
	}
	sent = port_tx_burst(port, reachable, n);
	rte_pktmbuf_free_bulk(reachable + sent, n - sent);
	rte_pktmbuf_free_bulk(bufs, sent);
	return sent;
}

uint32_t
port_io_bytes_max(const struct datapath_config *config)
{
	return config->mergeable && bounce_copy_mode(config) != COPY_NONE ?
		       LOWER_FRAME_BYTES_MAX :
		       SLOT_BYTES - RTE_PKTMBUF_HEADROOM;
}

int
port_io_open(struct port_io *port_io, struct port *ports, unsigned int n)
{
	*port_io = (struct port_io){
		.io = {.receive = receive,
		       .send = ports[0].copy ? send_copied : send_in_place,
		       .n_queues = n,
		       .arg = port_io},
		.ports = ports,
	};
	port_io->io.pool = rte_pktmbuf_pool_create("frames", POOL_MBUFS, POOL_CACHE, 0, SLOT_BYTES,
						   SOCKET_ID_ANY);
	if (port_io->io.pool)
		return 0;
	log_error("application's packet pool of %u mbufs: %s", POOL_MBUFS, rte_strerror(rte_errno));
	return -rte_errno;
}

void
port_io_close(struct port_io *port_io)
{
	rte_mempool_free(port_io->io.pool);
	*port_io = (struct port_io){0};
}
