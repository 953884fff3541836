/* SPDX-License-Identifier: BSD-3-Clause */
/* A slice: one lane's turn, in whichever topology, and what it came to. */
#ifndef FOLIO_DATAPATH_SLICE_H
#define FOLIO_DATAPATH_SLICE_H

#include <stdint.h>

#include "datapath/pool_memory.h"
#include "datapath/tally.h"

struct latencies;

struct slice {
	uint64_t duration_ns; /* metered bursts span at least this, and at least 3 bursts */
	uint32_t warmup_bursts; /* dropped first; fewer (never under 1) when they exceed duration_ns */
	struct latencies *latencies; /* where they go in two processes at a rate; may be NULL */

	/* Results. Cycles: mean of the middle half of the metered bursts. */
	double guest_cycles_per_packet;
	double host_cycles_per_packet;
	uint32_t bursts;       /* metered */
	uint64_t packets_in;   /* that the host offered, over the whole slice */
	uint64_t packets_out;  /* that came back to it */
	uint64_t packets_kept; /* by the workload: for itself, or none of its own */
	uint64_t packets_dropped;
	uint64_t counted_packets; /* in the metered bursts; the counters speak of them */
	uint32_t n_counters;
	struct tally_count counters[TALLY_COUNTS_MAX];
	struct pool_memory shadow; /* of all queue pairs */

	/* Two processes only; not a number where one thread drives both. */
	double packets_per_second;     /* that came back to the host */
	double loss_share;             /* of the packets that the host offered */
	double guest_busy_share;       /* of the guest's time: bursts that moved packets */
	double round_trip_cycles;      /* core to core and back, right before the slice */
	uint64_t packets_offered;      /* traffic that the host offered, without filler */
	uint64_t packets_lost;         /* of those that the device took: not back, or not whole */
	uint64_t packets_not_taken;    /* of packets_dropped: the device had no room */
	uint64_t packets_unsent;       /* due, but the host was too late to offer them */
	uint64_t host_longest_turn_ns; /* of its loop, while metered */
};

/* Are packets in packets out, kept and dropped? Returns 0, or -ENODATA after log_error(). */
int slice_check(const struct slice *slice);

#endif
