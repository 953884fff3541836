/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Latencies of open-loop traffic, as a client has them: from the time when a frame
 * was meant to be sent to the time when the client has it back in its hands. A frame
 * that is sent late, because its sender was kept waiting or away, has waited all the
 * same (otherwise what delays a sender would hide what it delays: coordinated
 * omission). What of it is the sender's own lateness is kept beside it.
 *
 * Counted are the frames that were meant to be sent within a window of time, whenever
 * they come back. What does not come back is not in it: losses are the collector's to
 * count.
 */
#ifndef FOLIO_DATAPATH_LATENCY_H
#define FOLIO_DATAPATH_LATENCY_H

#include <stdint.h>

#include "base/histogram.h"

struct latencies {
	struct histogram round_trip; /* ns from due to back */
	struct histogram send_delay; /* ns from due to the sender's turn to send it */
};

struct latency_window {
	uint64_t from_cycles, until_cycles; /* by the sender's clock; nothing counts in [0, 0) */
	double ns_per_cycle;
	struct latencies latencies;
};

/* Nothing counted yet. */
static inline void
latencies_init(struct latencies *latencies)
{
	histogram_init(&latencies->round_trip);
	histogram_init(&latencies->send_delay);
}

/* Into one of the window's histograms, unless the frame was not due within it. */
static inline void
latency_window_add(const struct latency_window *window, struct histogram *histogram,
		   uint64_t due_cycles, uint64_t now_cycles)
{
	if (due_cycles - window->from_cycles >= window->until_cycles - window->from_cycles)
		return;
	uint64_t cycles = now_cycles > due_cycles ? now_cycles - due_cycles : 0;

	histogram_add(histogram, (uint64_t)((double)cycles * window->ns_per_cycle));
}

#endif
