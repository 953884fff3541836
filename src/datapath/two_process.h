/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two-process topology: guest and host are processes of their own, each with its
 * own DPDK and its own core, and meet at a vhost-user socket as a VM and its host do.
 * Whoever starts them (the runner) has them take turns: a slice is run by both sides
 * at once, and between slices they block.
 *
 *   host:  round trips | warm-up | metered | tail | sends what uses up posted buffers | -
 *   guest: round trips | forwards - - - - - - - - - - - - - - - - - - - until drained  | -
 *
 * Where a port has a thread of its own (esp_crypto inline), which takes frames also while the
 * guest's is late, those that use up posted buffers come once the guest meters no more. Others
 * must not be waited for: they may sleep until a frame comes.
 *
 * The host leads: it alone reads the time, and says by a word in memory that both
 * share, apart from the device's region, which phase the slice is in. That memory is
 * the measurement's, not the datapath's.
 *
 * Lanes with one kind of device take turns on one pair of processes, as in lock-step.
 */
#ifndef FOLIO_DATAPATH_TWO_PROCESS_H
#define FOLIO_DATAPATH_TWO_PROCESS_H

#include <stdatomic.h>
#include <stdint.h>

#include "datapath/config.h"
#include "datapath/host/latency.h"
#include "datapath/slice.h"

struct workload;

enum slice_phase { PHASE_WARM_UP, PHASE_METERED, PHASE_DRAINING };

/* Before a slice; its round trip is the median. */
#define ROUND_TRIPS 255u

/* What both sides see of a slice; all zero before it starts. Each line has one writer. */
struct slice_signals {
	_Alignas(64) atomic_uint phase;   /* enum slice_phase, by the host */
	_Alignas(64) atomic_uint settled; /* 1: it meters no more, by the guest */
	_Alignas(64)
		atomic_uint drained; /* 1: the device holds nothing of the guest's, by the guest */
	_Alignas(64) atomic_uint ping; /* number of a round trip, by the host */
	_Alignas(64) atomic_uint pong; /* the same, by the guest */
};

/* What is common to both sides of a device. */
struct two_process_options {
	const char *socket;      /* path; the guest listens */
	const char *runtime_dir; /* private folder */
	bool iommu;              /* the device translates */
	bool huge_pages;
	struct slice_signals *signals; /* shared by both processes */
};

/* ---- The guest's process ---- */

struct guest_side;

struct guest_side_options {
	struct two_process_options common;
	int cpu;
	int crypto_cpu; /* of esp_crypto inline; -1: none wants it */
	const struct workload *workload;
	const struct datapath_config
		*configs; /* of the lanes on the device, which must be of one kind */
	uint32_t n_configs;
	size_t bounce_bytes; /* most that datapath_config_bounce_bytes() says of any */
	const struct counter_source *counters; /* of this thread, with every lane's; NULL: none */
};

struct guest_slice {
	double cycles_per_packet;
	double busy_share; /* of the thread that the application has */
	uint32_t bursts;          /* metered */
	uint64_t counted_packets; /* in the metered bursts; the counters speak of them */
	uint64_t dropped;         /* over the whole slice */
	uint64_t kept;            /* likewise, by the workload, or by a port that decrypts */
	uint32_t n_counters;
	struct tally_count counters[TALLY_COUNTS_MAX];
	struct pool_memory shadow; /* of all queue pairs */
};

/* What the guest's application counts in a lane, beside its ports: drop.tx_full. */
extern const struct counter guest_side_counters[];

/* Bytes of memory, beside the region, that such a guest needs, of huge pages or of others. */
size_t guest_side_heap_bytes(const struct datapath_config *config, bool huge_pages);

/* Starts DPDK and listens. Returns 0 or -errno after log_error(). What options point to outlives it. */
int guest_side_open(const struct guest_side_options *options, struct guest_side **out);

/* Waits for the host, starts the device and opens each lane's ports. As above. */
int guest_side_connect(struct guest_side *side);

/*
 * One slice of that lane. Returns 0; -ETIMEDOUT when packets no longer flow; -EPIPE
 * when the host has gone; each after log_error().
 */
int guest_side_slice(struct guest_side *side, uint32_t lane, struct guest_slice *slice);

/* ---- The host's process ---- */

struct host_side;

struct host_side_options {
	struct two_process_options common;
	int cpu;
	const char *const *traffics; /* texts, as struct generator_options has them */
	uint32_t n_traffics;
	uint64_t seed;
	unsigned int n_queues;
	bool ask_kicks;                        /* leave the guest's notifications on */
	bool through_host_kernel;              /* some turns are */
	const struct workload *workload;       /* its datagrams may travel in ESP */
	const struct datapath_config *configs; /* as the guest's */
	uint32_t n_configs;
};

struct host_slice {
	double cycles_per_packet; /* in rte_vhost: to send one and to receive one */
	double packets_per_second;
	double round_trip_cycles; /* median */
	uint64_t sent;            /* by plan, and taken by the device */
	uint64_t not_taken;       /* due, but not taken by the device */
	uint64_t path_dropped;    /* by the host's kernel on the way, either way */
	uint64_t filler;          /* sent to use up posted buffers */
	uint64_t returned;        /* with the filler */
	uint64_t lost;            /* of sent: not back, or not whole */
	/*
	 * Due in the metered time, and by its end not even offered, though LATE_NS had passed:
	 * the host itself cannot send so fast, or its core was away.
	 */
	uint64_t unsent;
	uint64_t longest_turn_ns; /* of the host's loop, in the metered time */
	/* Of the frames due in the metered time, at a rate; else empty. */
	struct latencies latencies;
};

/* The host's turn comes to each frame within microseconds; that late it is behind. */
#define LATE_NS 20000u

/* What the host is to do in a slice. */
struct host_turn {
	uint32_t lane; /* index into configs */
	uint32_t traffic;
	uint64_t duration_ns;
	uint64_t rate_pps;        /* 0: as fast as possible */
	bool through_host_kernel; /* frames go through the host's kernel; the options must say so */
};

/* Bytes of memory that a host needs. */
size_t host_side_heap_bytes(void);

/* Starts DPDK, makes the traffics, connects and waits for the guest. As guest_side_open(). */
int host_side_open(const struct host_side_options *options, struct host_side **out);

/*
 * One slice. Returns 0; -EPIPE when the guest has
 * gone; -ETIMEDOUT when packets no longer flow; -EBADMSG when a frame came back
 * damaged, twice or out of order; each after log_error().
 */
int host_side_slice(struct host_side *side, const struct host_turn *turn, struct host_slice *slice);

/* ---- Both ---- */

/*
 * What both sides' parts come to; slice->duration_ns stays, and so does slice->latencies,
 * whose histograms take the host's. Returns 0; -EAGAIN when
 * no packet was metered at one of them, since its core was taken away for all of
 * the time; or -ENODATA after log_error(), when packets in are not packets out plus
 * dropped.
 */
int two_process_merge(const struct guest_slice *guest, const struct host_slice *host,
		      struct slice *slice);

#endif
