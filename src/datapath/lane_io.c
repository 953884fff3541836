/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/lane_io.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "datapath/host/backend.h"
#include "datapath/host/esp_io.h"
#include "datapath/host/link.h"
#include "datapath/two_process.h"
#include "datapath/workloads/workload.h"

static uint16_t
send_metered(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct lane_io *io = arg;
	uint64_t start = clock_tsc();
	uint16_t sent = io->carrier->send(io->carrier->arg, queue, bufs, n);

	link_cross(io->link, bufs, sent);
	if (sent)
		burst_meter_add(&io->sent, clock_tsc() - start, sent);
	return sent;
}

static uint16_t
receive_metered(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct lane_io *io = arg;
	uint64_t start = clock_tsc();
	uint16_t got = io->carrier->receive(io->carrier->arg, queue, bufs, n);

	link_cross(io->link, bufs, got);
	if (got)
		burst_meter_add(&io->received, clock_tsc() - start, got);
	io->n_received += got;
	return got;
}

static uint16_t
send_plain(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	const struct frame_io *below = ((const struct lane_io *)arg)->below;

	return below->send(below->arg, queue, bufs, n);
}

static uint16_t
receive_plain(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	const struct frame_io *below = ((const struct lane_io *)arg)->below;

	return below->receive(below->arg, queue, bufs, n);
}

static int
connect_backend(struct lane_io *io, const struct host_side_options *options)
{
	const struct backend_options backend = {.path = options->common.socket,
						.iommu = options->common.iommu,
						.ask_kicks = options->ask_kicks};
	int error = backend_open(&backend, &io->backend);

	if (!error)
		error = backend_io_open(&io->straight, io->backend);
	if (!error && options->through_host_kernel)
		error = host_path_io_open(&io->through_kernel, io->backend, options->n_queues,
					  io->straight.io.pool);
	if (error)
		return error;
	io->carrier = &io->straight.io;
	io->metered = (struct frame_io){
		.receive = receive_metered,
		.send = send_metered,
		.pool = io->straight.io.pool,
		.n_queues = options->n_queues,
		.arg = io,
	};
	io->plain = io->metered;
	io->plain.receive = receive_plain;
	io->plain.send = send_plain;
	return 0;
}

static int
open_links(struct lane_io *io, const struct host_side_options *options)
{
	uint32_t n = options->n_configs;
	int error = 0;

	io->links = calloc(n, sizeof(*io->links));
	if (!io->links)
		return -ENOMEM;
	for (uint32_t i = 0; !error && i < n; i++)
		error = link_open(&io->links[i], &options->configs[i]);
	return error;
}

static int
open_esp(struct lane_io *io, const struct host_side_options *options)
{
	int error = 0;

	io->esp = calloc(options->n_configs, sizeof(*io->esp));
	if (!io->esp)
		return -ENOMEM;
	for (uint32_t i = 0; !error && i < options->n_configs; i++)
		if (workload_wants_esp(options->workload, &options->configs[i]))
			error = esp_io_open(&io->esp[i], &io->metered, &options->configs[i].esp);
	return error;
}

int
lane_io_open(struct lane_io *io, const struct host_side_options *options)
{
	int error = connect_backend(io, options);

	if (!error)
		error = open_esp(io, options);
	return error ? error : open_links(io, options);
}

void
lane_io_begin(struct lane_io *io, uint32_t lane, bool through_kernel)
{
	io->lane = lane;
	io->link = &io->links[lane];
	io->carrier = through_kernel ? &io->through_kernel.io : &io->straight.io;
	io->below = io->esp[lane].carrier ? &io->esp[lane].io : &io->metered;
	io->n_received = 0;
}

void
lane_io_leave_kernel(struct lane_io *io)
{
	io->carrier = &io->straight.io;
}

uint64_t
lane_io_esp_failed(const struct lane_io *io)
{
	return esp_io_failed(&io->esp[io->lane]);
}
