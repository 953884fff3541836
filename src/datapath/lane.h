/* SPDX-License-Identifier: BSD-3-Clause */
/* What lockstep.c sets up and slice.c drives. */
#ifndef FOLIO_DATAPATH_LANE_H
#define FOLIO_DATAPATH_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "datapath/config.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"
#include "datapath/host/sink.h"
#include "datapath/lockstep.h"
#include "datapath/workloads/workload.h"

struct backend;
struct virtio_user;

struct device {
	struct guest guest;            /* zero where the driver is virtio-user */
	struct virtio_user *peer;      /* NULL where it is not */
	struct backend *backend;       /* NULL: the null device */
	struct datapath_config config; /* of the first lane on it */
	bool own;                      /* of one lane */
};

#define BURSTS_MAX 8192

struct lane {
	struct lockstep *bench;
	struct device *device;
	struct datapath_config config;
	struct port ports[QUEUES_MAX]; /* config.queues */
	unsigned int turn;             /* the queue pair of the next burst */
	struct tally tally;
	struct workload_state workload_state;
	struct application applications[QUEUES_MAX]; /* of each port */
	uint64_t drop_not_enqueued; /* the device had no receive buffer, or no translation, in time */
};

struct lockstep {
	struct lockstep_options options;
	const struct workload *workload;
	struct sink sink;
	struct device **devices;
	unsigned int n_devices;
	struct lane **lanes;
	unsigned int n_lanes;
	/* Per metered burst of the present slice. */
	double guest_cycles[BURSTS_MAX];
	double host_cycles[BURSTS_MAX];
};

#endif
