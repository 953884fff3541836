/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest and host in processes of their own: datapath/two_process.h as a bench. Each
 * device has a pair of them; lanes of one kind take turns on it. A pair blocks on its
 * channels when it has no turn, so that two cores are enough for any number.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "datapath/eal.h"
#include "datapath/guest/guest.h"
#include "datapath/huge_pages.h"
#include "datapath/lockstep.h"
#include "datapath/two_process.h"
#include "datapath/workloads/workload.h"
#include "probes/pmu.h"
#include "runner/measure/bench.h"
#include "runner/measure/child.h"
#include "runner/measure/placement.h"

/* Beyond the slice's own time, until a side is taken for stuck; its own messages come first. */
#define PATIENCE_MS 10000
/* DPDK starts in a second, on a machine that is busy in several. */
#define START_TIMEOUT_MS 60000

/* A slice for which one side's core was taken away whole is run again, so many times at most. */
#define ATTEMPTS_MAX 20

enum message_type {
	MESSAGE_LISTENING = CHILD_MESSAGE_FIRST,
	MESSAGE_READY,
	MESSAGE_RUN,
	MESSAGE_GUEST_SLICE,
	MESSAGE_HOST_SLICE,
};

/* MESSAGE_RUN's payload. */
struct turn {
	uint32_t lane; /* of the device's, for the guest */
	struct host_turn host;
};

struct pair_of_sides {
	struct datapath_config *configs; /* of its lanes */
	uint32_t n_configs;
	bool own; /* of one lane, which shares it with none */
	char socket[108];
	struct slice_signals *signals;
	struct child guest, host;
};

/* Where a lane runs. */
struct seat {
	uint32_t device;
	uint32_t lane; /* among the device's */
};

struct bench {
	struct bench_options options;
	struct placement placement;
	bool huge_pages;
	struct pair_of_sides *devices;
	uint32_t n_devices;
	struct seat *seats; /* by lane */
	const char **traffics;
	uint32_t n_traffics;
	uint32_t *traffic_of; /* by cell: index into traffics */
	uint32_t traffic;     /* of the next slices */
	uint64_t rate_pps;    /* of the next slices; 0: as fast as possible */
};

/* ---- In a side's process ---- */

/* What the process is told when it starts; the fork gives it a copy. */
struct side_arguments {
	const struct bench *bench;
	const struct pair_of_sides *device;
};

static struct two_process_options
common_options(const struct bench *bench, const struct pair_of_sides *device)
{
	return (struct two_process_options){
		.socket = device->socket,
		.runtime_dir = bench->options.socket_dir,
		.iommu = datapath_config_needs_iommu(&device->configs[0]),
		.huge_pages = bench->huge_pages,
		.signals = device->signals,
	};
}

