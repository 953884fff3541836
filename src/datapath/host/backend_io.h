/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's frame_io: a backend and a pool. */
#ifndef FOLIO_DATAPATH_BACKEND_IO_H
#define FOLIO_DATAPATH_BACKEND_IO_H

#include "datapath/host/frame_io.h"

struct backend;

struct backend_io {
	struct frame_io io;
	struct backend *backend; /* the caller's */
};

/*
 * Makes the pool; frames longer than one of its mbufs are chained. io.arg points
 * at backend_io, which must stay where it is. Returns 0 or -errno after log_error().
 */
int backend_io_open(struct backend_io *backend_io, struct backend *backend);
void backend_io_close(struct backend_io *backend_io);

#endif
