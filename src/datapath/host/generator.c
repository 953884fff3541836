/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/generator.h"

#include <stddef.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "datapath/host/generator_stage.h"

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

	template->mark(template, rte_pktmbuf_mtod(mbuf, uint8_t *), &mark);
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

static inline void
log_due(struct generator *g, uint32_t stream, uint64_t number, uint64_t due_cycles)
{
	g->due_cycles[number % g->due_entries * g->n_streams + stream] = due_cycles;
}

/* The same of when they were due; before log_items(), which counts them. */
static void
log_due_items(struct generator *g, unsigned int queue, const struct stage *stage, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		log_due(g, queue, g->numbers[queue] + i, stage->due_cycles[i]);
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
	if (g->is_capture && generator_is_timed(g))
		log_due_items(g, queue, stage, taken);
	if (g->is_capture)
		log_items(g, queue, stage->items, taken);
	memmove(stage->bufs, stage->bufs + taken, rest * sizeof(stage->bufs[0]));
	memmove(stage->items, stage->items + taken, rest * sizeof(stage->items[0]));
	memmove(stage->lengths_bytes, stage->lengths_bytes + taken,
		rest * sizeof(stage->lengths_bytes[0]));
	memmove(stage->due_cycles, stage->due_cycles + taken, rest * sizeof(stage->due_cycles[0]));
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

/* A frame that is to be the next one of the stage, and whose item's turn it is. */
static __rte_always_inline void
note_due(struct generator *g, struct stage *stage, uint32_t item, uint64_t due_cycles,
	 const bool captured)
{
	if (captured)
		stage->due_cycles[stage->n] = due_cycles;
	else
		log_due(g, item, g->numbers[item] - 1, due_cycles);
}

static __rte_always_inline uint32_t
stage_items(struct generator *g, uint32_t n, uint64_t now, const bool captured, const bool timed)
{
	uint32_t no_room = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t item = g->next_item;
		unsigned int queue = spread_queue(&g->spread, g->hashes[item]);
		struct stage *stage = &g->stages[queue];
		struct rte_mbuf *mbuf = NULL;
		uint64_t due_cycles = timed ? pace_due_at(&g->pace, i) : 0;

		if (timed)
			latency_window_add(g->window, &g->window->latencies.send_delay, due_cycles,
					   now);
		g->next_item = item + 1 == g->n_items ? 0 : item + 1;
		if (likely(stage->n < FRAME_IO_BURST_MAX || offer(g, queue)))
			mbuf = captured ? make_captured(g, item) : make_marked(g, item);
		if (unlikely(!mbuf)) {
			no_room++;
			continue;
		}
		if (timed)
			note_due(g, stage, item, due_cycles, captured);
		stage->items[stage->n] = item;
		stage->lengths_bytes[stage->n] = (uint16_t)mbuf->pkt_len;
		stage->bufs[stage->n++] = mbuf;
	}
	return no_room;
}

static uint32_t
stage_marked(struct generator *g, uint32_t n, uint64_t now)
{
	return stage_items(g, n, now, false, false);
}

static uint32_t
stage_marked_timed(struct generator *g, uint32_t n, uint64_t now)
{
	return stage_items(g, n, now, false, true);
}

static uint32_t
stage_captured(struct generator *g, uint32_t n, uint64_t now)
{
	return stage_items(g, n, now, true, false);
}

static uint32_t
stage_captured_timed(struct generator *g, uint32_t n, uint64_t now)
{
	return stage_items(g, n, now, true, true);
}

void
generator_choose_stage(struct generator *g)
{
	if (generator_is_timed(g))
		g->stage_items = g->is_capture ? stage_captured_timed : stage_marked_timed;
	else
		g->stage_items = g->is_capture ? stage_captured : stage_marked;
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
	uint32_t no_room = g->stage_items(g, due, now);

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
generator_set_rate(struct generator *g, uint64_t rate_pps)
{
	g->pace.kind = rate_pps ? PACE_RATE : PACE_MAX;
	g->pace.rate_pps = rate_pps;
	generator_choose_stage(g);
}

uint32_t
generator_backlog(const struct generator *g, uint64_t now, uint64_t late_cycles)
{
	return now - g->pace.start < late_cycles ?
		       0 :
		       pace_due(&g->pace, now - late_cycles, UINT32_MAX);
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
