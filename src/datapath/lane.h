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
#include "datapath/host/link.h"
#include "datapath/host/sink.h"
#include "datapath/ipsec/ipsec_ends.h"
#include "datapath/lockstep.h"
#include "datapath/workloads/workload.h"

struct backend;
struct host_path;
struct virtio_user;

struct device {
	struct guest guest;       /* zero where the driver is virtio-user */
	struct virtio_user *peer; /* NULL where it is not */
	struct backend *backend;  /* NULL: the null device */
	/* Of each queue pair, once a lane wants them. */
	struct host_path *host_paths[QUEUES_MAX];
	struct datapath_config config; /* of the first lane on it */
	bool own;                      /* of one lane */
};

#define BURSTS_MAX 8192

/* Of the queue pair whose turn it is. */
struct lane_host {
	/* Offers the next n frames until the device has taken them all; returns how many it took. */
	uint16_t (*send_all)(struct lane *lane, uint16_t n);
	/* Takes n frames, and waits for them; returns how many came. */
	uint16_t (*receive_all)(struct lane *lane, struct rte_mbuf **bufs, uint16_t n);
};

extern const struct lane_host lane_host_straight, lane_host_kernel;

struct lane {
	struct lockstep *bench;
	struct device *device;
	const struct lane_host *host;
	struct datapath_config config;
	struct port ports[QUEUES_MAX]; /* config.queues */
	unsigned int turn;             /* the queue pair of the next burst */
	struct device_link link;
	struct tally tally;
	struct workload_state workload_state;
	struct application application;              /* of the workload */
	struct application applications[QUEUES_MAX]; /* of each port */
	struct ipsec_ends peer;                      /* the host's, where the workload wants ESP */
	struct rte_mbuf **frames;                    /* what the host offers in the present burst */
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