static int
open_guest(const struct side_arguments *arguments, int fd, const struct counter_source *counters,
	   struct guest_side **side)
{
	const struct bench *bench = arguments->bench;
	const struct pair_of_sides *device = arguments->device;
	const struct guest_side_options options = {
		.common = common_options(bench, device),
		.cpu = bench->placement.guest_cpu,
		.crypto_cpu = bench->placement.crypto_cpu,
		.workload = workload_find(bench->options.experiment->workload),
		.configs = device->configs,
		.n_configs = device->n_configs,
		.bounce_bytes = lanes_bounce_bytes(bench->options.lanes),
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
	struct turn turn;
	int value, error;

	pmu_open(&pmu, pmu_hardware_events);

	const struct counter_source counters = pmu_counter_source(&pmu);

	error = open_guest(arg, fd, &counters, &side);
	if (error)
		return error;
	child_drop_privileges();
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
any_through_host_kernel(const struct pair_of_sides *device)
{
	bool any = false;

	for (uint32_t i = 0; i < device->n_configs; i++)
		any |= datapath_config_through_host_kernel(&device->configs[i]);
	return any;
}

static int
open_host(const struct side_arguments *arguments, struct host_side **side)
{
	const struct bench *bench = arguments->bench;
	const struct pair_of_sides *device = arguments->device;
	const struct host_side_options options = {
		.common = common_options(bench, device),
		.cpu = bench->placement.host_cpu,
		.traffics = bench->traffics,
		.n_traffics = bench->n_traffics,
		.seed = bench->options.experiment->measure.seed,
		.n_queues = device->configs[0].queues,
		.ask_kicks = device->configs[0].notify & NOTIFY_KICK,
		.through_host_kernel = any_through_host_kernel(device),
		.workload = workload_find(bench->options.experiment->workload),
		.configs = device->configs,
		.n_configs = device->n_configs,
	};

	return host_side_open(&options, side);
}

static int
host_main(int fd, void *arg)
{
	static struct host_slice slice;
	struct host_side *side;
	struct turn turn;
	int value, error = open_host(arg, &side);

	if (error)
		return error;
	child_drop_privileges();
	error = child_send(fd, MESSAGE_READY, 0, NULL, 0);
	while (!error && child_take(fd, &value, &turn, sizeof(turn)) == MESSAGE_RUN) {
		error = host_side_slice(side, &turn.host, &slice);
		if (!error)
			error = child_send(fd, MESSAGE_HOST_SLICE, 0, &slice, sizeof(slice));
	}
	return error;
}

/* ---- In the measuring process ---- */

static void
close_bench(void *arg)
{
	struct bench *bench = arg;

	for (uint32_t i = 0; i < bench->n_devices; i++) {
		struct pair_of_sides *device = &bench->devices[i];

		child_stop(&device->host);
		child_stop(&device->guest);
		munmap(device->signals, sizeof(*device->signals));
		free(device->configs);
	}
	free(bench->devices);
	free(bench->seats);
	free(bench->traffics);
	free(bench->traffic_of);
	free(bench);
}

/* Each text once. */
static int
list_traffics(struct bench *bench)
{
	const struct experiment *experiment = bench->options.experiment;

	bench->traffics = calloc(experiment->n_cells, sizeof(*bench->traffics));
	bench->traffic_of = calloc(experiment->n_cells, sizeof(*bench->traffic_of));
	if (!bench->traffics || !bench->traffic_of)
		return -ENOMEM;
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const char *text = experiment->cells[i].traffic;
		uint32_t k = 0;

		while (k < bench->n_traffics && strcmp(bench->traffics[k], text))
			k++;
		if (k == bench->n_traffics)
			bench->traffics[bench->n_traffics++] = text;
		bench->traffic_of[i] = k;
	}
	return 0;
}

static struct pair_of_sides *
device_for(struct bench *bench, const struct planned_lane *lane)
{
	bool own = lane->kind == LANE_OWN_DEVICE;

	for (uint32_t i = 0; !own && i < bench->n_devices; i++)
		if (!bench->devices[i].own &&
		    lockstep_shares_device(&bench->devices[i].configs[0], &lane->config))
			return &bench->devices[i];
	bench->devices[bench->n_devices] = (struct pair_of_sides){
		.own = own, .guest = {.pid = -1, .fd = -1}, .host = {.pid = -1, .fd = -1}};
	return &bench->devices[bench->n_devices++];
}

/* Gives each lane its place; no process yet. */
static int
seat_lanes(struct bench *bench)
{
	const struct lanes *lanes = bench->options.lanes;

	bench->devices = calloc(lanes->n, sizeof(*bench->devices));
	bench->seats = calloc(lanes->n, sizeof(*bench->seats));
	if (!bench->devices || !bench->seats)
		return -ENOMEM;
	for (uint32_t i = 0; i < lanes->n; i++) {
		struct pair_of_sides *device = device_for(bench, &lanes->planned[i]);
		struct datapath_config *configs = reallocarray(
			device->configs, device->n_configs + 1, sizeof(*device->configs));

		if (!configs)
			return -ENOMEM;
		device->configs = configs;
		bench->seats[i] =
			(struct seat){(uint32_t)(device - bench->devices), device->n_configs};
		memcpy(&configs[device->n_configs++], &lanes->planned[i].config, sizeof(*configs));
	}
	return 0;
}

/* All processes have huge pages, or none has: others would not compare. */
static int
choose_memory(struct bench *bench)
{
	size_t bounce_bytes = lanes_bounce_bytes(bench->options.lanes);
	struct memory_need need = {0};

	for (uint32_t i = 0; i < bench->n_devices; i++) {
		const struct datapath_config *config = bench->devices[i].configs;

		assert(config); /* each device was made for a lane */
		need.heap_huge_bytes +=
			guest_side_heap_bytes(config, true) + host_side_heap_bytes();
		need.heap_plain_bytes +=
			guest_side_heap_bytes(config, false) + host_side_heap_bytes();
		need.shared_bytes += guest_region_bytes(config, bounce_bytes);
	}
	return datapath_claim_memory(&need, &bench->options.pages, &bench->huge_pages);
}

static int
start_side(struct bench *bench, uint32_t index, const char *side, const char *process_name,
	   int (*main)(int fd, void *arg), struct child *child)
{
	struct side_arguments arguments = {bench, &bench->devices[index]};
	char name[CHILD_NAME_BYTES];
	const struct child_options options = {
		.name = name, .process_name = process_name, .main = main, .arg = &arguments};

	snprintf(name, sizeof(name), "%s process of device %u", side, index);
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
start_guest(struct bench *bench, uint32_t index)
{
	struct pair_of_sides *device = &bench->devices[index];
	void *memory = mmap(NULL, sizeof(*device->signals), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	device->signals = memory;
	snprintf(device->socket, sizeof(device->socket), "%s/%u", bench->options.socket_dir, index);
	return start_side(bench, index, "guest", "folio-guest", guest_main, &device->guest);
}

/* All guests first, side by side: a host finds its guest listening. */
static int
start_sides(struct bench *bench)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < bench->n_devices; i++)
		error = start_guest(bench, i);
	for (uint32_t i = 0; !error && i < bench->n_devices; i++) {
		struct pair_of_sides *device = &bench->devices[i];

		error = await(&device->guest, MESSAGE_LISTENING, NULL, 0, START_TIMEOUT_MS);
		if (!error)
			error = start_side(bench, i, "host", "folio-host", host_main,
					   &device->host);
	}
	for (uint32_t i = 0; !error && i < bench->n_devices; i++) {
		struct pair_of_sides *device = &bench->devices[i];

		error = await(&device->host, MESSAGE_READY, NULL, 0, START_TIMEOUT_MS);
		if (!error)
			error = await(&device->guest, MESSAGE_READY, NULL, 0, START_TIMEOUT_MS);
	}
	return error;
}

static bool
any_inline(const struct lanes *lanes)
{
	for (uint32_t i = 0; i < lanes->n; i++)
		if (lanes->planned[i].config.esp.crypto == ESP_CRYPTO_INLINE)
			return true;
	return false;
}

static int
open_bench(const struct bench_options *options, void **out)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int error;

