/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest that really sleeps, on a thread of its own, against the stock backend: it is
 * woken for each frame, and no host can keep it asleep or from its work.
 */
#include "harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "base/clock.h"
#include "base/random.h"
#include "datapath/exits/exit.h"
#include "datapath/forward.h"
#include "datapath/guest/guest.h"
#include "datapath/host/backend.h"
#include "datapath/tally.h"
#include "datapath/workloads/workload.h"

#define WAIT_MS 5000
#define FRAME_BYTES 64
#define PING_PONGS 10000
#define DOORBELL_CYCLES 3000
/* A wake-up that was lost would be waited for so long. */
#define LONGEST_SLEEP "1 s"

struct world {
	struct datapath_config config;
	struct guest guest;
	struct port port;
	struct backend *backend;
	struct rte_mempool *pool;
	struct tally tally;
	struct tally_count counts[TALLY_COUNTS_MAX];
	uint32_t n_counts;
	pthread_t thread;
	atomic_bool stop;
};

static struct world world;
static cpu_set_t allowed; /* before DPDK starts */

/* DPDK keeps the main thread on one core; the guest gets another, if there is one. */
static void
leave_the_hosts_core(void)
{
	cpu_set_t hosts, others = allowed;

	pthread_getaffinity_np(pthread_self(), sizeof(hosts), &hosts);
	CPU_XOR(&others, &allowed, &hosts);
	if (CPU_COUNT(&others))
		pthread_setaffinity_np(pthread_self(), sizeof(others), &others);
}

static void *
serve(void *arg)
{
	struct workload_state state = {0};
	struct world *w = arg;
	const struct application application = {workload_find("macswap")->burst, &state};

	leave_the_hosts_core();
	rte_thread_register();
	while (!atomic_load(&w->stop))
		forward_burst(&w->port, &application, 32);
	rte_thread_unregister();
	return NULL;
}

static void
open_world(struct world *w, const char *longest_sleep)
{
	char path[128];
	const struct guest_options guest = {.config = &w->config, .path = path};
	const struct backend_options backend = {.path = path};
	const struct port_options port = {.guest = &w->guest, .config = &w->config};

	snprintf(path, sizeof(path), "%s/sleeper", harness_socket_dir);
	harness_set(&w->config, "interrupt", "timeout", longest_sleep);
	assert_int_equal(guest_open(&w->guest, &guest), 0);
	assert_int_equal(backend_open(&backend, &w->backend), 0);
	assert_int_equal(guest_connect(&w->guest, false, WAIT_MS), 0);
	assert_int_equal(backend_wait_ready(w->backend, WAIT_MS), 0);
	w->pool = rte_pktmbuf_pool_create("pings", 255, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	assert_non_null(w->pool);
	assert_int_equal(port_open(&w->port, &port), 0);
	assert_int_equal(port_attach(&w->port), 0);
	w->tally.n = 0;
	tally_add_ports(&w->tally, &w->port, 1);
	w->n_counts = tally_begin(&w->tally, w->counts);
	atomic_store(&w->stop, false);
	assert_int_equal(pthread_create(&w->thread, NULL, serve, w), 0);
}

static uint64_t
counted(const struct world *w, const char *name)
{
	for (uint32_t i = 0; i < w->n_counts; i++)
		if (!strcmp(w->counts[i].name, name))
			return w->counts[i].count;
	fail_msg("no counter %s", name);
	return 0;
}

static uint64_t
deadline_ns(void)
{
	return clock_monotonic_ns() + WAIT_MS * 1000000ull;
}

static void
ping(struct world *w)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(w->pool);
	uint64_t until_ns = deadline_ns();

	assert_non_null(frame);
	memset(rte_pktmbuf_append(frame, FRAME_BYTES), 0x5a, FRAME_BYTES);
	/* Before its first look the guest has posted nothing. */
	while (!backend_send(w->backend, 0, &frame, 1))
		assert_true(clock_monotonic_ns() < until_ns);
	rte_pktmbuf_free(frame);
}

static void
pong(struct world *w)
{
	uint64_t until_ns = deadline_ns();
	struct rte_mbuf *frame;

	while (!backend_receive(w->backend, 0, w->pool, &frame, 1))
		assert_true(clock_monotonic_ns() < until_ns);
	rte_pktmbuf_free(frame);
}

static void
ping_pong(struct world *w)
{
	ping(w);
	pong(w);
}

/*
 * The next ping comes while the guest, which has sent the pong, is on its way to sleep:
 * its doorbell takes as long as the pause may at the most.
 */
static void
pause_shortly(struct random_state *random)
{
	uint64_t until = clock_tsc() + random_below(random, 2 * DOORBELL_CYCLES);

	while (clock_tsc() < until)
		;
}

/* The guest ends its loop at the next frame. What it has counted is complete. */
static void
end_guest(struct world *w)
{
	atomic_store(&w->stop, true);
	eventfd_write(w->guest.virtio_net->queues[0].rx_call_fd, 1);
	pthread_join(w->thread, NULL);
	tally_end(&w->tally, w->counts);
}

static void
close_world(struct world *w)
{
	port_drain(&w->port);
	backend_close(w->backend);
	guest_disconnect(&w->guest);
	port_close(&w->port);
	guest_close(&w->guest);
	rte_mempool_free(w->pool);
}

