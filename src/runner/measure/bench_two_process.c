/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest and host in processes of their own: datapath/two_process.h as a bench. Each
 * device has a pair of them; lanes of one kind take turns on it. A pair blocks on its
 * channels when it has no turn, so that two cores are enough for any number.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "datapath/eal.h"
#include "datapath/guest/guest.h"
#include "datapath/huge_pages.h"
#include "datapath/lockstep.h"
#include "datapath/two_process.h"
#include "datapath/workloads/workload.h"
#include "runner/measure/bench.h"
#include "runner/measure/side_pair.h"

/* A slice for which one side's core was taken away whole is run again, so many times at most. */
#define ATTEMPTS_MAX 20

/* Where a lane runs. */
struct seat {
	uint32_t device;
	uint32_t lane; /* among the device's */
};

struct bench {
	struct bench_options options;
	struct side_setup setup;
	struct side_pair *pairs; /* one of each device */
	bool *own;               /* by device: of one lane, which shares it with none */
	uint32_t n_devices;
	struct seat *seats; /* by lane */
	const char **traffics;
	uint32_t n_traffics;
	uint32_t *traffic_of; /* by cell: index into traffics */
	uint32_t traffic;     /* of the next slices */
	uint64_t rate_pps;    /* of the next slices; 0: as fast as possible */
};

static void
close_bench(void *arg)
{
	struct bench *bench = arg;

	for (uint32_t i = 0; i < bench->n_devices; i++)
		side_pair_close(&bench->pairs[i]);
	free(bench->pairs);
	free(bench->own);
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
	bench->setup.traffics = bench->traffics;
	bench->setup.n_traffics = bench->n_traffics;
	return 0;
}

/* The index of the device that the lane is to be on. */
static uint32_t
device_for(struct bench *bench, const struct planned_lane *lane)
{
	bool own = lane->kind == LANE_OWN_DEVICE;

	for (uint32_t i = 0; !own && i < bench->n_devices; i++)
		if (!bench->own[i] &&
		    lockstep_shares_device(&bench->pairs[i].configs[0], &lane->config))
			return i;
	bench->own[bench->n_devices] = own;
	side_pair_init(&bench->pairs[bench->n_devices], &bench->setup, bench->n_devices);
	return bench->n_devices++;
}

/* Gives each lane its place; no process yet. */
static int
seat_lanes(struct bench *bench)
{
	const struct lanes *lanes = bench->options.lanes;

	bench->pairs = calloc(lanes->n, sizeof(*bench->pairs));
	bench->own = calloc(lanes->n, sizeof(*bench->own));
	bench->seats = calloc(lanes->n, sizeof(*bench->seats));
	if (!bench->pairs || !bench->own || !bench->seats)
		return -ENOMEM;
	for (uint32_t i = 0; i < lanes->n; i++) {
		uint32_t device = device_for(bench, &lanes->planned[i]);
		struct side_pair *pair = &bench->pairs[device];
		struct datapath_config *config = side_pair_add(pair);

		if (!config)
			return -ENOMEM;
		memcpy(config, &lanes->planned[i].config, sizeof(*config));
		bench->seats[i] = (struct seat){device, pair->n_configs - 1};
	}
	return 0;
}

/* All processes have huge pages, or none has: others would not compare. */
static int
choose_memory(struct bench *bench)
{
	struct memory_need need = {0};

	for (uint32_t i = 0; i < bench->n_devices; i++) {
		const struct datapath_config *config = bench->pairs[i].configs;

		assert(config); /* each device was made for a lane */
		need.heap_huge_bytes +=
			guest_side_heap_bytes(config, true) + host_side_heap_bytes();
		need.heap_plain_bytes +=
			guest_side_heap_bytes(config, false) + host_side_heap_bytes();
		need.shared_bytes += guest_region_bytes(config, bench->setup.bounce_bytes);
	}
	return datapath_claim_memory(&need, &bench->options.pages, &bench->setup.huge_pages);
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
	bench->setup = (struct side_setup){
		.workload = workload_find(options->experiment->workload),
		.socket_dir = options->socket_dir,
		.seed = options->experiment->measure.seed,
		.bounce_bytes = lanes_bounce_bytes(options->lanes),
		.placement = {.guest_cpu = options->cpu},
	};
	error = placement_find(&bench->setup.placement, any_inline(options->lanes));
	if (!error)
		error = list_traffics(bench);
	if (!error)
		error = seat_lanes(bench);
	if (!error)
		error = choose_memory(bench);
	if (!error)
		error = side_pairs_start(bench->pairs, bench->n_devices);
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

	*machine = (struct bench_machine){.huge_pages = bench->setup.huge_pages};
	placement_format(&bench->setup.placement, machine->placement, sizeof(machine->placement));
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

/* Has both sides run. */
static int
run_once(struct bench *bench, const struct seat *seat, struct slice *slice)
{
	static struct guest_slice guest;
	static struct host_slice host;
	struct side_pair *pair = &bench->pairs[seat->device];
	const struct host_turn turn = {
		.lane = seat->lane,
		.traffic = bench->traffic,
		.duration_ns = slice->duration_ns,
		.rate_pps = bench->rate_pps,
		.through_host_kernel =
			datapath_config_through_host_kernel(&pair->configs[seat->lane]),
	};
	int error = side_pair_run(pair, &turn, &guest, &host);

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
		  ATTEMPTS_MAX, bench->setup.placement.guest_cpu, bench->setup.placement.host_cpu);
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
