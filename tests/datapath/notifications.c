/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who notifies whom, and how often, against the stock backend: kicks of the guest
 * and calls of the host, with and without event indices.
 */
#include "harness.h"

#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>

#include "datapath/guest/virtqueue.h"
#include "datapath/host/traffic.h"
#include "datapath/lane.h"

/* Of both rings; a device calls once anyhow when it starts. */
static uint64_t
calls(const struct lane *lane)
{
	const struct virtio_net_queue *queue = &lane->device->guest.virtio_net->queues[0];
	uint64_t rx = 0, tx = 0;

	if (eventfd_read(queue->rx_call_fd, &rx))
		rx = 0;
	if (eventfd_read(queue->tx_call_fd, &tx))
		tx = 0;
	return rx + tx;
}

struct expected {
	bool event_idx;
	uint32_t notify;
	bool kicks, calls; /* one for each burst and ring; else at most a few */
};

/*
 * The backend asks for kicks once, when it starts, and never moves its event
 * index: with event indices it is kicked when the ring comes by there again, each
 * 65,536 buffers (split) or every other round of the ring (packed: 16 bursts). The
 * driver moves its own whenever it has taken buffers.
 */
static const struct expected table[] = {
	{false, 0, false, false},          {false, NOTIFY_KICK, true, false},
	{false, NOTIFY_CALL, false, true}, {false, NOTIFY_KICK | NOTIFY_CALL, true, true},
	{true, 0, false, false},           {true, NOTIFY_KICK, false, false},
	{true, NOTIFY_CALL, false, true},  {true, NOTIFY_KICK | NOTIFY_CALL, false, true},
};

static void
expect(struct lockstep *bench, const struct expected *expected, uint32_t format)
{
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));

	config.format = format;
	config.event_idx = expected->event_idx;
	config.notify = expected->notify;

	struct lane *lane = harness_lane(bench, &config);

	calls(lane);

	struct slice slice = harness_slice(lane, 1000000);
	uint64_t points = harness_counter(&slice, "device.notify_points");
	uint64_t kicks = harness_counter(&slice, "device.kicks"), called = calls(lane);

	/* A burst refills one ring and sends on the other. */
	assert_int_equal(points, 2 * slice.bursts);
	if (expected->kicks)
		assert_int_equal(kicks, points);
	else
		assert_in_range(kicks, 0, points / 16 + 2);
	if (expected->calls)
		assert_in_range(called, points, UINT64_MAX);
	else
		assert_in_range(called, 0, 4);
}

static void
notifications(void **state)
{
	struct traffic traffic;
	char why[256];

	(void)state;
	assert_int_equal(traffic_open("64", 1, &traffic, why, sizeof(why)), 0);
	for (uint32_t format = 0; virtqueue_formats[format]; format++) {
		struct lockstep *bench = harness_bench();

		assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			expect(bench, &table[i], format);
		lockstep_close(bench);
	}
	traffic_close(&traffic);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notifications),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
