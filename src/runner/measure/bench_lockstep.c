/* SPDX-License-Identifier: BSD-3-Clause */
/* Guest and host in one thread: datapath/lockstep.h as a bench. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "datapath/eal.h"
#include "datapath/host/traffic.h"
#include "datapath/huge_pages.h"
#include "datapath/lockstep.h"
#include "probes/pmu.h"
#include "runner/measure/bench.h"

#define WARMUP_BURSTS 16

/* One frame in this many is compared whole; its length, of each. */
#define VERIFY_EVERY 64

struct bench {
	struct bench_options options;
	struct pmu pmu; /* of guest and host together */
	struct counter_source counters;
	struct lockstep *lockstep;
	struct lane *lanes[]; /* by lane */
};

static void
close_bench(void *arg)
{
	struct bench *bench = arg;

	lockstep_close(bench->lockstep);
	pmu_close(&bench->pmu);
	free(bench);
}

static int
open_lanes(struct bench *bench)
{
	const struct lanes *lanes = bench->options.lanes;
	int error = 0;

	for (uint32_t i = 0; !error && i < lanes->n; i++)
		error = lockstep_add(bench->lockstep, &lanes->planned[i].config, "vhost-user",
				     lanes->planned[i].kind == LANE_OWN_DEVICE, &bench->lanes[i]);
	return error;
}

/* Its heap may not grow later: it begins with what all devices need. */
static int
start_dpdk(const struct bench_options *options)
{
	struct memory_need need = {.heap_huge_bytes = LOCKSTEP_HEAP_BYTES,
				   .heap_plain_bytes = LOCKSTEP_HEAP_BYTES};
	bool huge_pages;
	int error;

	lanes_add_need(options->lanes, &need);
	error = datapath_claim_memory(&need, &options->pages, &huge_pages);
	if (error)
		return error;
	datapath_set_memory(huge_pages ? need.heap_huge_bytes : need.heap_plain_bytes, huge_pages);
	return datapath_start(options->cpu, options->socket_dir, need.shared_bytes);
}

static int
open_bench(const struct bench_options *options, void **out)
{
	const struct lanes *lanes = options->lanes;
	struct lockstep_options lockstep = {
		.socket_dir = options->socket_dir,
		.workload = options->experiment->workload,
		.verify_every = VERIFY_EVERY,
		.bounce_bytes = lanes_bounce_bytes(lanes),
	};
	struct bench *bench = calloc(1, sizeof(*bench) + lanes->n * sizeof(bench->lanes[0]));
	int error;

	if (!bench) {
		log_error("not enough memory to measure %u lanes", lanes->n);
		return -ENOMEM;
	}
	bench->options = *options;
	for (uint32_t i = 0; i < lanes->n; i++)
		datapath_expect(&lanes->planned[i].config);
	pmu_open(&bench->pmu, pmu_hardware_events);
	bench->counters = pmu_counter_source(&bench->pmu);
	lockstep.counters = &bench->counters;
	error = start_dpdk(options);
	if (!error)
		error = lockstep_open(&lockstep, &bench->lockstep);
	if (!error)
		error = open_lanes(bench);
	if (error)
		close_bench(bench);
	else
		*out = bench;
	return error;
}

static void
machine(const void *bench, struct bench_machine *machine)
{
	(void)bench;
	*machine = (struct bench_machine){.huge_pages = datapath_huge_pages()};
}

static int
set_traffic(void *arg, uint32_t cell)
{
	struct bench *bench = arg;

	return lockstep_set_traffic(bench->lockstep, &bench->options.traffics[cell]);
}

static int
run_slice(void *arg, uint32_t lane, struct slice *slice)
{
	struct bench *bench = arg;
	int error;

	slice->warmup_bursts = WARMUP_BURSTS;
	error = lane_slice(bench->lanes[lane], slice);
	return error ? error : pmu_check(&bench->pmu);
}

static bool
same_device(const void *arg, uint32_t a, uint32_t b)
{
	const struct bench *bench = arg;

	return lane_same_device(bench->lanes[a], bench->lanes[b]);
}

static const char *
conflict(const struct datapath_config *config)
{
	if (config->device == DEVICE_ETHDEV)
		return "there the host is a vhost backend, allowed: device: vhost-user, "
		       "virtio-user";
	if (config->esp.crypto == ESP_CRYPTO_INLINE)
		return "esp_crypto: inline is a thread of its own, and there is one thread, "
		       "allowed: topology: two-process, or esp_crypto: cpu";
	return NULL;
}

extern const struct bench_ops bench_lockstep;

const struct bench_ops bench_lockstep = {
	.topology = "lockstep",
	.help = "guest and host in one thread, burst by burst, each metered apart",
	.slice_option = {.name = "slice",
			 .type = OPTION_TIME,
			 .offset = offsetof(struct measure, slice_ns),
			 .preset = "200 us",
			 .min = 50e3,
			 .max = 10e6,
			 .help = "metered time of a configuration's turn"},
	/* Filling, warm-up, the host's side and draining; DPDK starts, and devices connect. */
	.slice_overhead = 2.5,
	.restart_s = 1,
	/* What a heavy configuration did to caches and clock lasts for several milliseconds. */
	.settle_ns = 10000000,
	.conflict = conflict,
	.open = open_bench,
	.close = close_bench,
	.machine = machine,
	.set_traffic = set_traffic,
	.slice = run_slice,
	.same_device = same_device,
};
