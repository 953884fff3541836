/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * host_path where the kernel hands frames on late: receive packet steering gives them to
 * another CPU's softirq, so that a write returns before they are where they go.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "base/clock.h"
#include "datapath/forward.h"
#include "datapath/host/host_path.h"
#include "datapath/host/udp_frame.h"
#include "datapath/lane.h"
#include "datapath/workloads/udp_net.h"
#include "harness.h"
#include "paths.h"

#define LATE_FRAMES 2000u
/* That all of them may take, on a machine that is busy. */
#define PATIENCE_NS 5000000000u

/* The link's receive work goes to that CPU: in the namespace, whose sysfs only a child mounts. */
static bool
steer(const char *link, unsigned int cpu)
{
	char name[128];
	FILE *file;

	snprintf(name, sizeof(name), "/sys/class/net/%s/queues/rx-0/rps_cpus", link);
	file = fopen(name, "w");
	if (!file)
		return false;
	fprintf(file, "%x", 1u << cpu);
	return fclose(file) == 0;
}

/* From now on another CPU's softirq hands the path's frames on, when it comes to that. */
static bool
put_off(const struct host_path *path, unsigned int cpu)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		bool done = setns(host_path_netns(path), CLONE_NEWNET) == 0 &&
			    unshare(CLONE_NEWNS) == 0 &&
			    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
			    mount("none", "/sys", "sysfs", 0, NULL) == 0 && steer("wire", cpu) &&
			    steer("device", cpu);

		_exit(done ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
send_one(struct lane *lane)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(lane->bench->sink.pool);
	uint16_t sent;

	assert_non_null(frame);
	udp_headers_write((struct udp_headers *)rte_pktmbuf_append(frame, UDP_FRAME_BYTES_MIN),
			  UDP_NET_CLIENT_PORT, UDP_FRAME_BYTES_MIN - UDP_HEADERS_BYTES);
	sent = host_path_send(lane->device->host_paths[0], &frame, 1);
	rte_pktmbuf_free(frame);
	return sent == 1;
}

/* Frames that came back. */
static uint32_t
turn(struct lane *lane)
{
	struct rte_mbuf *bufs[FORWARD_BURST_MAX];
	uint16_t got;

	forward_burst(&lane->ports[0], &lane->applications[0], FORWARD_BURST_MAX);
	got = host_path_receive(lane->device->host_paths[0], bufs, FORWARD_BURST_MAX);
	rte_pktmbuf_free_bulk(bufs, got);
	return got;
}

/* A frame that a softirq hands on later than the write returns is late, and not dropped. */
static void
test_late_frames(void **state)
{
	struct lockstep *bench = harness_bench_of("udp_echo");
	struct datapath_config config = harness_config(harness_bit("host_path"));
	struct lane *lane = harness_lane(bench, &config);
	struct host_path *path = lane->device->host_paths[0];
	uint32_t sent = 0, back = 0, late = 0;
	unsigned int other = sched_getcpu() == 0;

	(void)state;
	assert_int_equal(port_attach(&lane->ports[0]), 0);
	bool is_put_off = sysconf(_SC_NPROCESSORS_ONLN) > 1 && put_off(path, other);

	for (uint64_t end_ns = clock_monotonic_ns() + PATIENCE_NS;
	     (sent < LATE_FRAMES || back < sent) && clock_monotonic_ns() < end_ns;) {
		sent += sent < LATE_FRAMES && send_one(lane);
		late += host_path_in_kernel(path) > 0;
		host_path_push(path);
		back += turn(lane);
	}
	print_message("%u sent, %u back, late in %u turns\n", sent, back, late);
	assert_int_equal(sent, LATE_FRAMES);
	assert_int_equal(back, sent);
	assert_true(!is_put_off || late);
	assert_int_equal(host_path_in_kernel(path), 0);
	host_path_discard(path);
	assert_int_equal(host_path_dropped(path), 0);
	paths_close_used(bench, lane);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_frames),
	};

	if (!paths_allowed())
		return 77;
	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