/* Each sleep is one halt; each wake-up one interrupt, injected and acknowledged. */
static void
expect_closed(const struct world *w)
{
	assert_int_equal(counted(w, "interrupt.sleeps"),
			 counted(w, "interrupt.wakes") + counted(w, "interrupt.timeouts"));
	assert_int_equal(counted(w, "exits.idle"), counted(w, "interrupt.sleeps"));
	assert_int_equal(counted(w, "exits.interrupt"), counted(w, "interrupt.wakes"));
	assert_int_equal(counted(w, "exits.eoi"), counted(w, "interrupt.wakes"));
}

static struct datapath_config
sleeping_config(void)
{
	struct datapath_config config = harness_config(
		harness_bit("interrupt") | harness_bit("vc") | harness_bit("bounce_copy"));

	harness_set(&config, "vc", "at", "idle, interrupt, eoi, timestamp");
	return config;
}

static void
no_wake_up_is_lost(uint32_t format, bool event_idx)
{
	struct random_state random = {format + 1};
	struct world *w = &world;

	w->config = sleeping_config();
	w->config.format = format;
	w->config.event_idx = event_idx;
	harness_set(&w->config, "vc", "at", "doorbell, idle, interrupt, eoi, timestamp");
	harness_set(&w->config, "vc", "cost", "3000 cycles");
	open_world(w, LONGEST_SLEEP);
	for (unsigned int i = 0; i < PING_PONGS; i++) {
		ping_pong(w);
		pause_shortly(&random);
	}
	end_guest(w);
	expect_closed(w);
	assert_int_equal(counted(w, "interrupt.timeouts"), 0);
	assert_int_equal(counted(w, "exits.timestamp"), PING_PONGS);
	assert_in_range(counted(w, "interrupt.wakes"), 1, 2 * PING_PONGS);
	close_world(w);
}

static void
ping_pongs(void **state)
{
	(void)state;
	for (uint32_t format = 0; format < 2; format++) {
		no_wake_up_is_lost(format, false);
		no_wake_up_is_lost(format, true);
	}
}

/* A host that has the frames ready and does not call: each is late by a sleep, and no more. */
static void
never_called(void **state)
{
	struct world *w = &world;
	struct virtqueue *ring;

	(void)state;
	w->config = sleeping_config();
	open_world(w, "20 ms");
	ring = &w->guest.virtio_net->queues[0].rx;
	for (unsigned int i = 0; i < 20; i++) {
		/* Once the guest is asleep; the backend then finds that it is not asked. */
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		ring->format->ask_calls(ring, 0);
		ping_pong(w);
	}
	end_guest(w);
	expect_closed(w);
	assert_true(counted(w, "interrupt.timeouts") >= 10);
	close_world(w);
}

static atomic_bool storming;

static void *
storm(void *fd)
{
	leave_the_hosts_core();
	while (atomic_load(&storming))
		eventfd_write(*(int *)fd, 1);
	return NULL;
}

static void
called_in_a_storm(void **state)
{
	struct world *w = &world;
	pthread_t stormer;

	(void)state;
	w->config = sleeping_config();
	open_world(w, LONGEST_SLEEP);
	atomic_store(&storming, true);
	assert_int_equal(pthread_create(&stormer, NULL, storm,
					&w->guest.virtio_net->queues[0].rx_call_fd),
			 0);
	for (unsigned int i = 0; i < PING_PONGS / 10; i++)
		ping_pong(w);
	atomic_store(&storming, false);
	pthread_join(stormer, NULL);
	end_guest(w);
	expect_closed(w);
	assert_int_equal(counted(w, "exits.timestamp"), PING_PONGS / 10);
	close_world(w);
}

/* No wake-up sooner than the gap after the one before; what comes meanwhile is found then. */
static void
wakes_are_apart(void **state)
{
	struct world *w = &world;
	uint64_t start_ns;

	(void)state;
	w->config = sleeping_config();
	harness_set(&w->config, "interrupt", "gap", "2 ms");
	open_world(w, LONGEST_SLEEP);
	start_ns = clock_monotonic_ns();
	for (unsigned int i = 0; i < 100; i++)
		ping_pong(w);

	uint64_t took_ns = clock_monotonic_ns() - start_ns;

	end_guest(w);
	expect_closed(w);
	assert_true(counted(w, "interrupt.wakes") <= took_ns / 2000000 + 2);
	assert_true(counted(w, "interrupt.holds") > 0);
	close_world(w);
}

static void
conflicts(void **state)
{
	struct datapath_config config = sleeping_config();
	unsigned int source;

	(void)state;
	assert_null(datapath_config_conflict(&config, &source));
	config.queues = 2;
	assert_non_null(strstr(datapath_config_conflict(&config, &source), "queues: 1"));
	config.queues = 1;
	config.notify = NOTIFY_CALL;
	assert_non_null(strstr(datapath_config_conflict(&config, &source), "notify: none"));
	config.notify = NOTIFY_KICK;
	harness_set(&config, "interrupt", "frames", "8");
	assert_non_null(strstr(datapath_config_conflict(&config, &source), "event_idx: on"));
	config.event_idx = true;
	assert_null(datapath_config_conflict(&config, &source));
	config.ring_size = 64;
	harness_set(&config, "interrupt", "frames", "65");
	assert_non_null(strstr(datapath_config_conflict(&config, &source), "up to ring"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ping_pongs),        cmocka_unit_test(never_called),
		cmocka_unit_test(called_in_a_storm), cmocka_unit_test(wakes_are_apart),
		cmocka_unit_test(conflicts),
	};

	sched_getaffinity(0, sizeof(allowed), &allowed);
	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
