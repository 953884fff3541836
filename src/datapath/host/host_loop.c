/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/host_loop.h"

#include <stddef.h>

#include <rte_mbuf.h>

#include "base/clock.h"
#include "datapath/host/collector.h"
#include "datapath/host/generator.h"

/* Of each queue and turn: what comes back is taken before more is sent, or the guest drops it. */
#define RECEIVE_BURSTS_MAX 8u
/* How long frames may be under way before they are taken for lost. */
#define DRAIN_NS 200000000u

#define COUNTER(field, unit_, help_)                                                               \
	{                                                                                          \
		.name = #field, .offset = offsetof(struct host_loop_counters, field),              \
		.unit = (unit_), .help = (help_)                                                   \
	}

const struct counter host_loop_counters[] = {
	COUNTER(busy_cycles, "cycles", "in turns that moved a frame"),
	COUNTER(idle_cycles, "cycles", "in turns that moved none"),
	COUNTER(queues, "queue pairs", "that the other side has ready now; 0: it is away"),
	COUNTER(sessions, "sessions", "how often the other side came"),
	{NULL, 0, NULL, NULL},
};

static uint64_t
cycles_of_ns(uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * clock_tsc_hz() / 1000000000);
}

/* Another session, or none: what was under way is gone, and what comes now is not of it. */
static void
end_session(struct host_loop *loop)
{
	collector_disconnect(loop->collector);
	generator_next_session(loop->generator);
}

/* Nothing is sent for a while when the other side, or its number of queues, has changed. */
static void
peer_changed(struct host_loop *loop, struct peer_state peer, uint64_t now)
{
	generator_pause(loop->generator);
	if (peer.sessions != loop->seen.sessions || !peer.n_queues)
		end_session(loop);
	loop->seen = peer;
	loop->sending = false;
	loop->changed_at_cycles = now;
	loop->counters.queues = peer.n_queues;
	loop->counters.sessions = peer.sessions;
}

/*
 * A flow may get another queue now, where it would overtake itself: its frames are
 * waited for.
 */
static void
try_start(struct host_loop *loop, uint64_t now)
{
	uint64_t since = now - loop->changed_at_cycles;

	if (since < cycles_of_ns(loop->settle_ns) ||
	    (collector_in_flight(loop->collector) && since < cycles_of_ns(DRAIN_NS)))
		return;
	generator_start(loop->generator, now, RTE_MIN(loop->seen.n_queues, loop->n_queues_max));
	loop->sending = true;
	if (!loop->ever_sent && loop->duration_ns)
		loop->end_cycles = now + cycles_of_ns(loop->duration_ns);
	loop->ever_sent = true;
}

static bool
receive_queue(struct host_loop *loop, unsigned int queue, uint64_t now)
{
	struct rte_mbuf *bufs[FRAME_IO_BURST_MAX];
	uint16_t n = FRAME_IO_BURST_MAX;
	bool moved = false;

	for (unsigned int i = 0; i < RECEIVE_BURSTS_MAX && n == FRAME_IO_BURST_MAX; i++) {
		n = loop->io->receive(loop->io->arg, queue, bufs, FRAME_IO_BURST_MAX);
		collector_take(loop->collector, queue, bufs, n, now);
		moved |= n > 0;
	}
	return moved;
}

static bool
receive(struct host_loop *loop, uint64_t now)
{
	unsigned int n_queues = RTE_MIN(loop->seen.n_queues, loop->io->n_queues);
	bool moved = false;

	for (unsigned int queue = 0; queue < n_queues; queue++)
		moved |= receive_queue(loop, queue, now);
	return moved;
}

/* One turn. Returns the time it ended. */
static uint64_t
turn(struct host_loop *loop, uint64_t now)
{
	struct peer_state peer = loop->peer(loop->peer_arg);
	bool moved;

	if (unlikely(peer.n_queues != loop->seen.n_queues || peer.sessions != loop->seen.sessions))
		peer_changed(loop, peer, now);
	moved = receive(loop, now);
	if (likely(loop->sending))
		moved |= generator_step(loop->generator, now);
	else if (peer.n_queues)
		try_start(loop, now);

	uint64_t end = clock_tsc();

	if (moved)
		loop->counters.busy_cycles += end - now;
	else
		loop->counters.idle_cycles += end - now;
	return end;
}

static void
drain(struct host_loop *loop)
{
	uint64_t deadline = clock_tsc() + cycles_of_ns(DRAIN_NS);

	generator_pause(loop->generator);
	while (collector_in_flight(loop->collector) && clock_tsc() < deadline) {
		struct peer_state peer = loop->peer(loop->peer_arg);

		if (!peer.n_queues || peer.sessions != loop->seen.sessions) {
			peer_changed(loop, peer, clock_tsc());
			break;
		}
		receive(loop, clock_tsc());
	}
	collector_finish(loop->collector);
}

void
host_loop_run(struct host_loop *loop)
{
	uint64_t now = clock_tsc();

	loop->end_cycles = UINT64_MAX;
	loop->changed_at_cycles = now;
	while (now < loop->end_cycles && !generator_done(loop->generator) &&
	       !atomic_load_explicit(loop->stop, memory_order_relaxed))
		now = turn(loop, now);
	drain(loop);
}
