/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/side_pair.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "datapath/workloads/workload.h"
#include "probes/pmu.h"
#include "runner/measure/privileges.h"

/* Beyond the slice's own time, until a side is taken for stuck; its own messages come first. */
#define PATIENCE_MS 10000
/* DPDK starts in a second, on a machine that is busy in several. */
#define START_TIMEOUT_MS 60000

enum message_type {
	MESSAGE_LISTENING = CHILD_MESSAGE_FIRST,
	MESSAGE_READY,
	MESSAGE_RUN, /* struct host_turn: the lane is both sides' */
	MESSAGE_GUEST_SLICE,
	MESSAGE_HOST_SLICE,
};

/* ---- In a side's process ---- */

static struct two_process_options
common_options(const struct side_pair *pair)
{
	return (struct two_process_options){
		.socket = pair->socket,
		.runtime_dir = pair->setup->socket_dir,
		.iommu = datapath_config_needs_iommu(&pair->configs[0]),
		.huge_pages = pair->setup->huge_pages,
		.signals = pair->signals,
	};
}

static int
open_guest(const struct side_pair *pair, int fd, const struct counter_source *counters,
	   struct guest_side **side)
{
	const struct guest_side_options options = {
		.common = common_options(pair),
		.cpu = pair->setup->placement.guest_cpu,
		.crypto_cpu = pair->setup->placement.crypto_cpu,
		.workload = pair->setup->workload,
		.configs = pair->configs,
		.n_configs = pair->n_configs,
		.bounce_bytes = pair->setup->bounce_bytes,
		.counters = counters,
	};
	int error = guest_side_open(&options, side);

	if (!error)
		error = child_send(fd, MESSAGE_LISTENING, 0, NULL, 0);
	if (!error)
		error = guest_side_connect(*side);
	return error;
}

static int
guest_main(int fd, void *arg)
{
	static struct guest_slice slice;
	struct guest_side *side;
	struct pmu pmu;
	struct host_turn turn;
	int value, error;

	pmu_open(&pmu, pmu_hardware_events);

	const struct counter_source counters = pmu_counter_source(&pmu);

	error = open_guest(arg, fd, &counters, &side);
	if (error)
		return error;
	privileges_drop();
	error = child_send(fd, MESSAGE_READY, 0, NULL, 0);
	while (!error && child_take(fd, &value, &turn, sizeof(turn)) == MESSAGE_RUN) {
		error = guest_side_slice(side, turn.lane, &slice);
		if (!error)
			error = pmu_check(&pmu);
		if (!error)
			error = child_send(fd, MESSAGE_GUEST_SLICE, 0, &slice, sizeof(slice));
	}
	return error;
}

static bool
any_through_host_kernel(const struct side_pair *pair)
{
	bool any = false;

	for (uint32_t i = 0; i < pair->n_configs; i++)
		any |= datapath_config_through_host_kernel(&pair->configs[i]);
	return any;
}

static int
open_host(const struct side_pair *pair, struct host_side **side)
{
	const struct host_side_options options = {
		.common = common_options(pair),
		.cpu = pair->setup->placement.host_cpu,
		.traffics = pair->setup->traffics,
		.n_traffics = pair->setup->n_traffics,
		.seed = pair->setup->seed,
		.n_queues = pair->configs[0].queues,
		.ask_kicks = pair->configs[0].notify & NOTIFY_KICK,
		.through_host_kernel = any_through_host_kernel(pair),
		.workload = pair->setup->workload,
		.configs = pair->configs,
		.n_configs = pair->n_configs,
	};

	return host_side_open(&options, side);
}

static int
host_main(int fd, void *arg)
{
	static struct host_slice slice;
	struct host_side *side;
	struct host_turn turn;
	int value, error = open_host(arg, &side);

	if (error)
		return error;
	privileges_drop();
	error = child_send(fd, MESSAGE_READY, 0, NULL, 0);
	while (!error && child_take(fd, &value, &turn, sizeof(turn)) == MESSAGE_RUN) {
		error = host_side_slice(side, &turn, &slice);
		if (!error)
			error = child_send(fd, MESSAGE_HOST_SLICE, 0, &slice, sizeof(slice));
	}
	return error;
}

/* ---- In the measuring process ---- */

void
side_pair_init(struct side_pair *pair, const struct side_setup *setup, uint32_t index)
{
	*pair = (struct side_pair){.setup = setup,
				   .index = index,
				   .guest = {.pid = -1, .fd = -1},
				   .host = {.pid = -1, .fd = -1}};
}

struct datapath_config *
side_pair_add(struct side_pair *pair)
{
	struct datapath_config *configs =
		reallocarray(pair->configs, pair->n_configs + 1, sizeof(*configs));

	if (!configs)
		return NULL;
	pair->configs = configs;
	return &configs[pair->n_configs++];
}

