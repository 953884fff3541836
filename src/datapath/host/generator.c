/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/generator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "base/random.h"

#define LATE_PER_SECOND 1000 /* later than a thousandth of a second is late */

#define COUNTER(field, unit_, help_)                                                               \
	{                                                                                          \
		.name = #field, .offset = offsetof(struct generator_counters, field),              \
		.unit = (unit_), .help = (help_)                                                   \
	}

const struct counter generator_counters[] = {
	COUNTER(sent, "frames", "taken by the device"),
	COUNTER(sent_bytes, "bytes", "in frames taken by the device, without FCS"),
	COUNTER(not_taken, "frames", "due, and not taken by the device"),
	COUNTER(late, "frames", "offered more than 1 ms after they were due"),
	{NULL, 0, NULL, NULL},
};

/* A frame longer than one mbuf. */
static struct rte_mbuf *
copy_chained(struct rte_mempool *pool, struct rte_mbuf *head, const uint8_t *bytes, uint16_t length)
{
	struct rte_mbuf *last = head;

	for (uint16_t done = 0; done < length;) {
		uint16_t n = RTE_MIN(rte_pktmbuf_tailroom(last), (uint16_t)(length - done));

		memcpy(rte_pktmbuf_mtod(last, uint8_t *), bytes + done, n);
		last->data_len = n;
		done = (uint16_t)(done + n);
		if (done == length)
			break;
		last->next = rte_pktmbuf_alloc(pool);
		if (!last->next) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		last = last->next;
		head->nb_segs++;
	}
	head->pkt_len = length;
	return head;
}

static inline struct rte_mbuf *
copy_frame(struct rte_mempool *pool, const uint8_t *bytes, uint16_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	if (unlikely(!mbuf))
		return NULL;
	if (unlikely(length > rte_pktmbuf_tailroom(mbuf)))
		return copy_chained(pool, mbuf, bytes, length);
	rte_memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), bytes, length);
	mbuf->data_len = length;
	mbuf->pkt_len = length;
	return mbuf;
}

static inline struct rte_mbuf *
make_captured(struct generator *g, uint32_t item)
{
	const struct frame *frame = &g->capture.frames[item];

	return copy_frame(g->io->pool, frame->bytes, frame->length_bytes);
}

static inline struct rte_mbuf *
make_marked(struct generator *g, uint32_t flow)
{
	const struct frame_template *template = &g->templates[g->mix[g->next_mix]];
	struct rte_mbuf *mbuf = copy_frame(g->io->pool, template->bytes, template->length_bytes);

	if (unlikely(!mbuf))
		return NULL;
	const struct mark mark = {g->numbers[flow]++, flow, g->session};

	frame_template_mark(template, rte_pktmbuf_mtod(mbuf, uint8_t *), &mark);
	g->next_mix = g->next_mix + 1 == GENERATOR_MIX_ENTRIES ? 0 : g->next_mix + 1;
	return mbuf;
}

/* Notes what a queue took of a capture, in order. */
static void
log_items(struct generator *g, unsigned int queue, const uint32_t *items, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		g->log[queue][g->numbers[queue]++ % GENERATOR_LOG_ENTRIES] = (uint16_t)items[i];
}

/* Offers what is on the stage; returns how many frames were taken. */
static uint16_t
offer(struct generator *g, unsigned int queue)
{
	struct stage *stage = &g->stages[queue];

	if (!stage->n)
		return 0;
	uint16_t taken = g->io->send(g->io->arg, queue, stage->bufs, stage->n);
	uint16_t rest = (uint16_t)(stage->n - taken);

	g->counters.sent += taken;
	for (uint16_t i = 0; i < taken; i++)
		g->counters.sent_bytes += stage->lengths_bytes[i];
	if (g->is_capture)
		log_items(g, queue, stage->items, taken);
	memmove(stage->bufs, stage->bufs + taken, rest * sizeof(stage->bufs[0]));
	memmove(stage->items, stage->items + taken, rest * sizeof(stage->items[0]));
	memmove(stage->lengths_bytes, stage->lengths_bytes + taken,
		rest * sizeof(stage->lengths_bytes[0]));
	stage->n = rest;
	return taken;
}

/* The frames were the last ones of their flows: their numbers are free again. */
static void
give_up(struct generator *g, struct stage *stage)
{
	for (uint16_t i = 0; i < stage->n && !g->is_capture; i++)
		g->numbers[stage->items[i]]--;
	rte_pktmbuf_free_bulk(stage->bufs, stage->n);
	stage->n = 0;
}

