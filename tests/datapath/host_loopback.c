/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generator and collector across a link of the test's own, which loses, swaps,
 * repeats and damages frames as it is told: what is counted is what was done.
 */
#include "harness.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "datapath/host/collector.h"
#include "datapath/host/frame_io.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"

#define LINK_FRAMES 4096u
#define HZ 1000000000u
#define CAPTURE TEST_SOURCE_DIR "/tests/data/web.pcap"

/* A queue of frames that were sent and have not been received. */
struct link_queue {
	struct rte_mbuf *bufs[LINK_FRAMES];
	unsigned int first, n;
};

struct link {
	struct frame_io io;
	struct link_queue queues[QUEUES_MAX];
	unsigned int room; /* frames that a queue holds at most */
	struct peer_state peer;
};

static uint16_t
link_send(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct link *link = arg;
	struct link_queue *q = &link->queues[queue];
	uint16_t taken = 0;

	while (taken < n && q->n < link->room)
		q->bufs[(q->first + q->n++) % LINK_FRAMES] = bufs[taken++];
	return taken;
}

static uint16_t
link_receive(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n)
{
	struct link_queue *q = &((struct link *)arg)->queues[queue];
	uint16_t got = 0;

	for (; got < n && q->n; q->n--)
		bufs[got++] = q->bufs[q->first++ % LINK_FRAMES];
	return got;
}

/* The i-th frame under way on the queue. */
static struct rte_mbuf **
under_way(struct link *link, unsigned int queue, unsigned int i)
{
	struct link_queue *q = &link->queues[queue];

	assert_true(i < q->n);
	return &q->bufs[(q->first + i) % LINK_FRAMES];
}

static void
lose(struct link *link, unsigned int queue, unsigned int i)
{
	struct link_queue *q = &link->queues[queue];

	rte_pktmbuf_free(*under_way(link, queue, i));
	for (; i + 1 < q->n; i++)
		*under_way(link, queue, i) = *under_way(link, queue, i + 1);
	q->n--;
}

static void
swap(struct link *link, unsigned int queue, unsigned int i, unsigned int k)
{
	struct rte_mbuf *first = *under_way(link, queue, i);

	*under_way(link, queue, i) = *under_way(link, queue, k);
	*under_way(link, queue, k) = first;
}

static void
repeat(struct link *link, unsigned int queue, unsigned int i)
{
	struct rte_mbuf *copy =
		rte_pktmbuf_copy(*under_way(link, queue, i), link->io.pool, 0, UINT32_MAX);

	assert_non_null(copy);
	assert_int_equal(link_send(link, queue, &copy, 1), 1);
}

static uint8_t *
byte_of(struct link *link, unsigned int queue, unsigned int i, uint32_t offset)
{
	struct rte_mbuf *segment = *under_way(link, queue, i);

	for (; offset >= segment->data_len; segment = segment->next)
		offset -= segment->data_len;
	return rte_pktmbuf_mtod(segment, uint8_t *) + offset;
}

static struct rte_mempool *pool;

struct bench {
	struct link link;
	struct generator *generator;
	struct collector *collector;
};

static struct bench *
bench_open(const char *traffic, uint32_t flows, enum pace_kind pace, uint64_t rate_pps)
{
	struct bench *b = calloc(1, sizeof(*b));
	const struct generator_options options = {.traffic = traffic,
						  .flows = flows,
						  .pace = pace,
						  .rate_pps = rate_pps,
						  .clock_hz = HZ,
						  .session = UINT16_MAX};
	char why[256];

	assert_non_null(b);
	b->link.io = (struct frame_io){.receive = link_receive,
				       .send = link_send,
				       .pool = pool,
				       .n_queues = QUEUES_MAX,
				       .arg = &b->link};
	b->link.room = LINK_FRAMES;
	assert_int_equal(generator_open(&options, &b->link.io, &b->generator, why, sizeof(why)), 0);
	assert_int_equal(collector_open(b->generator, &b->collector), 0);
	return b;
}

static const struct collector_counters *
counts(const struct bench *b)
{
	return collector_counts(b->collector);
}

