/* SPDX-License-Identifier: BSD-3-Clause */
/* Latencies of frames that are due at a time: whatever holds the sender up, they have waited. */
#include "loopback.h"

#include "datapath/host/latency.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(latencies),
		cmocka_unit_test(latencies_without_room),
	};

	return cmocka_run_group_tests(tests, loopback_start, harness_stop);
}