static __rte_always_inline uint32_t
stage_items(struct generator *g, uint32_t n, const bool captured)
{
	uint32_t no_room = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t item = g->next_item;
		unsigned int queue = spread_queue(&g->spread, g->hashes[item]);
		struct stage *stage = &g->stages[queue];
		struct rte_mbuf *mbuf = NULL;

		g->next_item = item + 1 == g->n_items ? 0 : item + 1;
		if (likely(stage->n < FRAME_IO_BURST_MAX || offer(g, queue)))
			mbuf = captured ? make_captured(g, item) : make_marked(g, item);
		if (unlikely(!mbuf)) {
			no_room++;
			continue;
		}
		stage->items[stage->n] = item;
		stage->lengths_bytes[stage->n] = (uint16_t)mbuf->pkt_len;
		stage->bufs[stage->n++] = mbuf;
	}
	return no_room;
}

static uint32_t
stage_marked(struct generator *g, uint32_t n)
{
	return stage_items(g, n, false);
}

static uint32_t
stage_captured(struct generator *g, uint32_t n)
{
	return stage_items(g, n, true);
}

static uint32_t
staged(const struct generator *g)
{
	uint32_t n = 0;

	for (unsigned int queue = 0; queue < g->n_queues; queue++)
		n += g->stages[queue].n;
	return n;
}

/* How many frames a step may make: what the stages hold, and what is asked for in all. */
static uint32_t
step_max(const struct generator *g)
{
	uint32_t on_stage = staged(g), max = g->n_queues * FRAME_IO_BURST_MAX - on_stage;

	if (!g->options.count)
		return max;
	uint64_t left = g->options.count - g->counters.sent - on_stage;

	return left < max ? (uint32_t)left : max;
}

bool
generator_step(struct generator *g, uint64_t now)
{
	bool open_loop = g->pace.kind != PACE_MAX;
	uint32_t due = pace_due(&g->pace, now, step_max(g)), taken = 0;
	uint64_t sent_before = g->counters.sent;

	if (!due && (open_loop || !staged(g)))
		return false;
	uint64_t late_cycles = g->options.clock_hz / LATE_PER_SECOND;

	if (open_loop && now - g->pace.start >= late_cycles)
		g->counters.late += pace_due(&g->pace, now - late_cycles, due);
	uint32_t no_room = g->stage_items(g, due);

	pace_take(&g->pace, due);
	for (unsigned int queue = 0; queue < g->n_queues; queue++)
		taken += offer(g, queue);
	if (open_loop) {
		g->counters.not_taken += no_room + staged(g);
		for (unsigned int queue = 0; queue < g->n_queues; queue++)
			give_up(g, &g->stages[queue]);
	}
	return taken || g->counters.sent != sent_before;
}

void
generator_start(struct generator *g, uint64_t now, unsigned int n_queues)
{
	g->n_queues = n_queues;
	spread_set(&g->spread, n_queues);
	pace_start(&g->pace, now);
}

void
generator_pause(struct generator *g)
{
	for (unsigned int queue = 0; queue < g->n_queues; queue++)
		give_up(g, &g->stages[queue]);
}

void
generator_next_session(struct generator *g)
{
	g->session++;
}

static void
shuffle_mix(struct generator *g)
{
	struct random_state random = {g->options.seed};
	uint32_t n = 0;

	for (uint8_t size = 0; size < IMIX_SIZES; size++)
		for (uint32_t i = 0; i < GENERATOR_MIX_ENTRIES / IMIX_ROUND * imix_shares[size];
		     i++)
			g->mix[n++] = size;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = (uint32_t)random_below(&random, i + 1);
		uint8_t swap = g->mix[i];

		g->mix[i] = g->mix[j];
		g->mix[j] = swap;
	}
}

static int
open_imix(struct generator *g)
{
	int error = 0;

	for (unsigned int i = 0; i < IMIX_SIZES && !error; i++)
		error = frame_template_open(&g->templates[i], imix_bytes[i]);
	shuffle_mix(g);
	return error;
}

