/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a lane's host hands bursts to the device and takes what comes back: straight, or
 * through the host's kernel. A lane's way is chosen when it is made.
 */
#include <rte_mbuf.h>

#include "base/clock.h"
#include "datapath/host/backend.h"
#include "datapath/host/host_path.h"
#include "datapath/lane.h"

/*
 * How long packets may stand still: a translation miss takes some 0.1 ms, a lost time slice
 * 10 ms. On a busy machine each packet of a burst may miss, and wait for two threads that
 * have lost theirs: it counts from the last packet that moved.
 */
#define STALL_S 1u

static uint64_t
stall_deadline(void)
{
	return clock_tsc() + STALL_S * clock_tsc_hz();
}

static bool
may_wait(const struct lane *lane, uint64_t deadline)
{
	return clock_tsc() < deadline && backend_ready(lane->device->backend);
}

/* One whose address misses is tried again. */
static uint16_t
send_straight(struct lane *lane, uint16_t n)
{
	struct rte_mbuf **frames = lane->frames;
	uint16_t sent = backend_send(lane->device->backend, lane->turn, frames, n);

	if (likely(sent == n))
		return n;
	uint64_t deadline = stall_deadline();

	while (sent < n && may_wait(lane, deadline)) {
		uint16_t more =
			backend_send(lane->device->backend, lane->turn, frames + sent, n - sent);

		sent += more;
		if (more)
			deadline = stall_deadline();
	}
	return sent;
}

static uint16_t
receive_straight(struct lane *lane, struct rte_mbuf **bufs, uint16_t n)
{
	struct rte_mempool *pool = lane->bench->sink.pool;
	uint16_t got = backend_receive(lane->device->backend, lane->turn, pool, bufs, n);

	if (likely(got == n))
		return n;
	uint64_t deadline = stall_deadline();

	while (got < n && may_wait(lane, deadline)) {
		uint16_t more = backend_receive(lane->device->backend, lane->turn, pool, bufs + got,
						n - got);

		got += more;
		if (more)
			deadline = stall_deadline();
	}
	return got;
}

const struct lane_host lane_host_straight = {
	.send_all = send_straight,
	.receive_all = receive_straight,
};

/* What the kernel drops on its way, or puts off, has not been sent. */
static uint16_t
send_through_kernel(struct lane *lane, uint16_t n)
{
	struct host_path *path = lane->device->host_paths[lane->turn];
	uint64_t dropped = host_path_dropped(path);
	uint64_t deadline = stall_deadline();

	if (!host_path_send(path, lane->frames, n))
		return 0;
	while (!host_path_push(path) && may_wait(lane, deadline))
		;
	host_path_settle(path);
	return n - (uint16_t)(host_path_dropped(path) - dropped);
}

static uint16_t
receive_through_kernel(struct lane *lane, struct rte_mbuf **bufs, uint16_t n)
{
	struct host_path *path = lane->device->host_paths[lane->turn];
	uint64_t deadline = stall_deadline();
	uint16_t got = 0;

	do {
		got += host_path_receive(path, bufs + got, n - got);
	} while (got < n && may_wait(lane, deadline));
	return got;
}

const struct lane_host lane_host_kernel = {
	.send_all = send_through_kernel,
	.receive_all = receive_through_kernel,
};
