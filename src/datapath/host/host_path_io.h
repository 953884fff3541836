/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's frame_io through its kernel: a backend, and a way (host_path.h) for each queue pair. */
#ifndef FOLIO_DATAPATH_HOST_PATH_IO_H
#define FOLIO_DATAPATH_HOST_PATH_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/host/frame_io.h"
#include "datapath/host/host_path.h"

struct host_path_io {
	struct frame_io io;
	struct host_path *paths[QUEUES_MAX];
};

/*
 * io.arg points at host_path_io, which must stay where it is; backend and pool outlive
 * it. Returns 0 or -errno after log_error().
 */
int host_path_io_open(struct host_path_io *host_path_io, struct backend *backend,
		      unsigned int n_queues, struct rte_mempool *pool);
void host_path_io_close(struct host_path_io *host_path_io);

/* Hands the device what waits for it; returns whether nothing waits any more. */
bool host_path_io_push(struct host_path_io *host_path_io);

/* host_path_in_kernel(), of all. */
uint32_t host_path_io_in_kernel(const struct host_path_io *host_path_io);

/* Drops what still waits for the device. */
void host_path_io_discard(struct host_path_io *host_path_io);

/* Frames, either way, that were taken but not handed on. */
uint64_t host_path_io_dropped(const struct host_path_io *host_path_io);

#endif
