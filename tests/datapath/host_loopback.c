/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generator and collector across a link of the test's own, which loses, swaps,
 * repeats and damages frames as it is told: what is counted is what was done.
 */
#include "loopback.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf.h>

#include "datapath/host/host_loop.h"

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
			struct rte_mbuf *head = rte_pktmbuf_alloc(loopback_pool);

			for (uint32_t left = length; left;) {
				uint16_t part = (uint16_t)RTE_MIN(left, 2000u);
				struct rte_mbuf *segment = rte_pktmbuf_alloc(loopback_pool);

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
		const struct frame_io io = {.pool = loopback_pool, .n_queues = 1};
		struct generator *generator;
		char why[512];

		assert_true(generator_open(&options, &io, &generator, why, sizeof(why)) < 0);
		assert_non_null(strstr(why, cases[i].says));
	}
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
		cmocka_unit_test(full_link),
		cmocka_unit_test(disconnect),
		cmocka_unit_test(black_hole),
		cmocka_unit_test(loop_ends_and_closes),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, loopback_start, harness_stop);
}