static int
start_side(struct side_pair *pair, const char *side, const char *process_name,
	   int (*main)(int fd, void *arg), struct child *child)
{
	char name[CHILD_NAME_BYTES];
	const struct child_options options = {
		.name = name, .process_name = process_name, .main = main, .arg = pair};

	snprintf(name, sizeof(name), "%s process of device %u", side, pair->index);
	return child_start(child, &options);
}

/* Returns 0, or -errno after log_error(). */
static int
await(struct child *child, int type, void *data, size_t bytes, int timeout_ms)
{
	int got = child_receive(child, type, data, bytes, timeout_ms, false);

	if (got == 1)
		return 0;
	if (got == -ETIMEDOUT)
		log_error("the %s does not answer for %d s", child->name, timeout_ms / 1000);
	return got ? got : -EPROTO;
}

static int
start_guest(struct side_pair *pair)
{
	void *memory = mmap(NULL, sizeof(*pair->signals), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	pair->signals = memory;
	snprintf(pair->socket, sizeof(pair->socket), "%s/%u", pair->setup->socket_dir, pair->index);
	return start_side(pair, "guest", "folio-guest", guest_main, &pair->guest);
}

int
side_pairs_start(struct side_pair *pairs, uint32_t n)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < n; i++)
		error = start_guest(&pairs[i]);
	for (uint32_t i = 0; !error && i < n; i++) {
		error = await(&pairs[i].guest, MESSAGE_LISTENING, NULL, 0, START_TIMEOUT_MS);
		if (!error)
			error = start_side(&pairs[i], "host", "folio-host", host_main,
					   &pairs[i].host);
	}
	for (uint32_t i = 0; !error && i < n; i++) {
		error = await(&pairs[i].host, MESSAGE_READY, NULL, 0, START_TIMEOUT_MS);
		if (!error)
			error = await(&pairs[i].guest, MESSAGE_READY, NULL, 0, START_TIMEOUT_MS);
	}
	return error;
}

/* Each waits for the other: where neither ends, either may be the one that is stuck. */
static void
report_stuck(const struct child *guest, const struct child *host, int timeout_ms)
{
	log_error("%s%s%s%s did not end a slice in %d s", guest ? "the " : "",
		  guest ? guest->name : "",
		  guest && host ? " and the " :
		  host          ? "the " :
				  "",
		  host ? host->name : "", timeout_ms / 1000);
}

/*
 * Both sides' results. One that has died says so at once, while the other would go on
 * waiting for it.
 */
static int
await_both(struct side_pair *pair, struct guest_slice *guest, struct host_slice *host,
	   int timeout_ms)
{
	const struct {
		struct child *child;
		int type;
		void *data;
		size_t bytes;
	} sides[] = {{&pair->guest, MESSAGE_GUEST_SLICE, guest, sizeof(*guest)},
		     {&pair->host, MESSAGE_HOST_SLICE, host, sizeof(*host)}};
	struct pollfd ready[] = {{.fd = pair->guest.fd, .events = POLLIN},
				 {.fd = pair->host.fd, .events = POLLIN}};

	for (unsigned int left = 2; left;) {
		int n = poll(ready, 2, timeout_ms);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0) {
			report_stuck(ready[0].fd >= 0 ? &pair->guest : NULL,
				     ready[1].fd >= 0 ? &pair->host : NULL, timeout_ms);
			return -ETIMEDOUT;
		}
		for (int i = 0; n > 0 && i < 2; i++) {
			if (!ready[i].revents)
				continue;
			int error = await(sides[i].child, sides[i].type, sides[i].data,
					  sides[i].bytes, timeout_ms);

			if (error)
				return error;
			ready[i].fd = -1;
			left--;
		}
	}
	return 0;
}

int
side_pair_run(struct side_pair *pair, const struct host_turn *turn, struct guest_slice *guest,
	      struct host_slice *host)
{
	int timeout_ms = (int)(turn->duration_ns / 1000000) + PATIENCE_MS, error;

	memset(pair->signals, 0, sizeof(*pair->signals));
	error = child_send(pair->guest.fd, MESSAGE_RUN, 0, turn, sizeof(*turn));
	if (!error)
		error = child_send(pair->host.fd, MESSAGE_RUN, 0, turn, sizeof(*turn));
	/* A side that has died says so on its own channel. */
	if (error && error != -EPIPE)
		return error;
	return await_both(pair, guest, host, timeout_ms);
}

void
side_pair_close(struct side_pair *pair)
{
	child_stop(&pair->host);
	child_stop(&pair->guest);
	if (pair->signals)
		munmap(pair->signals, sizeof(*pair->signals));
	free(pair->configs);
}