/* What was sent is received or lost; every mbuf is back. */
static void
bench_close(struct bench *b)
{
	generator_pause(b->generator);
	collector_finish(b->collector);
	assert_int_equal(b->generator->counters.sent,
			 counts(b)->received + counts(b)->lost + counts(b)->lost_at_disconnect);
	collector_close(b->collector);
	generator_close(b->generator);
	free(b);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void
receive_at(struct bench *b, uint64_t now)
{
	struct rte_mbuf *bufs[FRAME_IO_BURST_MAX];
	uint16_t n;

	for (unsigned int queue = 0; queue < QUEUES_MAX; queue++)
		while ((n = link_receive(&b->link, queue, bufs, FRAME_IO_BURST_MAX)))
			collector_take(b->collector, queue, bufs, n, now);
}

static void
receive(struct bench *b)
{
	receive_at(b, 0);
}

/* n frames under way on queue 0 of one. */
static void
send_n(struct bench *b, uint32_t n)
{
	b->generator->options.count = b->generator->counters.sent + n;
	generator_start(b->generator, 0, 1);
	while (!generator_done(b->generator))
		generator_step(b->generator, 0);
}

static void
expect(const struct bench *b, uint64_t received, uint64_t reordered, uint64_t duplicated,
       uint64_t corrupted, uint64_t foreign)
{
	const struct collector_counters *c = counts(b);

	assert_int_equal(c->received, received);
	assert_int_equal(c->reordered, reordered);
	assert_int_equal(c->duplicated, duplicated);
	assert_int_equal(c->corrupted, corrupted);
	assert_int_equal(c->foreign, foreign);
}

static const char *const traffics[] = {"60", "64", "1514", "1515", "9000", "imix", "pcap:" CAPTURE};

#define N_TRAFFICS (sizeof(traffics) / sizeof(traffics[0]))

static void
all_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRAFFICS; i++) {
		for (unsigned int queues = 1; queues <= QUEUES_MAX; queues++) {
			struct bench *b = bench_open(traffics[i], 100, PACE_MAX, 0);

			unsigned int used = 0;

			generator_start(b->generator, 0, queues);
			for (int k = 0; k < 60; k++) {
				generator_step(b->generator, 0);
				for (unsigned int q = 0; q < QUEUES_MAX; q++)
					used |= (b->link.queues[q].n > 0) << q;
				receive(b);
			}
			/* A capture may be a single flow. */
			if (b->generator->is_capture)
				assert_int_equal(used >> queues, 0);
			else
				assert_int_equal(used, (1u << queues) - 1);
			assert_int_equal(collector_in_flight(b->collector), 0);
			expect(b, b->generator->counters.sent, 0, 0, 0, 0);
			assert_int_equal(counts(b)->received_bytes,
					 b->generator->counters.sent_bytes);
			assert_int_equal(counts(b)->lost, 0);
			bench_close(b);
		}
	}
}

/* Each frame lost, in turn; in flows and in captures. */
static void
loss(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRAFFICS; i++) {
		struct bench *b = bench_open(traffics[i], 3, PACE_MAX, 0);
		uint64_t lost = 0;

		for (unsigned int at = 0; at < 50; at++) {
			send_n(b, 50);
			lose(&b->link, 0, at);
			if (at > 10) {
				lose(&b->link, 0, 5);
				lost++;
			}
			lost++;
			receive(b);
			assert_int_equal(counts(b)->lost + collector_in_flight(b->collector), lost);
		}
		collector_finish(b->collector);
		assert_int_equal(counts(b)->lost, lost);
		expect(b, 2500 - lost, 0, 0, 0, 0);
		bench_close(b);
	}
}

/* Frames are in other places only within their flow, or the capture: one flow tells. */
static void
reordering_and_duplicates(void **state)
{
	static const char *const one_flow[] = {"60", "9000", "imix"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bench *b = bench_open(one_flow[i], 1, PACE_MAX, 0);

		send_n(b, 40);
		swap(&b->link, 0, 3, 4);
		swap(&b->link, 0, 10, 20);
		receive(b);
		/* 3 behind 4; 20 first leaves 10 to 19 late. */
		expect(b, 40, 1 + 10, 0, 0, 0);
		assert_int_equal(counts(b)->lost, 0);
		send_n(b, 40);
		repeat(&b->link, 0, 0);
		repeat(&b->link, 0, 39);
		repeat(&b->link, 0, 39);
		lose(&b->link, 0, 0);
		receive(b);
		/* The first was lost, and came late as its own repetition. */
		expect(b, 80, 12, 2, 0, 0);
		assert_int_equal(counts(b)->lost, 0);
		bench_close(b);
	}
}

