/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's process of the two-process topology: one thread that sends, receives and
 * checks on all queue pairs. Metered is what rte_vhost does for a packet; making and
 * checking frames is not in it.
 */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/log.h"
#include "datapath/burst_meter.h"
#include "datapath/eal.h"
#include "datapath/host/backend.h"
#include "datapath/host/collector.h"
#include "datapath/host/generator.h"
#include "datapath/lane_io.h"
#include "datapath/two_process.h"

#define CONNECT_TIMEOUT_MS 20000

/* Enough for caches, clock and both rings; what came before is of the slice, but not metered. */
#define WARM_UP_NS 1000000u

/*
 * Traffic at a rate goes on for so long after what is metered, so that its last frames
 * come back as the others did and not past the filler that drains the device.
 */
#define TAIL_NS 1000000u

/* How long the guest may take to use up what was posted, and what it sent may be under way. */
#define DRAIN_NS 3000000000u

/* A softirq that was put off has its turn when ksoftirqd has, after a time slice at most. */
#define SOFTIRQ_NS 10000000u

/* So many that each of eight queue pairs gets its share. */
#define FLOWS 256u

/* A pool of 8,191 mbufs, and rte_vhost's own. */
#define HEAP_BYTES (48u << 20)

/* A traffic's frames, and what came back of them. */
struct stream {
	struct generator *generator;
	struct collector *collector;
	uint16_t filler_bytes; /* of a frame that cannot be taken for one of these */
};

struct host_side {
	struct host_side_options options;
	struct lane_io io;
	double round_trips[ROUND_TRIPS];
	uint64_t longest_turn_cycles, last_turn; /* of the last run_phase(); when it began */
	struct latency_window window;
	struct stream streams[]; /* options.n_traffics */
};

size_t
host_side_heap_bytes(void)
{
	return HEAP_BYTES;
}

/* A length that no frame of a capture has; generated frames are known by their marks. */
static uint16_t
filler_length(const struct generator *generator)
{
	const struct traffic *capture = &generator->capture;
	uint16_t length_bytes = RTE_ETHER_MIN_LEN;

	for (uint32_t i = 0; generator->is_capture && i < capture->n; i++) {
		if (capture->frames[i].length_bytes != length_bytes)
			continue;
		length_bytes++;
		i = UINT32_MAX; /* begins again at 0 */
	}
	return length_bytes;
}

static int
open_stream(struct host_side *side, uint32_t index)
{
	const struct generator_options options = {
		.traffic = side->options.traffics[index],
		.flows = FLOWS,
		.pace = PACE_MAX,
		.seed = side->options.seed,
		.clock_hz = clock_tsc_hz(),
	};
	struct stream *stream = &side->streams[index];
	char why[512];
	int error = generator_open(&options, &side->io.plain, &stream->generator, why, sizeof(why));

	if (error)
		log_error("%s", why);
	else
		error = generator_keep_times(stream->generator, &side->window);
	if (!error)
		error = collector_open(stream->generator, &stream->collector);
	if (!error)
		stream->filler_bytes = filler_length(stream->generator);
	return error;
}

int
host_side_open(const struct host_side_options *options, struct host_side **out)
{
	struct host_side *side =
		calloc(1, sizeof(*side) + options->n_traffics * sizeof(side->streams[0]));
	int error;

	if (!side)
		return -ENOMEM;
	side->options = *options;
	*out = side;
	datapath_set_memory(host_side_heap_bytes(), options->common.huge_pages);
	error = datapath_start(options->cpu, options->common.runtime_dir, 0);
	if (!error)
		error = lane_io_open(&side->io, options);
	for (uint32_t i = 0; !error && i < options->n_traffics; i++)
		error = open_stream(side, i);
	if (!error)
		error = backend_wait_ready(side->io.backend, CONNECT_TIMEOUT_MS);
	if (!error)
		backend_prefault(side->io.backend);
	return error;
}

/* Returns the median. */
static double
take_round_trips(struct host_side *side)
{
	struct slice_signals *signals = side->options.common.signals;

	for (unsigned int i = 1; i <= ROUND_TRIPS; i++) {
		uint64_t start = clock_tsc();

		atomic_store_explicit(&signals->ping, i, memory_order_release);
		while (atomic_load_explicit(&signals->pong, memory_order_acquire) != i)
			;
		side->round_trips[i - 1] = (double)(clock_tsc() - start);
	}
	qsort(side->round_trips, ROUND_TRIPS, sizeof(side->round_trips[0]), compare_doubles);
	return side->round_trips[ROUND_TRIPS / 2];
}

