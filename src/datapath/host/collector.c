/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/collector.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "datapath/host/crc32c.h"
#include "datapath/host/generator.h"
#include "datapath/host/sequence.h"

/* What of a captured frame is compared: behind the Ethernet addresses. */
#define COMPARED_FROM 12u
/* A shortened frame is known by its first bytes: ethertype and IPv4 header. */
#define PREFIX_BYTES 22u
/* Further back than this the generator's log has been overwritten. */
#define OUTSTANDING_MAX (GENERATOR_LOG_ENTRIES - SEQUENCE_WINDOW)

#define COUNTER(field, unit_, help_)                                                               \
	{                                                                                          \
		.name = #field, .offset = offsetof(struct collector_counters, field),              \
		.unit = (unit_), .help = (help_)                                                   \
	}

const struct counter collector_counters[] = {
	COUNTER(received, "frames", "came back whole, each counted once"),
	COUNTER(received_bytes, "bytes", "in received frames, without FCS"),
	COUNTER(lost, "frames", "did not come back whole"),
	COUNTER(lost_at_disconnect, "frames", "under way when the other side went away"),
	COUNTER(reordered, "frames", "received after a later one of their flow"),
	COUNTER(duplicated, "frames", "came back again"),
	COUNTER(stale, "frames", "came back too late to tell whether again; they stay lost"),
	COUNTER(corrupted, "frames", "came back damaged"),
	COUNTER(foreign, "frames", "were none of ours, or of an earlier session"),
	{NULL, 0, NULL, NULL},
};

struct capture_key {
	uint32_t length_bytes;
	uint32_t crc;
};

struct collector {
	const struct generator *generator;
	uint32_t n_streams;
	struct sequence *streams;
	struct capture_key *keys; /* of each frame of the capture */
	void (*judge)(struct collector *collector, unsigned int queue, const uint8_t *bytes,
		      uint32_t length_bytes);
	struct latency_window *window; /* of the generator; NULL: frames are not timed */
	uint64_t now;                  /* when the frames at hand came back */
	struct collector_counters counters;
	uint8_t whole[JUMBO_BYTES_MAX]; /* where a chained frame is put together */
};

/* A frame sent so long ago that nobody knows any more when it was due goes without. */
static void
time_arrival(struct collector *c, uint32_t stream, uint64_t number)
{
	uint64_t due_cycles = generator_due_cycles(c->generator, stream, number);

	if (due_cycles)
		latency_window_add(c->window, &c->window->latencies.round_trip, due_cycles, c->now);
}

/* A whole frame of ours: number was sent in its stream. */
static void
arrive(struct collector *c, uint32_t stream, uint64_t number, uint32_t length_bytes)
{
	struct collector_counters *counters = &c->counters;
	struct sequence *sequence = &c->streams[stream];
	uint64_t next = sequence->next;

	switch (sequence_arrive(sequence, number)) {
	case ARRIVAL_DUPLICATE:
		counters->duplicated++;
		return;
	case ARRIVAL_STALE:
		counters->stale++;
		return;
	case ARRIVAL_REORDERED:
		counters->reordered++;
		counters->lost--;
		break;
	case ARRIVAL_IN_ORDER:
		counters->lost += number - next;
		break;
	}
	counters->received++;
	counters->received_bytes += length_bytes;
	if (c->window)
		time_arrival(c, stream, number);
}

static void
count_marked(struct collector *c, enum frame_verdict verdict, const struct mark *mark,
	     uint32_t length_bytes)
{
	const struct generator *g = c->generator;

	switch (verdict) {
	case FRAME_CORRUPTED:
		c->counters.corrupted++;
		return;
	case FRAME_FOREIGN:
		c->counters.foreign++;
		return;
	case FRAME_WHOLE:
		break;
	}
	/* The other side may make up what it likes: nothing comes back that was not sent. */
	if (mark->session != g->session || mark->flow >= c->n_streams ||
	    mark->number >= g->numbers[mark->flow])
		c->counters.foreign++;
	else
		arrive(c, mark->flow, mark->number, length_bytes);
}

static void
judge_marked(struct collector *c, unsigned int queue, const uint8_t *bytes, uint32_t length_bytes)
{
	struct mark mark;
	enum frame_verdict verdict = marked_frame_check(bytes, length_bytes, &mark);

	(void)queue;
	count_marked(c, verdict, &mark, length_bytes);
}

static void
judge_short(struct collector *c, unsigned int queue, const uint8_t *bytes, uint32_t length_bytes)
{
	const struct generator *g = c->generator;
	struct mark mark;
	enum frame_verdict verdict = short_frame_check(bytes, length_bytes,
						       g->templates[0].payload_bytes, g->numbers,
						       g->n_items, g->session, &mark);

	(void)queue;
	count_marked(c, verdict, &mark, length_bytes);
}

static struct capture_key
key_of(const uint8_t *bytes, uint32_t length_bytes)
{
	uint32_t from = RTE_MIN(COMPARED_FROM, length_bytes);

	return (struct capture_key){length_bytes, crc32c(bytes + from, length_bytes - from, 0)};
}

static bool
is_sent_as(const struct collector *c, unsigned int queue, uint64_t number, struct capture_key key)
{
	uint16_t item = c->generator->log[queue][number % GENERATOR_LOG_ENTRIES];

	return c->keys[item].crc == key.crc && c->keys[item].length_bytes == key.length_bytes;
}

/*
 * The number of a captured frame in its queue: the oldest that is still awaited, else
 * one given up as lost, else one that came already. Returns whether there is any.
 */
