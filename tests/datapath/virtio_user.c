/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The peer, DPDK's virtio-user, in the harness: what goes in comes out, beside
 * FOLIO's own devices, and nothing of it is left behind.
 */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_devargs.h>
#include <rte_ethdev.h>

#include "base/fidelity.h"
#include "datapath/eal.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/virtqueue.h"
#include "datapath/huge_pages.h"
#include "datapath/host/traffic.h"
#include "datapath/sources/source.h"

static struct datapath_config
peer(uint32_t format, uint32_t queues, uint32_t ring_size)
{
	struct datapath_config config = harness_config(0);

	config.device = DEVICE_VIRTIO_USER;
	config.format = format;
	config.queues = queues;
	config.ring_size = ring_size;
	return config;
}

static struct lockstep *
bench_with(const char *frames, struct traffic *traffic)
{
	struct lockstep *bench = harness_bench();
	char why[256];

	assert_int_equal(traffic_open(frames, 1, traffic, why, sizeof(why)), 0);
	assert_int_equal(lockstep_set_traffic(bench, traffic), 0);
	return bench;
}

static void
run(struct lane *lane)
{
	struct slice slice = harness_slice(lane, 1000000);

	assert_true(slice.packets_out >= 64);
	assert_int_equal(slice.packets_in, slice.packets_out);
	assert_int_equal(slice.packets_dropped, 0);
}

/* Sockets that are left in the folder. */
static unsigned int
sockets(void)
{
	DIR *folder = opendir(harness_socket_dir);
	unsigned int n = 0;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		n += entry->d_type == DT_SOCK;
	closedir(folder);
	return n;
}

static void
every_ring(void **state)
{
	static const uint32_t queues[] = {1, 5}, rings[] = {64, 1024}, bursts[] = {32, 7};
	struct traffic traffic;

	(void)state;
	for (uint32_t format = 0; virtqueue_formats[format]; format++) {
		for (unsigned int i = 0; i < 2; i++) {
			struct lockstep *bench = bench_with("imix", &traffic);
			struct datapath_config config = peer(format, queues[i], rings[i]);

			config.burst = bursts[i];
			struct lane *lane = harness_lane(bench, &config);

			for (int turn = 0; turn < 4; turn++)
				run(lane);
			lockstep_close(bench);
			traffic_close(&traffic);
			assert_int_equal(rte_eth_dev_count_total(), 0);
			assert_int_equal(sockets(), 0);
		}
	}
}

/* Its default path, and whatever else its arguments choose. */
static void
other_paths(void **state)
{
	static const char *const devargs[] = {"mrg_rxbuf=0", "mrg_rxbuf=0,in_order=0",
					      "mrg_rxbuf=1"};
	struct traffic traffic;
	struct lockstep *bench = bench_with("imix", &traffic);
	struct lane *lanes[6];
	unsigned int n = 0;

	(void)state;
	for (uint32_t format = 0; virtqueue_formats[format]; format++) {
		for (unsigned int i = 0; i < 3; i++) {
			struct datapath_config config = peer(format, 1, 256);

			strcpy(config.devargs, devargs[i]);
			lanes[n] = harness_lane(bench, &config);
			run(lanes[n]);
			assert_false(n && lane_same_device(lanes[n - 1], lanes[n]));
			n++;
		}
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

/* A backend that asks for kicks gets them: nothing else changes. */
static void
kicks(void **state)
{
	struct traffic traffic;
	struct lockstep *bench = bench_with("imix", &traffic);

	(void)state;
	for (uint32_t format = 0; virtqueue_formats[format]; format++) {
		struct datapath_config config = peer(format, 2, 256);

		config.notify = NOTIFY_KICK;
		run(harness_lane(bench, &config));
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

/* Lanes of both kinds, each peer on a device of its own or on a shared one, take turns. */
static void
turns(void **state)
{
	struct traffic traffic;
	struct lockstep *bench = bench_with("1500", &traffic);
	struct datapath_config ideal = harness_config(0), other = peer(0, 1, 256);
	struct datapath_config folio = harness_config(harness_bit("bounce_copy"));
	struct lane *lanes[] = {harness_lane(bench, &ideal), harness_lane(bench, &other),
				harness_lane(bench, &folio), harness_lane(bench, &other), NULL};

	(void)state;
	assert_int_equal(lockstep_add(bench, &other, "vhost-user", true, &lanes[4]), 0);
	assert_true(lane_same_device(lanes[1], lanes[3]));
	assert_false(lane_same_device(lanes[1], lanes[4]));
	assert_false(lane_same_device(lanes[0], lanes[1]));
	for (unsigned int turn = 0; turn < 40; turn++)
		run(lanes[turn * 3 % 5]);
	lockstep_close(bench);
	traffic_close(&traffic);
}

/* Where there is no FOLIO layer, no source acts. */
static void
sources_are_refused(void **state)
{
	struct lockstep *bench = harness_bench();
	struct lane *lane;

	(void)state;
	for (unsigned int i = 0; sources[i]; i++) {
		struct datapath_config config = harness_config(1u << i);
		unsigned int source;

		config.device = DEVICE_VIRTIO_USER;
		assert_non_null(
			strstr(datapath_config_conflict(&config, &source), "no FOLIO layer"));
		assert_int_equal(source, i);
		assert_int_equal(lockstep_add(bench, &config, "vhost-user", false, &lane),
				 -ENOTSUP);
	}
	lockstep_close(bench);
	assert_int_equal(sockets(), 0);
}

static void
bad_arguments(void **state)
{
	struct lockstep *bench = harness_bench();
	struct datapath_config config = peer(0, 1, 256);
	struct lane *lane;

	(void)state;
	strcpy(config.devargs, "no_such_argument=1");
	assert_true(lockstep_add(bench, &config, "vhost-user", false, &lane) < 0);
	assert_int_equal(rte_eth_dev_count_total(), 0);
	assert_int_equal(sockets(), 0);
	lockstep_close(bench);
}

static void
fidelity(void **state)
{
	struct datapath_config config = peer(0, 1, 256);

	(void)state;
	assert_int_equal(datapath_config_fidelity(&config), FIDELITY_REAL);
	struct memory_need need = {0};

	guest_add_need(&config, 0, &need);
	assert_int_equal(need.shared_bytes, 0);
	assert_true(need.heap_plain_bytes > 0);
}

static int
start(void **state)
{
	struct datapath_config config;

	datapath_config_init(&config);
	config.device = DEVICE_VIRTIO_USER;
	datapath_expect(&config);
	return harness_start(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ring),
		cmocka_unit_test(other_paths),
		cmocka_unit_test(kicks),
		cmocka_unit_test(turns),
		cmocka_unit_test(sources_are_refused),
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(fidelity),
	};

	return cmocka_run_group_tests(tests, start, harness_stop);
}