static void
receive_all(struct host_side *side, struct stream *stream)
{
	const struct frame_io *io = &side->io.plain;
	struct rte_mbuf *bufs[FRAME_IO_BURST_MAX];

	for (unsigned int q = 0; q < side->options.n_queues; q++) {
		uint16_t n = io->receive(io->arg, q, bufs, FRAME_IO_BURST_MAX);

		if (n)
			collector_take(stream->collector, q, bufs, n, clock_tsc());
	}
}

/* Sends and receives for so long. Returns for how long it was. */
static uint64_t
run_phase(struct host_side *side, struct stream *stream, uint64_t duration_cycles)
{
	uint64_t start = clock_tsc(), now = start, longest = 0;

	while (now - start < duration_cycles) {
		uint64_t turn_start = now;

		receive_all(side, stream);
		generator_step(stream->generator, clock_tsc());
		now = clock_tsc();
		longest = RTE_MAX(longest, now - turn_start);
		side->last_turn = turn_start;
	}
	side->longest_turn_cycles = longest;
	return now - start;
}

static uint64_t
cycles_of_ns(uint64_t ns)
{
	return (uint64_t)((double)ns * (double)clock_tsc_hz() / 1e9);
}

/* Frames that are nobody's: what of them comes back is foreign to the collector. */
static uint64_t
send_filler(struct host_side *side, uint16_t length_bytes)
{
	struct rte_mbuf *bufs[FRAME_IO_BURST_MAX];
	uint64_t sent = 0;

	for (unsigned int q = 0; q < side->options.n_queues; q++) {
		uint16_t n = 0;

		if (rte_pktmbuf_alloc_bulk(side->io.metered.pool, bufs, FRAME_IO_BURST_MAX))
			continue;
		for (unsigned int i = 0; i < FRAME_IO_BURST_MAX; i++)
			memset(rte_pktmbuf_append(bufs[i], length_bytes), 0, length_bytes);
		n = side->io.metered.send(side->io.metered.arg, q, bufs, FRAME_IO_BURST_MAX);
		rte_pktmbuf_free_bulk(bufs + n, FRAME_IO_BURST_MAX - n);
		sent += n;
	}
	return sent;
}

static int
stalled(const struct host_side *side)
{
	if (!backend_ready(side->io.backend)) {
		log_error("the guest went away while packets flowed");
		return -EPIPE;
	}
	log_error("packets no longer flow: the guest does not use up what it has posted");
	return -ETIMEDOUT;
}

/* Frames whose softirq runs late come after all; those that a bridge does not carry never do. */
static void
await_softirqs(struct host_side *side, struct stream *stream)
{
	uint64_t until = clock_tsc() + cycles_of_ns(SOFTIRQ_NS);

	while (host_path_io_in_kernel(&side->io.through_kernel) && clock_tsc() < until) {
		sched_yield();
		host_path_io_push(&side->io.through_kernel);
		receive_all(side, stream);
	}
}

/*
 * The host's kernel hands on all that it holds; a guest that has run out of buffers
 * meanwhile, and posts no more, leaves frames there, which are dropped. What comes then,
 * filler that a bridge would not carry and what the guest sends back, goes straight.
 */
static int
leave_host_kernel(struct host_side *side, struct stream *stream, uint64_t until)
{
	const struct slice_signals *signals = side->options.common.signals;

	if (side->io.carrier == &side->io.straight.io)
		return 0;
	while (!host_path_io_push(&side->io.through_kernel) &&
	       !atomic_load_explicit(&signals->drained, memory_order_acquire)) {
		receive_all(side, stream);
		if (clock_tsc() > until)
			return stalled(side);
	}
	await_softirqs(side, stream);
	host_path_io_discard(&side->io.through_kernel);
	lane_io_leave_kernel(&side->io);
	return 0;
}

static int
await_settled(struct host_side *side, struct stream *stream, uint64_t until)
{
	const struct slice_signals *signals = side->options.common.signals;

	if (side->options.configs[side->io.lane].esp.crypto != ESP_CRYPTO_INLINE)
		return 0;
	while (!atomic_load_explicit(&signals->settled, memory_order_acquire)) {
		receive_all(side, stream);
		if (clock_tsc() > until)
			return stalled(side);
	}
	return 0;
}

/* Posted buffers are used up until the guest has none left; what it sent has then been taken. */
static int
drain(struct host_side *side, struct stream *stream, struct host_slice *slice)
{
	const struct slice_signals *signals = side->options.common.signals;
	uint64_t until = clock_tsc() + cycles_of_ns(DRAIN_NS);

	generator_pause(stream->generator);
	if (leave_host_kernel(side, stream, until) || await_settled(side, stream, until))
		return -ETIMEDOUT;
	while (!atomic_load_explicit(&signals->drained, memory_order_acquire)) {
		slice->filler += send_filler(side, stream->filler_bytes);
		receive_all(side, stream);
		if (clock_tsc() > until)
			return stalled(side);
	}
	return 0;
}

