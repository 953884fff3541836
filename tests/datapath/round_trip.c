/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goes in comes out: once, in order, bit for bit, whatever is switched on,
 * against the stock backend. The bench compares every frame that comes back.
 */
#include "harness.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.h"
#include "datapath/guest/port.h"
#include "datapath/guest/virtqueue.h"
#include "datapath/host/backend.h"
#include "datapath/host/traffic.h"
#include "datapath/lane.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/workload.h"

#define PACKED 1 /* in virtqueue_formats[] */
#define SIZES (FRAME_BYTES_MAX - FIXED_BYTES_MIN + 1)

/* One frame of each size from 60 to 1514 B, at random, of random bytes. */
static void
every_size(struct traffic *traffic)
{
	struct random_state random = {7};

	*traffic = (struct traffic){.label = "every size", .n = SIZES};
	traffic->frames = calloc(SIZES, sizeof(*traffic->frames));
	traffic->storage = calloc(SIZES, FRAME_BYTES_MAX);
	assert_non_null(traffic->frames);
	assert_non_null(traffic->storage);
	for (uint32_t i = 0; i < SIZES; i++) {
		uint8_t *bytes = traffic->storage + (size_t)i * FRAME_BYTES_MAX;

		for (uint32_t k = 0; k < FRAME_BYTES_MAX; k++)
			bytes[k] = (uint8_t)random_next(&random);
		traffic->frames[i] = (struct frame){bytes, (uint16_t)(FIXED_BYTES_MIN + i)};
	}
	random_shuffle(&random, traffic->frames, SIZES, sizeof(traffic->frames[0]));
}

/* Until every frame has gone at least once; a slice may move only a few bursts. */
static void
run_all_frames(struct lane *lane, const struct traffic *traffic)
{
	uint64_t moved = 0;

	while (moved < traffic->n) {
		struct slice slice = harness_slice(lane, 2000000);

		assert_int_equal(slice.packets_in, slice.packets_out);
		assert_int_equal(slice.packets_dropped, 0);
		moved += slice.packets_out;
	}
}

/* Where it is allowed. */
static void
run_in_both_formats(struct lockstep *bench, struct datapath_config *config,
		    const struct traffic *traffic)
{
	for (config->format = 0; virtqueue_formats[config->format]; config->format++)
		if (harness_allowed(config))
			run_all_frames(harness_lane(bench, config), traffic);
}

