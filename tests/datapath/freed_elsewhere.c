/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An application that receives on one core and frees on others: what they free must
 * come back to the port, however little each of them frees.
 */
#include "harness.h"

#include <pthread.h>
#include <stdbool.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "datapath/guest/port.h"
#include "datapath/host/backend.h"
#include "datapath/host/traffic.h"
#include "datapath/lane.h"

#define BURST 32
#define BURSTS 60

struct handed {
	struct rte_mbuf *bufs[BURST];
	uint16_t n;
	bool same_core; /* as the burst before */
};

/* One core's part; DPDK knows it as a core of its own. */
static void *
free_on_its_core(void *arg)
{
	struct handed *handed = arg;

	assert_int_equal(rte_thread_register(), 0);
	rte_pktmbuf_free_bulk(handed->bufs, handed->n);
	if (handed->same_core)
		rte_thread_unregister();
	return NULL;
}

/*
 * Each burst is freed on another core, which never comes back; or on the same one, where
 * frames lie in a pool with caches per core, as an application's own pool has.
 */
static void
frames_go_on(const char *mode)
{
	struct datapath_config config = harness_config(mode ? harness_bit("bounce_copy") : 0);
	struct lockstep *bench = harness_bench();
	struct traffic traffic;
	char why[256];

	if (mode)
		harness_set(&config, "bounce_copy", "mode", mode);
	config.ring_size = 64;
	struct lane *lane = harness_lane(bench, &config);
	struct port *port = lane_port(lane, 0);

	assert_int_equal(traffic_open("512", 1, &traffic, why, sizeof(why)), 0);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	assert_int_equal(port_attach(port), 0);
	assert_int_equal(port_rx_burst(port, NULL, 0), 0);
	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		struct handed handed = {.same_core = mode != NULL};
		pthread_t thread;

		assert_int_equal(backend_send(lane->device->backend, 0, sink_next(&bench->sink),
					      BURST),
				 BURST);
		handed.n = port_rx_burst(port, handed.bufs, BURST);
		assert_int_equal(handed.n, BURST);
		assert_int_equal(pthread_create(&thread, NULL, free_on_its_core, &handed), 0);
		pthread_join(thread, NULL);
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

static void
without_a_copy(void **state)
{
	(void)state;
	frames_go_on(NULL);
}

static void
headers_copied(void **state)
{
	(void)state;
	frames_go_on("header");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_copy),
		cmocka_unit_test(headers_copied),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
