/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/backend_io.h"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/host/backend.h"

/* A burst of the longest frames to send for each queue, one that was received, and caches. */
#define POOL_MBUFS 8191u
#define POOL_CACHE 256u

static uint16_t
receive(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct backend_io *backend_io = arg;

	return backend_receive(backend_io->backend, queue, backend_io->io.pool, bufs, n);
}

/* rte_vhost copies: what was taken is free at once. */
static uint16_t
send(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct backend_io *backend_io = arg;
	uint16_t sent = backend_send(backend_io->backend, queue, bufs, n);

	rte_pktmbuf_free_bulk(bufs, sent);
	return sent;
}

int
backend_io_open(struct backend_io *backend_io, struct backend *backend)
{
	*backend_io = (struct backend_io){
		.io = {.receive = receive, .send = send, .n_queues = QUEUES_MAX, .arg = backend_io},
		.backend = backend,
	};
	backend_io->io.pool = rte_pktmbuf_pool_create("frames", POOL_MBUFS, POOL_CACHE, 0,
						      RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (backend_io->io.pool)
		return 0;
	log_error("host's packet pool of %u mbufs: %s", POOL_MBUFS, rte_strerror(rte_errno));
	return -rte_errno;
}

void
backend_io_close(struct backend_io *backend_io)
{
	rte_mempool_free(backend_io->io.pool);
	*backend_io = (struct backend_io){0};
}