static bool
find_sent(const struct collector *c, unsigned int queue, struct capture_key key, uint64_t *number)
{
	const struct sequence *stream = &c->streams[queue];
	uint64_t sent = c->generator->numbers[queue];
	uint64_t oldest = stream->next > SEQUENCE_WINDOW ? stream->next - SEQUENCE_WINDOW : 0;
	bool found = false;

	for (uint64_t i = stream->next; i < sent; i++) {
		if (is_sent_as(c, queue, i, key)) {
			*number = i;
			return true;
		}
	}
	for (uint64_t i = oldest; i < stream->next; i++) {
		if (!is_sent_as(c, queue, i, key))
			continue;
		*number = i;
		found = true;
		if (!sequence_seen(stream, i))
			break;
	}
	return found;
}

/* Of a frame that matches none: does it look like one of the capture, damaged? */
static bool
resembles_captured(const struct traffic *capture, const uint8_t *bytes, uint32_t length_bytes)
{
	for (uint32_t i = 0; i < capture->n; i++) {
		const struct frame *frame = &capture->frames[i];
		uint32_t shorter = RTE_MIN(frame->length_bytes, length_bytes);

		if (frame->length_bytes == length_bytes)
			return true;
		if (shorter >= COMPARED_FROM + PREFIX_BYTES &&
		    !memcmp(frame->bytes + COMPARED_FROM, bytes + COMPARED_FROM, PREFIX_BYTES))
			return true;
	}
	return false;
}

static void
judge_captured(struct collector *c, unsigned int queue, const uint8_t *bytes, uint32_t length_bytes)
{
	const struct generator *g = c->generator;
	struct sequence *stream = &c->streams[queue];
	uint64_t sent = g->numbers[queue], number;

	if (sent - stream->next > OUTSTANDING_MAX)
		c->counters.lost += sequence_skip(stream, sent - OUTSTANDING_MAX);
	if (find_sent(c, queue, key_of(bytes, length_bytes), &number))
		arrive(c, queue, number, length_bytes);
	else if (resembles_captured(&g->capture, bytes, length_bytes))
		c->counters.corrupted++;
	else
		c->counters.foreign++;
}

/* A frame longer than any that was sent is judged by its head, and cannot be whole. */
static void
judge_too_long(struct collector *c, const uint8_t *head)
{
	const struct generator *g = c->generator;
	struct mark mark;
	bool ours = g->is_capture ?
			    resembles_captured(&g->capture, head, JUMBO_BYTES_MAX) :
			    marked_frame_check(head, JUMBO_BYTES_MAX, &mark) != FRAME_FOREIGN;

	if (ours)
		c->counters.corrupted++;
	else
		c->counters.foreign++;
}

void
collector_take(struct collector *c, unsigned int queue, struct rte_mbuf **bufs, uint16_t n,
	       uint64_t now)
{
	c->now = now;
	for (uint16_t i = 0; i < n; i++) {
		uint32_t length = bufs[i]->pkt_len;
		const uint8_t *bytes =
			rte_pktmbuf_read(bufs[i], 0, RTE_MIN(length, JUMBO_BYTES_MAX), c->whole);

		if (likely(length <= JUMBO_BYTES_MAX))
			c->judge(c, queue, bytes, length);
		else
			judge_too_long(c, bytes);
	}
	rte_pktmbuf_free_bulk(bufs, n);
}

void
collector_follow_times(struct collector *c)
{
	c->window = generator_is_timed(c->generator) ? c->generator->window : NULL;
}

uint64_t
collector_in_flight(const struct collector *c)
{
	const struct collector_counters *counters = &c->counters;

	uint64_t accounted = counters->received + counters->lost + counters->lost_at_disconnect;
	uint64_t sent = c->generator->counters.sent;

	/* A hostile guest may guess frames that are still on the generator's stage. */
	return sent > accounted ? sent - accounted : 0;
}

/* Nothing that was sent until now is awaited any more. */
static void
restart_streams(struct collector *c)
{
	for (uint32_t i = 0; i < c->n_streams; i++)
		sequence_start(&c->streams[i], c->generator->numbers[i]);
}

void
collector_disconnect(struct collector *c)
{
	c->counters.lost_at_disconnect += collector_in_flight(c);
	restart_streams(c);
}

void
collector_finish(struct collector *c)
{
	c->counters.lost += collector_in_flight(c);
	restart_streams(c);
}

const struct collector_counters *
collector_counts(const struct collector *c)
{
	return &c->counters;
}

static int
open_keys(struct collector *c)
{
	const struct traffic *capture = &c->generator->capture;

	c->keys = calloc(capture->n, sizeof(*c->keys));
	if (!c->keys)
		return -ENOMEM;
	for (uint32_t i = 0; i < capture->n; i++)
		c->keys[i] = key_of(capture->frames[i].bytes, capture->frames[i].length_bytes);
	return 0;
}

int
collector_open(const struct generator *generator, struct collector **out)
{
	struct collector *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->generator = generator;
	if (generator->is_capture)
		c->judge = judge_captured;
	else if (frame_template_is_short(&generator->templates[0]))
		c->judge = judge_short;
	else
		c->judge = judge_marked;
	c->n_streams = generator->is_capture ? QUEUES_MAX : generator->n_items;
	c->streams = calloc(c->n_streams, sizeof(*c->streams));
	if (!c->streams || (generator->is_capture && open_keys(c))) {
		collector_close(c);
		return -ENOMEM;
	}
	restart_streams(c);
	*out = c;
	return 0;
}

void
collector_close(struct collector *c)
{
	if (!c)
		return;
	free(c->streams);
	free(c->keys);
	free(c);
}