static int
check_esp(const struct host_side *side, uint64_t failed_before)
{
	uint64_t failed = lane_io_esp_failed(&side->io) - failed_before;

	if (!failed)
		return 0;
	log_error("frames came back wrong: %llu in ESP that does not open",
		  (unsigned long long)failed);
	return -EBADMSG;
}

static int
check(const struct collector_counters *before, const struct collector_counters *after)
{
	uint64_t corrupted = after->corrupted - before->corrupted;
	uint64_t repeated = after->duplicated + after->stale - before->duplicated - before->stale;
	uint64_t reordered = after->reordered - before->reordered;

	if (!corrupted && !repeated && !reordered)
		return 0;
	log_error("frames came back wrong: %llu damaged, %llu twice, %llu out of order",
		  (unsigned long long)corrupted, (unsigned long long)repeated,
		  (unsigned long long)reordered);
	return -EBADMSG;
}

/* From now on latencies count of what is due in the next duration_cycles. */
static void
open_window(struct latency_window *window, uint64_t duration_cycles)
{
	window->from_cycles = clock_tsc();
	window->until_cycles = window->from_cycles + duration_cycles;
	window->ns_per_cycle = 1e9 / (double)clock_tsc_hz();
}

static void
close_window(struct latency_window *window)
{
	window->from_cycles = window->until_cycles = 0;
	latencies_init(&window->latencies);
}

static void
meter(struct host_side *side, struct stream *stream, uint64_t duration_ns, struct host_slice *slice)
{
	burst_meter_reset(&side->io.sent);
	burst_meter_reset(&side->io.received);
	open_window(&side->window, cycles_of_ns(duration_ns));
	uint64_t cycles = run_phase(side, stream, cycles_of_ns(duration_ns));

	slice->packets_per_second =
		(double)side->io.received.packets * (double)clock_tsc_hz() / (double)cycles;
	slice->cycles_per_packet = burst_meter_middle_half(&side->io.sent) +
				   burst_meter_middle_half(&side->io.received);
	slice->longest_turn_ns =
		(uint64_t)((double)side->longest_turn_cycles * side->window.ns_per_cycle);
}

/*
 * What only traffic at a rate has: frames that should have gone, and a tail. Where
 * the core was taken away over the end, the time until then counts.
 */
static void
end_rate(struct host_side *side, struct stream *stream, struct host_slice *slice)
{
	slice->unsent =
		generator_backlog(stream->generator, side->last_turn, cycles_of_ns(LATE_NS));
	run_phase(side, stream, cycles_of_ns(TAIL_NS));
}

int
host_side_slice(struct host_side *side, const struct host_turn *turn, struct host_slice *slice)
{
	struct slice_signals *signals = side->options.common.signals;
	struct stream *stream = &side->streams[turn->traffic];
	const struct generator_counters sent_before = stream->generator->counters;
	const struct collector_counters before = *collector_counts(stream->collector);
	const uint64_t path_dropped = host_path_io_dropped(&side->io.through_kernel);
	uint64_t failed_before;
	int error;

	*slice = (struct host_slice){.round_trip_cycles = take_round_trips(side)};
	lane_io_begin(&side->io, turn->lane, turn->through_host_kernel);
	failed_before = lane_io_esp_failed(&side->io);
	close_window(&side->window);
	generator_set_rate(stream->generator, turn->rate_pps);
	collector_follow_times(stream->collector);
	generator_start(stream->generator, clock_tsc(), side->options.n_queues);
	run_phase(side, stream, cycles_of_ns(WARM_UP_NS));
	atomic_store_explicit(&signals->phase, PHASE_METERED, memory_order_release);
	meter(side, stream, turn->duration_ns, slice);
	if (turn->rate_pps)
		end_rate(side, stream, slice);
	atomic_store_explicit(&signals->phase, PHASE_DRAINING, memory_order_release);
	error = drain(side, stream, slice);
	slice->latencies = side->window.latencies;
	collector_finish(stream->collector);
	slice->sent = stream->generator->counters.sent - sent_before.sent;
	slice->not_taken = stream->generator->counters.not_taken - sent_before.not_taken;
	slice->path_dropped = host_path_io_dropped(&side->io.through_kernel) - path_dropped;
	slice->returned = side->io.n_received;
	slice->lost = collector_counts(stream->collector)->lost - before.lost;
	if (!error)
		error = check_esp(side, failed_before);
	return error ? error : check(&before, collector_counts(stream->collector));
}
