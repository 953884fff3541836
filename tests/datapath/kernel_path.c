/* SPDX-License-Identifier: BSD-3-Clause */
/* Source kernel_path by itself: frames in, and what the guest's kernel and program make of them. */
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "base/clock.h"
#include "datapath/host/udp_frame.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/workload.h"
#include "harness.h"
#include "paths.h"

#define BURST 32u
#define POOL_MBUFS 255u
#define AWAY_MS 150

static struct rte_mempool *pool;

static int
start(void **state)
{
	if (harness_start(state))
		return -1;
	pool = rte_pktmbuf_pool_create("test", POOL_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static const struct source *
the_source(void)
{
	return sources[source_find("kernel_path")];
}

static void *
open_path(const char *server)
{
	const struct source_env env = {0};
	struct datapath_config config = harness_config(0);
	void *path;

	harness_set(&config, "kernel_path", "server", server);
	assert_int_equal(
		the_source()->open(&env, config.sources[source_find("kernel_path")].options, &path),
		0);
	return path;
}

static uint64_t
count_of(const void *path, const char *name)
{
	const struct counter *c = the_source()->counters;

	while (strcmp(c->name, name))
		c++;
	return *(const uint64_t *)(const void *)((const uint8_t *)path + c->offset);
}

/* A datagram of so many bytes that follow from seed, with a checksum. */
static struct rte_mbuf *
make_frame(uint16_t port, uint16_t payload_bytes, uint8_t seed)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint8_t *frame;

	assert_non_null(mbuf);
	frame = (uint8_t *)rte_pktmbuf_append(mbuf, udp_frame_bytes(payload_bytes));
	memset(frame, 0, mbuf->data_len);
	udp_headers_write((struct udp_headers *)frame, port, payload_bytes);
	for (uint16_t i = 0; i < payload_bytes; i++)
		frame[UDP_HEADERS_BYTES + i] = (uint8_t)(seed + i * 7);
	udp_headers_add_checksum((struct udp_headers *)frame);
	return mbuf;
}

static void
expect_answer(const struct rte_mbuf *mbuf, uint16_t port, uint16_t payload_bytes, uint8_t seed)
{
	struct udp_datagram datagram;

	assert_true(
		udp_frame_read(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, &datagram));
	assert_int_equal(mbuf->pkt_len, mbuf->data_len);
	assert_int_equal(datagram.client_port, port);
	assert_int_equal(datagram.payload_bytes, payload_bytes);
	for (uint16_t i = 0; i < payload_bytes; i++)
		assert_int_equal(datagram.payload[i], (uint8_t)(seed + i * 7));
}

/* Every length and burst comes back, bit for bit and in order, from many ports. */
static void
echo_with(const char *server)
{
	static const uint16_t lengths[] = {1, 17, 18, 100, 999, 1472};
	void *path = open_path(server);
	uint64_t frames = 0;

	for (unsigned int l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
		for (uint16_t n = 1; n <= BURST; n += 31) {
			struct rte_mbuf *bufs[BURST];

			for (uint16_t i = 0; i < n; i++)
				bufs[i] = make_frame(9000 + i, lengths[l], (uint8_t)(i + l));
			assert_int_equal(the_source()->application(path, bufs, n), n);
			for (uint16_t i = 0; i < n; i++)
				expect_answer(bufs[i], 9000 + i, lengths[l], (uint8_t)(i + l));
			rte_pktmbuf_free_bulk(bufs, n);
			frames += n;
		}
	}
	assert_int_equal(count_of(path, "frames_in"), frames);
	assert_int_equal(count_of(path, "frames_out"), frames);
	assert_int_equal(count_of(path, "unanswered"), 0);
	the_source()->close(path);
	assert_int_equal(rte_mempool_avail_count(pool), POOL_MBUFS);
}

static void
test_echo_sleeping(void **state)
{
	(void)state;
	echo_with("sleep");
}

static void
test_echo_polling(void **state)
{
	(void)state;
	echo_with("poll");
}

/* Frames that are nobody's, damaged, or for another port: dropped, counted, and no harm to others. */
static void
not_answered_with(const char *server)
{
	void *path = open_path(server);
	struct rte_mbuf *bufs[4];

	bufs[0] = make_frame(9000, 64, 1);
	memset(rte_pktmbuf_mtod(bufs[0], void *), 0, bufs[0]->data_len);
	bufs[1] = make_frame(9001, 64, 2);
	bufs[2] = make_frame(9002, 64, 3);
	rte_pktmbuf_mtod(bufs[2], uint8_t *)[UDP_HEADERS_BYTES] ^= 1;
	bufs[3] = make_frame(9003, 64, 4);
	assert_int_equal(the_source()->application(path, bufs, 4), 2);
	expect_answer(bufs[0], 9001, 64, 2);
	expect_answer(bufs[1], 9003, 64, 4);
	rte_pktmbuf_free_bulk(bufs, 2);
	assert_int_equal(count_of(path, "unanswered"), 2);

	bufs[0] = make_frame(9004, 1, 5);
	assert_int_equal(the_source()->application(path, bufs, 1), 1);
	expect_answer(bufs[0], 9004, 1, 5);
	rte_pktmbuf_free_bulk(bufs, 1);
	assert_int_equal(count_of(path, "late_answers"), 0);
	the_source()->close(path);
	assert_int_equal(rte_mempool_avail_count(pool), POOL_MBUFS);
}

static void
test_not_answered(void **state)
{
	(void)state;
	not_answered_with("sleep");
	not_answered_with("poll");
}

/* The namespace says nothing by itself: no address resolution, no IPv6. */
static void
test_silence(void **state)
{
	void *path = open_path("poll");
	struct rte_mbuf *bufs[2];

	(void)state;
	usleep(1500000);
	bufs[0] = make_frame(9000, 64, 1);
	bufs[1] = make_frame(9000, 64, 2);
	assert_int_equal(the_source()->application(path, bufs, 2), 2);
	expect_answer(bufs[0], 9000, 64, 1);
	expect_answer(bufs[1], 9000, 64, 2);
	rte_pktmbuf_free_bulk(bufs, 2);
	the_source()->close(path);
}

/* Nothing of it is seen from outside, while it is open and when it is closed. */
static void
test_nothing_outside(void **state)
{
	unsigned int links = paths_links();
	void *path = open_path("sleep");

	(void)state;
	assert_int_equal(paths_links(), links);
	assert_int_equal(if_nametoindex("folio"), 0);
	the_source()->close(path);
	assert_int_equal(paths_links(), links);
}

/* What the server's thread does for a while, whatever else it is to do. */
static void
be_away(int signal)
{
	const struct timespec while_away = {.tv_nsec = AWAY_MS * 1000000};

	(void)signal;
	nanosleep(&while_away, NULL);
}

/* The one thread of this process that was made last. */
static pid_t
newest_thread(void)
{
	DIR *tasks = opendir("/proc/self/task");
	pid_t newest = 0;

	assert_non_null(tasks);
	for (struct dirent *task = readdir(tasks); task; task = readdir(tasks)) {
		pid_t id = (pid_t)strtol(task->d_name, NULL, 10);

		newest = id > newest ? id : newest;
	}
	closedir(tasks);
	return newest;
}

/*
 * A server whose core is taken away: its late answers are counted, and are never taken for
 * answers to what comes next.
 */
static void
test_late_answers(void **state)
{
	const struct sigaction away = {.sa_handler = be_away, .sa_flags = SA_RESTART};
	struct rte_mbuf *bufs[BURST];
	void *path = open_path("sleep");
	uint16_t n = 0;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &away, NULL), 0);
	assert_int_equal(syscall(SYS_tgkill, getpid(), newest_thread(), SIGUSR1), 0);
	for (uint8_t burst = 0; !n && burst < 100; burst++) {
		for (uint16_t i = 0; i < BURST; i++)
			bufs[i] = make_frame(9000 + i, 100, (uint8_t)(burst + i));
		n = the_source()->application(path, bufs, BURST);
		for (uint16_t i = 0; i < n; i++)
			expect_answer(bufs[i], 9000 + i, 100, (uint8_t)(burst + i));
	}
	assert_int_equal(n, BURST);
	rte_pktmbuf_free_bulk(bufs, n);
	assert_in_range(count_of(path, "late_answers"), BURST, 2 * BURST);
	assert_true(count_of(path, "unanswered") >= BURST);
	the_source()->close(path);
	assert_int_equal(rte_mempool_avail_count(pool), POOL_MBUFS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_sleeping), cmocka_unit_test(test_echo_polling),
		cmocka_unit_test(test_not_answered),  cmocka_unit_test(test_silence),
		cmocka_unit_test(test_late_answers),  cmocka_unit_test(test_nothing_outside),
	};

	if (!paths_allowed())
		return 77;
	return cmocka_run_group_tests(tests, start, harness_stop);
}