	if (!bench) {
		log_error("not enough memory to measure %u lanes", options->lanes->n);
		return -ENOMEM;
	}
	bench->options = *options;
	bench->placement = (struct placement){.guest_cpu = options->cpu};
	error = placement_find(&bench->placement, any_inline(options->lanes));
	if (!error)
		error = list_traffics(bench);
	if (!error)
		error = seat_lanes(bench);
	if (!error)
		error = choose_memory(bench);
	if (!error)
		error = start_sides(bench);
	if (error)
		close_bench(bench);
	else
		*out = bench;
	return error;
}

static void
machine(const void *arg, struct bench_machine *machine)
{
	const struct bench *bench = arg;

	*machine = (struct bench_machine){.huge_pages = bench->huge_pages};
	placement_format(&bench->placement, machine->placement, sizeof(machine->placement));
}

static int
set_traffic(void *arg, uint32_t cell)
{
	struct bench *bench = arg;

	bench->traffic = bench->traffic_of[cell];
	return 0;
}

static void
set_rate(void *arg, uint64_t rate_pps)
{
	struct bench *bench = arg;

	bench->rate_pps = rate_pps == RATE_MAX ? 0 : rate_pps;
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
await_both(struct pair_of_sides *device, struct guest_slice *guest, struct host_slice *host,
	   int timeout_ms)
{
	const struct {
		struct child *child;
		int type;
		void *data;
		size_t bytes;
	} sides[] = {{&device->guest, MESSAGE_GUEST_SLICE, guest, sizeof(*guest)},
		     {&device->host, MESSAGE_HOST_SLICE, host, sizeof(*host)}};
	struct pollfd ready[] = {{.fd = device->guest.fd, .events = POLLIN},
				 {.fd = device->host.fd, .events = POLLIN}};

	for (unsigned int left = 2; left;) {
		int n = poll(ready, 2, timeout_ms);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0) {
			report_stuck(ready[0].fd >= 0 ? &device->guest : NULL,
				     ready[1].fd >= 0 ? &device->host : NULL, timeout_ms);
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

/* Has both sides run. */
static int
run_once(struct bench *bench, const struct seat *seat, struct slice *slice)
{
	static struct guest_slice guest;
	static struct host_slice host;
	struct pair_of_sides *device = &bench->devices[seat->device];
	int timeout_ms = (int)(slice->duration_ns / 1000000) + PATIENCE_MS;
	const struct turn turn = {
		.lane = seat->lane,
		.host = {.lane = seat->lane,
			 .traffic = bench->traffic,
			 .duration_ns = slice->duration_ns,
			 .rate_pps = bench->rate_pps,
			 .through_host_kernel =
				 datapath_config_through_host_kernel(&device->configs[seat->lane])},
	};
	int error;

	memset(device->signals, 0, sizeof(*device->signals));
	error = child_send(device->guest.fd, MESSAGE_RUN, 0, &turn, sizeof(turn));
	if (!error)
		error = child_send(device->host.fd, MESSAGE_RUN, 0, &turn, sizeof(turn));
	/* A side that has died says so on its own channel. */
	if (error && error != -EPIPE)
		return error;
	error = await_both(device, &guest, &host, timeout_ms);
	return error ? error : two_process_merge(&guest, &host, slice);
}

static int
run_slice(void *arg, uint32_t lane, struct slice *slice)
{
	struct bench *bench = arg;
	const struct seat *seat = &bench->seats[lane];
	int error = -EAGAIN;

	for (int i = 0; error == -EAGAIN && i < ATTEMPTS_MAX; i++)
		error = run_once(bench, seat, slice);
	if (error != -EAGAIN)
		return error;
	log_error("no packet was metered in %d slices: core %d or core %d is taken by others, or "
		  "measure.slice is too short for the rate",
		  ATTEMPTS_MAX, bench->placement.guest_cpu, bench->placement.host_cpu);
	/* It would be no use to begin again. */
	return -EBUSY;
}

static bool
same_device(const void *arg, uint32_t a, uint32_t b)
{
	const struct bench *bench = arg;

	return bench->seats[a].device == bench->seats[b].device;
}

static const char *
conflict(const struct datapath_config *config)
{
	return config->device == DEVICE_VHOST_USER ?
		       NULL :
		       "there the guest drives its own front end, allowed: device: vhost-user, or "
		       "topology: lockstep";
}

extern const struct bench_ops bench_two_process;

const struct bench_ops bench_two_process = {
	.topology = "two-process",
	.help = "guest and host in processes of their own, on two cores",
	.has_rate = true,
	.slice_option = {.name = "slice",
			 .type = OPTION_TIME,
			 .offset = offsetof(struct measure, slice_ns),
			 .preset = "20 ms",
			 .min = 5e6,
			 .max = 1e9,
			 .help = "metered time of a configuration's turn"},
	/* Round trips, warm-up and draining; several processes start DPDK side by side. */
	.slice_overhead = 1.1,
	.restart_s = 2,
	/* The warm-up within a slice is enough: this is one slice. */
	.settle_ns = 1,
	.conflict = conflict,
	.open = open_bench,
	.close = close_bench,
	.machine = machine,
	.set_traffic = set_traffic,
	.set_rate = set_rate,
	.slice = run_slice,
	.same_device = same_device,
};
