/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's application on cores of its own: each thread serves some of the queue
 * pairs, receives, works and sends, and counts. It can be paused while the host is
 * away.
 */
#ifndef FOLIO_DATAPATH_FORWARDER_H
#define FOLIO_DATAPATH_FORWARDER_H

#include <stdint.h>

#include "base/counter.h"

struct datapath_config;
struct forwarder;
struct port;
struct workload;
struct workload_state;

struct forwarder_options {
	struct port *ports; /* one of each queue pair, open; outlive the forwarder */
	unsigned int n_ports;
	const struct workload *workload;
	const struct datapath_config *config; /* of the ports; outlives the forwarder */
	uint16_t burst;                       /* most frames that a burst moves, at most 32 */
	const int *cpus;     /* a thread on each; queue pair q is served by thread q % n_cpus */
	unsigned int n_cpus; /* 1 to n_ports */
};

struct forwarder_counters {
	uint64_t packets_in, packets_out;
	uint64_t kept; /* by the workload, or ignored */
	uint64_t not_taken;
	uint64_t bursts, empty_polls;
	uint64_t busy_cycles, cycles;
};

/* Over struct forwarder_counters. */
extern const struct counter forwarder_counters[];

/* Starts the threads, paused. Returns 0 or -errno after log_error(). */
int forwarder_open(const struct forwarder_options *options, struct forwarder **out);

/* The ports may be touched by nobody else from here on. */
void forwarder_resume(struct forwarder *forwarder);

/* Returns when no thread works on a port any more. */
void forwarder_pause(struct forwarder *forwarder);

/* What all threads have counted; at any time, from any thread. */
void forwarder_count(const struct forwarder *forwarder, struct forwarder_counters *sum);

/* The same of what the workload counts by its table, which it has; the rest of sum is zero. */
void forwarder_count_workload(const struct forwarder *forwarder, struct workload_state *sum);

/* Ends the threads; nobody works on a port any more. */
void forwarder_end(struct forwarder *forwarder);

/* Ends the threads, if they have not been, and frees. NULL is allowed. */
void forwarder_close(struct forwarder *forwarder);

#endif