static void
capture_out_of_order(void **state)
{
	struct bench *b = bench_open("pcap:" CAPTURE, 1, PACE_MAX, 0);

	(void)state;
	/* The first frames of the capture are no two alike. */
	send_n(b, 8);
	swap(&b->link, 0, 0, 1);
	receive(b);
	expect(b, 8, 1, 0, 0, 0);
	bench_close(b);
	b = bench_open("pcap:" CAPTURE, 1, PACE_MAX, 0);
	send_n(b, 2);
	repeat(&b->link, 0, 1);
	receive(b);
	expect(b, 2, 0, 1, 0, 0);
	assert_int_equal(counts(b)->lost, 0);
	bench_close(b);
}

/* One bit of one byte at each position, Ethernet addresses of captures left out. */
static void
corruption(void **state)
{
	static const char *const some[] = {"60", "9000", "pcap:" CAPTURE};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bool captured = i == 2;
		struct bench *b = bench_open(some[i], 1, PACE_MAX, 0);
		uint32_t n = 0;

		for (uint32_t at = captured ? 12 : 0; at < 9000; at++, n++) {
			send_n(b, 3);
			if (at >= (*under_way(&b->link, 0, 1))->pkt_len) {
				receive(b);
				break;
			}
			*byte_of(&b->link, 0, 1, at) ^= (uint8_t)(1 << at % 8);
			receive(b);
			assert_int_equal(counts(b)->corrupted, n + 1);
			assert_int_equal(counts(b)->foreign, 0);
		}
		assert_true(n > 40);
		collector_finish(b->collector);
		assert_int_equal(counts(b)->lost, n);
		bench_close(b);
	}
}

static void
truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRAFFICS; i++) {
		struct bench *b = bench_open(traffics[i], 1, PACE_MAX, 0);

		send_n(b, 1);
		struct rte_mbuf *frame = *under_way(&b->link, 0, 0);

		assert_int_equal(rte_pktmbuf_trim(frame, 1), 0);
		receive(b);
		expect(b, 0, 0, 0, 1, 0);
		bench_close(b);
	}
}

/* Frames of no kind and of every length, longer than any of ours too. */
static void
foreign(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRAFFICS; i++) {
		struct bench *b = bench_open(traffics[i], 1, PACE_MAX, 0);
		uint64_t n = 0;

		send_n(b, 1);
		for (uint32_t length = 0; length < 20000; length = length * 5 / 4 + 1, n++) {
			struct rte_mbuf *head = rte_pktmbuf_alloc(pool);

			for (uint32_t left = length; left;) {
				uint16_t part = (uint16_t)RTE_MIN(left, 2000u);
				struct rte_mbuf *segment = rte_pktmbuf_alloc(pool);

				memset(rte_pktmbuf_append(segment, part), 0xee, part);
				assert_int_equal(rte_pktmbuf_chain(head, segment), 0);
				left -= part;
			}
			assert_int_equal(link_send(&b->link, 0, &head, 1), 1);
		}
		receive(b);
		assert_int_equal(counts(b)->received, 1);
		assert_int_equal(counts(b)->foreign + counts(b)->corrupted, n);
		if (strncmp(traffics[i], "pcap:", 5))
			assert_int_equal(counts(b)->corrupted, 0);
		bench_close(b);
	}
}

/* What is due and finds no room is given up, and makes no gap. */
static void
not_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRAFFICS; i++) {
		struct bench *b = bench_open(traffics[i], 7, PACE_RATE, 1000000);
		uint64_t due = 0;

		b->link.room = 20;
		generator_start(b->generator, 0, 2);
		for (uint64_t now = 0; now < 3000000; now += 25000) {
			generator_step(b->generator, now);
			due = now / 1000 + 1;
			assert_int_equal(b->generator->counters.sent +
						 b->generator->counters.not_taken,
					 due);
			if (now % 100000 == 0)
				receive(b);
		}
		receive(b);
		assert_true(b->generator->counters.not_taken > 0);
		assert_true(b->generator->counters.sent > 100);
		assert_int_equal(b->generator->counters.late, 0);
		expect(b, b->generator->counters.sent, 0, 0, 0, 0);
		bench_close(b);
	}
}

/* The generator itself was away for 5 ms at a frame a microsecond: all are sent, most are late. */
static void
late(void **state)
{
	struct bench *b = bench_open("64", 1, PACE_RATE, 1000000);

	(void)state;
	generator_start(b->generator, 0, 1);
	while (generator_step(b->generator, 5000000))
		receive(b);
	assert_int_equal(b->generator->counters.sent, 5001);
	assert_int_equal(b->generator->counters.late, 4001);
	assert_int_equal(b->generator->counters.not_taken, 0);
	bench_close(b);
}

