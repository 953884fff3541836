/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host's frames pass in the two-process topology, lane by lane in turns:
 *
 *   traffic -- plain -- ESP, where the lane's guest speaks it -- metered, and the device's link --
 *       straight into rte_vhost, or through the host's kernel first
 */
#ifndef FOLIO_DATAPATH_LANE_IO_H
#define FOLIO_DATAPATH_LANE_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/burst_meter.h"
#include "datapath/host/backend_io.h"
#include "datapath/host/frame_io.h"
#include "datapath/host/host_path_io.h"

struct backend;
struct device_link;
struct esp_io;
struct host_side_options;

struct lane_io {
	struct backend *backend;
	struct backend_io straight;
	struct host_path_io through_kernel; /* zero where no lane goes there */
	const struct frame_io *carrier;     /* of the present lane: one of the two */
	struct frame_io metered;            /* over it */
	const struct frame_io *below; /* what plain is over: ESP, or metered where there is none */
	struct frame_io plain;        /* what generators and collectors use */
	struct esp_io *esp;           /* by lane; carrier NULL: its guest speaks no ESP */
	struct device_link *links, *link; /* by lane; the present one's */
	uint32_t lane;                    /* the present one */
	struct burst_meter sent, received;
	uint64_t n_received; /* frames, also filler, of the present turn */
};

/*
 * Connects, and makes what every lane of the options wants. io must not move. Returns 0 or -errno
 * after log_error().
 */
int lane_io_open(struct lane_io *io, const struct host_side_options *options);

/* From here on frames are that lane's. */
void lane_io_begin(struct lane_io *io, uint32_t lane, bool through_kernel);

/* From here on they go straight. */
void lane_io_leave_kernel(struct lane_io *io);

/* Frames that came back to the present lane in ESP that does not open, in all. */
uint64_t lane_io_esp_failed(const struct lane_io *io);

#endif