static int
open_fixed(struct generator *g, char *why, size_t why_size)
{
	const char *text = g->options.traffic;
	char *end;
	unsigned long size = strtoul(text, &end, 10);

	if (end == text || *end || size < MARKED_BYTES_MIN || size > JUMBO_BYTES_MAX) {
		snprintf(why, why_size,
			 "traffic: found '%.60s', allowed: a frame size of %u to %u B, imix, or "
			 "pcap:FILE",
			 text, MARKED_BYTES_MIN, JUMBO_BYTES_MAX);
		return -EINVAL;
	}
	return frame_template_open(&g->templates[0], (uint16_t)size);
}

static int
hash_flows(struct generator *g)
{
	uint8_t *frame = g->templates[0].bytes;

	g->numbers = calloc(g->n_items, sizeof(*g->numbers));
	g->hashes = calloc(g->n_items, sizeof(*g->hashes));
	if (!g->numbers || !g->hashes)
		return -ENOMEM;
	for (uint32_t flow = 0; flow < g->n_items; flow++) {
		frame_template_mark(&g->templates[0], frame, &(struct mark){.flow = flow});
		g->hashes[flow] = spread_hash(frame, g->templates[0].length_bytes);
	}
	return 0;
}

static int
open_marked(struct generator *g, char *why, size_t why_size)
{
	int error = !strcmp(g->options.traffic, "imix") ? open_imix(g) :
							  open_fixed(g, why, why_size);

	if (error)
		return error;
	g->stage_items = stage_marked;
	g->n_items = g->options.flows;
	return hash_flows(g);
}

static int
open_capture(struct generator *g, const char *path, char *why, size_t why_size)
{
	int error = traffic_open_capture(path, JUMBO_BYTES_MAX, &g->capture, why, why_size);

	if (error)
		return error;
	snprintf(why, why_size, "traffic %.60s: not enough memory", path);
	g->is_capture = true;
	g->stage_items = stage_captured;
	g->n_items = g->capture.n;
	g->numbers = calloc(FRAME_IO_QUEUES_MAX, sizeof(*g->numbers));
	g->log = calloc(FRAME_IO_QUEUES_MAX, sizeof(*g->log));
	g->hashes = calloc(g->n_items, sizeof(*g->hashes));
	if (!g->numbers || !g->log || !g->hashes)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n_items; i++)
		g->hashes[i] =
			spread_hash(g->capture.frames[i].bytes, g->capture.frames[i].length_bytes);
	return 0;
}

/* A capture's own timing goes on after its last frame with its mean gap. */
static int
open_pace(struct generator *g, char *why, size_t why_size)
{
	const struct traffic *capture = &g->capture;

	g->pace = (struct pace){.kind = g->options.pace,
				.clock_hz = g->options.clock_hz,
				.rate_pps = g->options.rate_pps};
	if (g->options.pace != PACE_TIMES)
		return 0;
	if (!g->is_capture) {
		snprintf(why, why_size,
			 "rate: found 'capture' for traffic '%.60s', which has no timing of its "
			 "own; "
			 "allowed: max, or a rate such as 50 kpps",
			 g->options.traffic);
		return -EINVAL;
	}
	uint64_t last_ns = capture->times_ns[capture->n - 1];

	if (!last_ns) {
		snprintf(why, why_size,
			 "rate: found 'capture', but all frames of %.60s have one time; allowed: "
			 "max, "
			 "or a rate such as 50 kpps",
			 capture->label);
		return -EINVAL;
	}
	g->pace.times_ns = capture->times_ns;
	g->pace.n = capture->n;
	g->pace.round_ns = last_ns + last_ns / (capture->n - 1);
	return 0;
}

int
generator_open(const struct generator_options *options, const struct frame_io *io,
	       struct generator **out, char *why, size_t why_size)
{
	struct generator *g = calloc(1, sizeof(*g));
	int error;

	snprintf(why, why_size, "traffic %.60s: not enough memory", options->traffic);
	if (!g)
		return -ENOMEM;
	g->options = *options;
	g->io = io;
	g->session = options->session;
	error = !strncmp(options->traffic, "pcap:", 5) ?
			open_capture(g, options->traffic + 5, why, why_size) :
			open_marked(g, why, why_size);
	if (!error)
		error = open_pace(g, why, why_size);
	if (error) {
		generator_close(g);
		return error;
	}
	*out = g;
	return 0;
}

void
generator_close(struct generator *g)
{
	if (!g)
		return;
	generator_pause(g);
	for (unsigned int i = 0; i < IMIX_SIZES; i++)
		frame_template_close(&g->templates[i]);
	traffic_close(&g->capture);
	free(g->hashes);
	free(g->numbers);
	free(g->log);
	free(g);
}
