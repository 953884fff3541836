/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest's frame_io: its ports, and a pool of the application's own. So a guest plays
 * the part of the traffic's source and sink, against a backend that sends nothing by
 * itself.
 */
#ifndef FOLIO_DATAPATH_PORT_IO_H
#define FOLIO_DATAPATH_PORT_IO_H

#include "datapath/host/frame_io.h"

struct datapath_config;
struct port;

struct port_io {
	struct frame_io io;
	struct port *ports;
};

/*
 * Longest frame that ports of such a configuration take from here, in bytes: several
 * buffers long only where the device is told so (mergeable) and frames are copied.
 */
uint32_t port_io_bytes_max(const struct datapath_config *config);

/*
 * n ports, one of each queue pair, open. io.arg points at port_io, which must stay
 * where it is. Returns 0 or -errno after log_error().
 */
int port_io_open(struct port_io *port_io, struct port *ports, unsigned int n);
void port_io_close(struct port_io *port_io);

#endif
