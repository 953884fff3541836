/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/host_path_io.h"

#include <rte_mbuf.h>

static uint16_t
receive(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	const struct host_path_io *host_path_io = arg;

	return host_path_receive(host_path_io->paths[queue], bufs, n);
}

/* The kernel copies: what was taken is free at once. */
static uint16_t
send(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	const struct host_path_io *host_path_io = arg;
	uint16_t sent = host_path_send(host_path_io->paths[queue], bufs, n);

	rte_pktmbuf_free_bulk(bufs, sent);
	return sent;
}

int
host_path_io_open(struct host_path_io *host_path_io, struct backend *backend, unsigned int n_queues,
		  struct rte_mempool *pool)
{
	*host_path_io = (struct host_path_io){
		.io = {.receive = receive,
		       .send = send,
		       .pool = pool,
		       .n_queues = n_queues,
		       .arg = host_path_io},
	};
	return host_paths_open(backend, n_queues, pool, host_path_io->paths);
}

void
host_path_io_close(struct host_path_io *host_path_io)
{
	host_paths_close(host_path_io->paths);
}

bool
host_path_io_push(struct host_path_io *host_path_io)
{
	bool all = true;

	for (unsigned int q = 0; q < host_path_io->io.n_queues; q++)
		all &= host_path_push(host_path_io->paths[q]);
	return all;
}

uint32_t
host_path_io_in_kernel(const struct host_path_io *host_path_io)
{
	uint32_t sum = 0;

	for (unsigned int q = 0; q < host_path_io->io.n_queues; q++)
		sum += host_path_in_kernel(host_path_io->paths[q]);
	return sum;
}

void
host_path_io_discard(struct host_path_io *host_path_io)
{
	for (unsigned int q = 0; q < host_path_io->io.n_queues; q++)
		host_path_discard(host_path_io->paths[q]);
}

uint64_t
host_path_io_dropped(const struct host_path_io *host_path_io)
{
	uint64_t sum = 0;

	for (unsigned int q = 0; q < host_path_io->io.n_queues; q++)
		sum += host_path_dropped(host_path_io->paths[q]);
	return sum;
}
