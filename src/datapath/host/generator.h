/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends frames when they are meant to be sent, whatever the other side does. A
 * frame that is due and that the device does not take is counted (not_taken) and
 * given up. What the generator itself is late with, because its core was taken away
 * say, it sends as soon as it can, counted when that is more than a millisecond (late).
 * As fast as possible (PACE_MAX) nothing is ever due, late or not taken.
 *
 * Frames belong to streams, in each of which they have an order: a stream is a flow
 * of generated frames (marked_frame.h), or a queue's part of a capture.
 */
#ifndef FOLIO_DATAPATH_GENERATOR_H
#define FOLIO_DATAPATH_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "datapath/host/frame_io.h"
#include "datapath/host/latency.h"
#include "datapath/host/marked_frame.h"
#include "datapath/host/pace.h"
#include "datapath/host/spread.h"
#include "datapath/host/traffic.h"

/* Frames of a capture whose order a queue remembers; a power of two. */
#define GENERATOR_LOG_ENTRIES 16384u

/* A mix keeps its shares, in a fixed order that looks like none. */
#define GENERATOR_MIX_ENTRIES (50u * IMIX_ROUND)

struct generator_options {
	/*
	 * "64" (60 to 9000 B without FCS), "payload:100" (1 to 8958 B), "imix" (traffic.h) or
	 * "pcap:FILE" (frames up to 9000 B)
	 */
	const char *traffic;
	uint32_t flows; /* of generated frames: 1 to MARKED_FLOWS_MAX, short: SHORT_FLOWS_MAX */
	enum pace_kind pace; /* PACE_TIMES: the capture's own */
	uint64_t rate_pps;   /* PACE_RATE only */
	uint64_t count;      /* frames to send in all; 0: no end */
	uint64_t seed;       /* order of a mix */
	uint64_t clock_hz;   /* of the clock that generator_step() is given */
	uint16_t session;    /* the first one's number */
};

struct generator_counters {
	uint64_t sent, sent_bytes;
	uint64_t not_taken;
	uint64_t late;
};

extern const struct counter generator_counters[];

/* Of a queue: frames on their way into the device. */
struct stage {
	struct rte_mbuf *bufs[FRAME_IO_BURST_MAX];
	uint32_t items[FRAME_IO_BURST_MAX]; /* flow, or frame of the capture, of each */
	uint16_t lengths_bytes[FRAME_IO_BURST_MAX];
	uint64_t due_cycles[FRAME_IO_BURST_MAX]; /* of a capture that is timed */
	uint16_t n;
};

struct generator {
	struct generator_options options;
	const struct frame_io *io;
	struct pace pace;
	struct spread spread;
	unsigned int n_queues; /* in use */
	uint16_t session;

	bool is_capture;
	struct traffic capture;
	struct frame_template templates[IMIX_SIZES];
	uint8_t mix[GENERATOR_MIX_ENTRIES]; /* of generated frames: their templates, in turn */
	uint32_t next_mix;

	uint32_t n_items; /* flows, or frames of the capture; they take turns */
	uint32_t next_item;
	uint32_t *hashes; /* of each item */
	/* Makes up to n items and puts them on their queues' stages; returns how many found no room. */
	uint32_t (*stage_items)(struct generator *generator, uint32_t n, uint64_t now);

	uint64_t *numbers; /* of each stream: frames sent (and staged) so far */
	/* When a stream's last frames were due: by number % due_entries, and then by stream. */
	uint64_t *due_cycles;
	uint32_t due_entries, n_streams;
	struct latency_window *window; /* gets the delays of sending; NULL: nothing is timed */
	/* Of a capture and a queue: the items of the last frames sent, by number % entries. */
	uint16_t (*log)[GENERATOR_LOG_ENTRIES];

	struct stage stages[QUEUES_MAX];
	struct generator_counters counters;
};

/*
 * io must outlive it. Returns 0; or -errno with a reason in why, which begins with the option
 * that is wrong: "traffic: ..." or "rate: ...".
 */
int generator_open(const struct generator_options *options, const struct frame_io *io,
		   struct generator **out, char *why, size_t why_size);
void generator_close(struct generator *generator);

/*
 * How fast it sends from its next start on: at that rate, or with 0 as fast as
 * possible. Paused only.
 */
void generator_set_rate(struct generator *generator, uint64_t rate_pps);

/*
 * From its next start on it remembers when frames were due, unless they are at
 * PACE_MAX, and notes in window how late it sends them. window outlives it. Paused
 * only. Returns 0 or -ENOMEM.
 */
int generator_keep_times(struct generator *generator, struct latency_window *window);

static inline bool
generator_is_timed(const struct generator *generator)
{
	return generator->window && generator->pace.kind != PACE_MAX;
}

/* When that frame of that stream, which was sent and timed, was due; 0: no longer known. */
static inline uint64_t
generator_due_cycles(const struct generator *generator, uint32_t stream, uint64_t number)
{
	if (generator->numbers[stream] - number > generator->due_entries)
		return 0;
	return generator
		->due_cycles[number % generator->due_entries * generator->n_streams + stream];
}

/* Frames due that long ago, and not offered to any device yet. Not at PACE_MAX. */
uint32_t generator_backlog(const struct generator *generator, uint64_t now, uint64_t late_cycles);

/* From now on (by the clock) it sends, on this many queues; each flow has one of them. */
void generator_start(struct generator *generator, uint64_t now, unsigned int n_queues);

/* Gives up what no device has taken yet; before another generator_start(). */
void generator_pause(struct generator *generator);

/* Frames from now on are of another session; paused only. */
void generator_next_session(struct generator *generator);

/* Sends what is due, at most a burst on each queue. Returns whether a frame was taken. */
bool generator_step(struct generator *generator, uint64_t now);

/* Has it sent all it was asked for? */
static inline bool
generator_done(const struct generator *generator)
{
	return generator->options.count && generator->counters.sent >= generator->options.count;
}

#endif