static void
every_combination(void **state)
{
	struct lockstep *bench = harness_bench();
	struct traffic traffic;

	(void)state;
	every_size(&traffic);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int i = 0; i < harness_sets(); i++) {
		struct datapath_config config = harness_config(harness_set_of(i));

		run_in_both_formats(bench, &config, &traffic);
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

/* Ways to run the rings other than the plain one. */
static const struct {
	bool mergeable, event_idx;
	uint32_t notify;
} ring_kinds[] = {
	{false, true, 0},
	{false, true, NOTIFY_KICK | NOTIFY_CALL},
	{false, false, NOTIFY_KICK | NOTIFY_CALL},
	{true, false, 0},
	{true, true, NOTIFY_KICK},
};

#define RING_KINDS (sizeof(ring_kinds) / sizeof(ring_kinds[0]))

static void
set_ring_kind(struct datapath_config *config, size_t kind)
{
	config->mergeable = ring_kinds[kind].mergeable;
	config->event_idx = ring_kinds[kind].event_idx;
	config->notify = ring_kinds[kind].notify;
}

/* Every fifth combination of sources, others with each kind. */
static void
ring_kinds_and_sources(void **state)
{
	struct traffic traffic;

	(void)state;
	every_size(&traffic);
	for (size_t kind = 0; kind < RING_KINDS; kind++) {
		struct lockstep *bench = harness_bench();

		assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
		for (unsigned int i = (unsigned int)kind; i < harness_sets(); i += 5) {
			struct datapath_config config = harness_config(harness_set_of(i));

			set_ring_kind(&config, kind);
			run_in_both_formats(bench, &config, &traffic);
		}
		lockstep_close(bench);
	}
	traffic_close(&traffic);
}

/* Whichever sources there are that mode header allows. */
static void
header_mode(void **state)
{
	struct lockstep *bench = harness_bench();
	struct traffic traffic;

	(void)state;
	every_size(&traffic);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int with_vc = 0; with_vc < 2; with_vc++) {
		struct datapath_config config = harness_config(harness_bit("bounce_copy") |
							       (with_vc ? harness_bit("vc") : 0));

		harness_set(&config, "bounce_copy", "mode", "header");
		for (config.format = 0; virtqueue_formats[config.format]; config.format++)
			run_all_frames(harness_lane(bench, &config), &traffic);
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

/* What the stock backend cannot do without losing frames is refused, with the reason. */
static void
packed_translation_is_refused(void **state)
{
	struct lockstep *bench = harness_bench();
	struct datapath_config config = harness_config(harness_bit("iotlb"));
	struct lane *lane;

	(void)state;
	config.format = PACKED;
	assert_int_equal(lockstep_add(bench, &config, "vhost-user", false, &lane), -ENOTSUP);
	lockstep_close(bench);
}

/* Lanes that take turns on one device must leave it as they found it. */
static void
turns(void **state)
{
	struct lockstep *bench = harness_bench();
	struct lane *lanes[8];
	struct traffic traffic;

	(void)state;
	every_size(&traffic);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int i = 0; i < 8; i++) {
		struct datapath_config config = harness_config(i);

		lanes[i] = harness_lane(bench, &config);
		assert_true(lane_same_device(lanes[0], lanes[i]));
	}
	for (unsigned int turn = 0; turn < 64; turn++)
		harness_slice(lanes[turn * 5 % 8], 200000);
	lockstep_close(bench);
	traffic_close(&traffic);
}

static void
ring_and_burst_sizes(void **state)
{
	static const uint32_t rings[] = {64, 1024, 4096}, bursts[] = {1, 7, 32};
	struct lockstep *bench = harness_bench();
	struct traffic traffic;

	(void)state;
	every_size(&traffic);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int r = 0; r < 3; r++) {
		for (unsigned int b = 0; b < 3; b++) {
			struct datapath_config config = harness_config(harness_bit("bounce_copy"));

			config.ring_size = rings[r];
			config.burst = bursts[b];
			for (config.format = 0; virtqueue_formats[config.format]; config.format++)
				run_all_frames(harness_lane(bench, &config), &traffic);
		}
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

/* Bursts go round the queue pairs, each with its own rings, pools and bounce area. */
static void
queue_pairs(void **state)
{
	static const uint32_t queues[] = {2, 3, QUEUES_MAX};
	struct lockstep *bench = harness_bench();
	struct traffic traffic;

	(void)state;
	every_size(&traffic);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int i = 0; i < 3; i++) {
		for (unsigned int k = 0; k < harness_sets(); k += 5) {
			struct datapath_config config = harness_config(harness_set_of(k));

			config.queues = queues[i];
			if (harness_allowed(&config))
				run_all_frames(harness_lane(bench, &config), &traffic);
		}
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

/* A host that sends into a full ring, and takes nothing from a full ring. */
static void
fill_and_empty(uint32_t format)
{
	struct lockstep *bench = harness_bench();
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));

	config.format = format;
	struct lane *lane = harness_lane(bench, &config);
	struct port *port = lane_port(lane, 0);
	struct backend *backend = lane->device->backend;
	struct rte_mbuf *bufs[32];
	struct traffic traffic;
	unsigned int sent = 0, held = 0, back = 0;

	every_size(&traffic);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	assert_int_equal(port_attach(port), 0);
	assert_int_equal(port_rx_burst(port, bufs, 32), 0);
	for (uint16_t n = 1; n; sent += n) {
		n = backend_send(backend, 0, sink_next(&bench->sink), 32);
		sink_sent(&bench->sink, n);
	}
	assert_int_equal(sent, config.ring_size);
	/* The guest forwards all it has; the transmit ring holds a ring full, and no more. */
	for (uint16_t n = 1; n;) {
		n = port_rx_burst(port, bufs, 32);
		assert_int_equal(bench->workload->burst(NULL, bufs, n), n);
		assert_int_equal(port_tx_burst(port, bufs, n), n);
		held += n;
	}
	assert_int_equal(held, config.ring_size);
	assert_int_equal(port->lower->ops->tx_room(port->lower->device), 0);
	for (uint16_t n = 1; n; back += n) {
		n = backend_receive(backend, 0, bench->sink.pool, bufs, 32);
		assert_int_equal(sink_take(&bench->sink, bufs, n, 0), 0);
	}
	assert_int_equal(back, sent);
	assert_int_equal(port->lower->ops->tx_room(port->lower->device), config.ring_size);
	lockstep_close(bench);
	traffic_close(&traffic);
}

static void
full_and_empty_rings(void **state)
{
	(void)state;
	for (uint32_t format = 0; virtqueue_formats[format]; format++)
		fill_and_empty(format);
}

/* A burst of the sink's comes back without the frames of that set. */
static int
come_back_without(struct lockstep *bench, uint32_t lost)
{
	struct rte_mbuf **sent = sink_next(&bench->sink), *back[SINK_BURST_MAX];
	uint16_t n = 0;

	for (unsigned int i = 0; i < SINK_BURST_MAX; i++) {
		if (lost >> i & 1)
			continue;
		back[n] = rte_pktmbuf_copy(sent[i], bench->sink.pool, 0, UINT32_MAX);
		assert_non_null(back[n++]);
	}
	sink_sent(&bench->sink, SINK_BURST_MAX);
	if (n)
		assert_int_equal(bench->workload->burst(NULL, back, n), n);
	return sink_take(&bench->sink, back, n, SINK_BURST_MAX - n);
}

/* Wherever frames were lost, those that came are held against what they were. */
static void
frames_lost_anywhere(void **state)
{
	static const uint32_t lost[] = {0, 1, 1u << 31, 0x00060300, 0xffff0000, 0xffffffff, 0};
	struct lockstep *bench = harness_bench();
	struct traffic traffic;

	(void)state;
	every_size(&traffic);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		assert_int_equal(come_back_without(bench, lost[i]), 0);
	bench->sink.next_expected++;
	assert_int_equal(come_back_without(bench, 2), -EBADMSG);
	lockstep_close(bench);
	traffic_close(&traffic);
}

static void
backend_goes_away(void **state)
{
	struct lockstep *bench = harness_bench();
	struct datapath_config config = harness_config(0);
	struct lane *lane = harness_lane(bench, &config);
	struct slice slice = {.duration_ns = 200000, .warmup_bursts = 2};
	struct traffic traffic;
	char why[256];

	(void)state;
	assert_int_equal(traffic_open("64", 1, &traffic, why, sizeof(why)), 0);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	assert_int_equal(lane_slice(lane, &slice), 0);
	/* The guest's end of the connection is cut: to the backend, the guest has died. */
	shutdown(lane->device->guest.virtio_net->peer.fd, SHUT_RDWR);
	for (int i = 0; i < 5000 && backend_ready(lane->device->backend); i++)
		usleep(1000);
	assert_int_equal(lane_slice(lane, &slice), -EPIPE);
	lockstep_close(bench);
	traffic_close(&traffic);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination),
		cmocka_unit_test(packed_translation_is_refused),
		cmocka_unit_test(ring_kinds_and_sources),
		cmocka_unit_test(header_mode),
		cmocka_unit_test(turns),
		cmocka_unit_test(ring_and_burst_sizes),
		cmocka_unit_test(queue_pairs),
		cmocka_unit_test(full_and_empty_rings),
		cmocka_unit_test(frames_lost_anywhere),
		cmocka_unit_test(backend_goes_away),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