#define PERIOD 1000u /* at 1 Mpps, in cycles of 1 ns */

/* Frame i is due at (i + 1) * PERIOD; counted are those of 10 to 29. */
static struct bench *
timed_bench_open(const char *traffic, struct latency_window *window)
{
	struct bench *b = bench_open(traffic, 3, PACE_MAX, 0);

	*window = (struct latency_window){
		.from_cycles = 11 * PERIOD, .until_cycles = 31 * PERIOD, .ns_per_cycle = 1};
	latencies_init(&window->latencies);
	assert_int_equal(generator_keep_times(b->generator, window), 0);
	generator_set_rate(b->generator, 1000000);
	collector_follow_times(b->collector);
	generator_start(b->generator, PERIOD, 2);
	return b;
}

/*
 * The sender comes 300 cycles after each frame is due, but sleeps through frames 15 to 19, which
 * have waited all the same; each is back 250 cycles later, but for one that is lost.
 */
static void
latencies(void **state)
{
	static struct latency_window window;
	const struct histogram *round_trip = &window.latencies.round_trip;
	const struct histogram *send_delay = &window.latencies.send_delay;
	const uint64_t waited = (5 + 4 + 3 + 2 + 1) * PERIOD;

	(void)state;
	for (size_t i = 0; i < N_TRAFFICS; i++) {
		struct bench *b = timed_bench_open(traffics[i], &window);

		for (uint64_t frame = 0; frame < 40; frame++) {
			uint64_t now = (frame + 1) * PERIOD + 300;

			if (frame >= 15 && frame < 20)
				continue;
			generator_step(b->generator, now);
			if (frame == 12)
				lose(&b->link, b->link.queues[0].n ? 0 : 1, 0);
			receive_at(b, now + 250);
		}
		assert_int_equal(b->generator->counters.sent, 40);
		assert_int_equal(counts(b)->received, 39);
		assert_int_equal(send_delay->n, 20);
		assert_int_equal(send_delay->sum_ns, 20 * 300 + waited);
		assert_int_equal(round_trip->n, 19);
		assert_int_equal(round_trip->sum_ns, 19 * 550 + waited);
		assert_int_equal(round_trip->min_ns, 550);
		assert_int_equal(round_trip->max_ns, 5 * PERIOD + 550);
		bench_close(b);
	}
}

/* A frame that the device does not take leaves its number, and its time, to another. */
static void
latencies_without_room(void **state)
{
	static struct latency_window window;

	(void)state;
	for (size_t i = 0; i < N_TRAFFICS; i++) {
		struct bench *b = timed_bench_open(traffics[i], &window);

		for (uint64_t frame = 0; frame < 40; frame++) {
			uint64_t now = (frame + 1) * PERIOD;

			b->link.room = frame % 3 ? LINK_FRAMES : 0;
			generator_step(b->generator, now);
			receive_at(b, now + 100);
		}
		assert_int_equal(b->generator->counters.not_taken, 14);
		assert_int_equal(generator_backlog(b->generator, 41 * PERIOD, 1), 0);
		assert_int_equal(generator_backlog(b->generator, 44 * PERIOD + 20, 20), 4);
		assert_int_equal(window.latencies.round_trip.n, 14);
		assert_int_equal(window.latencies.round_trip.min_ns, 100);
		assert_int_equal(window.latencies.round_trip.max_ns, 100);
		bench_close(b);
	}
}

/* As fast as possible, what finds no room waits: every flow gets its turn. */
static void
full_link(void **state)
{
	struct bench *b = bench_open("64", 32, PACE_MAX, 0);

	(void)state;
	b->link.room = 16;
	generator_start(b->generator, 0, 1);
	for (int i = 0; i < 100; i++) {
		generator_step(b->generator, 0);
		receive(b);
	}
	assert_int_equal(b->generator->counters.not_taken, 0);
	assert_int_equal(b->generator->counters.sent, 1600);
	for (uint32_t flow = 0; flow < 32; flow++)
		assert_in_range(b->generator->numbers[flow], 50, 51);
	bench_close(b);
}

/* What was under way when the other side went is counted so; what comes of it later is foreign. */
static void
disconnect(void **state)
{
	struct bench *b = bench_open("64", 4, PACE_MAX, 0);

	(void)state;
	send_n(b, 20);
	generator_pause(b->generator);
	collector_disconnect(b->collector);
	generator_next_session(b->generator);
	assert_int_equal(counts(b)->lost_at_disconnect, 20);
	assert_int_equal(collector_in_flight(b->collector), 0);
	receive(b);
	expect(b, 0, 0, 0, 0, 20);
	send_n(b, 30);
	receive(b);
	expect(b, 30, 0, 0, 0, 20);
	assert_int_equal(counts(b)->lost, 0);
	bench_close(b);
}

/* A guest that never gives anything back, for longer than the log of a capture. */
static void
black_hole(void **state)
{
	struct bench *b = bench_open("pcap:" CAPTURE, 1, PACE_MAX, 0);

	(void)state;
	for (unsigned int i = 0; i < 3 * GENERATOR_LOG_ENTRIES; i += LINK_FRAMES) {
		send_n(b, LINK_FRAMES);
		while (b->link.queues[0].n)
			lose(&b->link, 0, b->link.queues[0].n - 1);
	}
	send_n(b, 1);
	receive(b);
	assert_int_equal(counts(b)->received, 1);
	bench_close(b);
}

static struct peer_state
link_peer(void *arg)
{
	return ((struct link *)arg)->peer;
}

static void
loop_ends_and_closes(void **state)
{
	struct bench *b = bench_open("64", 16, PACE_MAX, 0);
	static atomic_bool stop;
	struct host_loop loop = {.io = &b->link.io,
				 .generator = b->generator,
				 .collector = b->collector,
				 .peer = link_peer,
				 .peer_arg = &b->link,
				 .n_queues_max = 2,
				 .stop = &stop};

	(void)state;
	b->generator->options.count = 100000;
	b->link.peer = (struct peer_state){.n_queues = 3, .sessions = 1};
	host_loop_run(&loop);
	expect(b, 100000, 0, 0, 0, 0);
	assert_int_equal(b->generator->n_queues, 2);
	assert_true(loop.ever_sent);
	assert_true(loop.counters.busy_cycles > 0);
	assert_int_equal(loop.counters.sessions, 1);
	bench_close(b);
	/* Nobody comes. */
	b = bench_open("64", 16, PACE_MAX, 0);
	stop = true;
	loop = (struct host_loop){.io = &b->link.io,
				  .generator = b->generator,
				  .collector = b->collector,
				  .peer = link_peer,
				  .peer_arg = &b->link,
				  .n_queues_max = 2,
				  .stop = &stop};
	host_loop_run(&loop);
	assert_false(loop.ever_sent);
	bench_close(b);
}

static void
refusals(void **state)
{
	static const struct {
		const char *traffic;
		enum pace_kind pace;
		const char *says;
	} cases[] = {
		{"59", PACE_MAX, "found '59', allowed: a frame size of 60 to 9000 B"},
		{"9001", PACE_MAX, "9001"},
		{"64x", PACE_MAX, "64x"},
		{"", PACE_MAX, "imix"},
		{"-1", PACE_MAX, "-1"},
		{"99999999999999999999", PACE_MAX, "9999"},
		{"64", PACE_TIMES, "no timing of its own"},
		{"pcap:/nowhere", PACE_MAX, "/nowhere"},
		{"pcap:/dev/zero", PACE_MAX, "no regular file"},
		{"pcap:" TEST_SOURCE_DIR "/README.md", PACE_MAX, "README.md"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct generator_options options = {.traffic = cases[i].traffic,
							  .flows = 1,
							  .pace = cases[i].pace,
							  .clock_hz = HZ};
		const struct frame_io io = {.pool = pool, .n_queues = 1};
		struct generator *generator;
		char why[512];

		assert_true(generator_open(&options, &io, &generator, why, sizeof(why)) < 0);
		assert_non_null(strstr(why, cases[i].says));
	}
}

static int
start(void **state)
{
	if (harness_start(state))
		return -1;
	pool = rte_pktmbuf_pool_create("link", 32767, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_back),
		cmocka_unit_test(loss),
		cmocka_unit_test(reordering_and_duplicates),
		cmocka_unit_test(capture_out_of_order),
		cmocka_unit_test(corruption),
		cmocka_unit_test(truncation),
		cmocka_unit_test(foreign),
		cmocka_unit_test(not_taken),
		cmocka_unit_test(late),
		cmocka_unit_test(latencies),
		cmocka_unit_test(latencies_without_room),
		cmocka_unit_test(full_link),
		cmocka_unit_test(disconnect),
		cmocka_unit_test(black_hole),
		cmocka_unit_test(loop_ends_and_closes),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, start, harness_stop);
}
