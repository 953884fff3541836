/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's process of the two-process topology: one thread that serves all queue pairs. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/exit_area.h"
#include "base/log.h"
#include "datapath/burst_meter.h"
#include "datapath/eal.h"
#include "datapath/forward.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port_inline.h"
#include "datapath/huge_pages.h"
#include "datapath/two_process.h"

#define CONNECT_TIMEOUT_MS 20000

/* How long the device may hold buffers while the host uses them up. */
#define DRAIN_NS 2000000000u

/* DPDK's own, and the sources'. */
#define HEAP_BYTES ((size_t)16 << 20)

struct guest_lane {
	struct port ports[QUEUES_MAX];
	struct tally tally;
	struct workload_state workload_state;
	struct application applications[QUEUES_MAX];
	uint64_t kept;      /* by the workload */
	uint64_t not_taken; /* forwarded, but the device had no room */
};

const struct counter guest_side_counters[] = {
	{"drop.tx_full", offsetof(struct guest_lane, not_taken), "packets",
	 "to be sent, but the device had no room"},
	{0},
};

struct guest_side {
	struct guest_side_options options;
	unsigned int n_queues;
	struct guest guest;
	struct burst_meter meter;
	struct guest_lane lanes[]; /* options.n_configs */
};

size_t
guest_side_heap_bytes(const struct datapath_config *config, bool huge_pages)
{
	struct memory_need need = {0};

	guest_add_need(config, 0, &need);
	return HEAP_BYTES + (huge_pages ? need.heap_huge_bytes : need.heap_plain_bytes);
}

int
guest_side_open(const struct guest_side_options *options, struct guest_side **out)
{
	const struct guest_options guest = {
		.config = &options->configs[0],
		.bounce_bytes = options->bounce_bytes,
		.path = options->common.socket,
	};
	struct guest_side *side =
		calloc(1, sizeof(*side) + options->n_configs * sizeof(side->lanes[0]));
	int error;

	if (!side)
		return -ENOMEM;
	side->options = *options;
	side->n_queues = options->configs[0].queues;
	datapath_set_memory(guest_side_heap_bytes(&options->configs[0], options->common.huge_pages),
			    options->common.huge_pages);
	error = datapath_start(options->cpu, options->common.runtime_dir, 0);
	if (!error)
		error = guest_open(&side->guest, &guest);
	*out = side;
	return error;
}

static int
open_lane(struct guest_side *side, uint32_t index)
{
	const struct workload *workload = side->options.workload;
	struct guest_lane *lane = &side->lanes[index];
	struct application application;
	int error = workload_open(workload, &side->options.configs[index], &lane->workload_state,
				  &application);

	for (unsigned int q = 0; !error && q < side->n_queues; q++) {
		const struct port_options options = {.guest = &side->guest,
						     .queue = q,
						     .config = &side->options.configs[index],
						     .own_host = true,
						     .crypto_cpu = side->options.crypto_cpu};

		error = port_open(&lane->ports[q], &options);
		lane->applications[q] = forward_application(&lane->ports[q], &application);
	}
	if (error)
		return error;
	tally_add(&lane->tally, "", guest_side_counters, lane);
	if (workload->counters)
		tally_add(&lane->tally, workload->name, workload->counters, &lane->workload_state);
	tally_add_ports(&lane->tally, lane->ports, side->n_queues);
	if (side->options.counters)
		tally_add_source(&lane->tally, side->options.counters);
	return 0;
}

int
guest_side_connect(struct guest_side *side)
{
	int error = guest_connect(&side->guest, side->options.common.iommu, CONNECT_TIMEOUT_MS);

	for (uint32_t i = 0; !error && i < side->options.n_configs; i++)
		error = open_lane(side, i);
	return error;
}

/* One burst of each queue pair. */
static inline void
forward_all(struct guest_side *side, struct guest_lane *lane, uint16_t n)
{
	for (unsigned int q = 0; q < side->n_queues; q++) {
		struct port *port = &lane->ports[q];
		uint64_t start = clock_tsc() - port->asleep_cycles;
		struct forwarded forwarded = forward_burst(port, &lane->applications[q], n);

		if (!forwarded.in)
			continue;
		burst_meter_add(&side->meter, clock_tsc() - port->asleep_cycles - start,
				forwarded.in);
		lane->kept += forwarded.kept;
		lane->not_taken += forwarded.not_taken;
	}
}

static inline enum slice_phase
phase(const struct guest_side *side)
{
	return atomic_load_explicit(&side->options.common.signals->phase, memory_order_acquire);
}

/* The host numbers them from 1 on. */
static void
answer_round_trips(struct slice_signals *signals)
{
	unsigned int last = 0, ping;

	do {
		ping = atomic_load_explicit(&signals->ping, memory_order_acquire);
		if (ping != last)
			atomic_store_explicit(&signals->pong, ping, memory_order_release);
		last = ping;
	} while (ping != ROUND_TRIPS);
}

static uint64_t
drops(const struct guest_side *side, const struct guest_lane *lane)
{
	uint64_t sum = lane->not_taken;

	for (unsigned int q = 0; q < side->n_queues; q++) {
		const struct port *port = &lane->ports[q];

		sum += port->drop_no_shadow + port->drop_no_temporary + port->drop_unsendable;
	}
	return sum;
}

/* Frames that nobody wanted: a port that decrypts takes them for itself as the workload does. */
static uint64_t
kept(const struct guest_side *side, const struct guest_lane *lane)
{
	uint64_t sum = lane->kept;

	for (unsigned int q = 0; q < side->n_queues; q++)
		sum += lane->ports[q].drop_esp;
	return sum;
}

/* Bursts of crypto threads, which are the guest's work, too. */
static void
meter_crypto(struct guest_side *side, struct guest_lane *lane, bool on)
{
	for (unsigned int q = 0; q < side->n_queues; q++)
		if (lane->ports[q].crypto)
			port_inline_meter(lane->ports[q].crypto, on);
}

/* Drained, they are paused. An association is one queue's: there is one thread at most. */
static double
crypto_cycles_per_packet(struct guest_lane *lane)
{
	return lane->ports[0].crypto ? port_inline_cycles_per_packet(lane->ports[0].crypto) : 0;
}

static void
meter(struct guest_side *side, struct guest_lane *lane, uint16_t n, struct guest_slice *slice)
{
	burst_meter_reset(&side->meter);
	slice->n_counters = tally_begin(&lane->tally, slice->counters);
	exit_area_begin_metered();
	meter_crypto(side, lane, true);

	uint64_t start = clock_tsc();

	while (phase(side) == PHASE_METERED)
		forward_all(side, lane, n);

	uint64_t cycles = clock_tsc() - start;

	meter_crypto(side, lane, false);
	exit_area_end_metered();
	tally_end(&lane->tally, slice->counters);
	slice->shadow = port_shadow_memory(lane->ports, side->n_queues);
	slice->busy_share = (double)side->meter.cycles / (double)cycles;
	slice->bursts = (uint32_t)side->meter.bursts;
	slice->counted_packets = side->meter.packets;
	slice->cycles_per_packet = burst_meter_middle_half(&side->meter);
}

static bool
drained(struct guest_side *side, struct guest_lane *lane)
{
	bool all = true;

	for (unsigned int q = 0; q < side->n_queues; q++)
		all &= port_drained(&lane->ports[q]);
	return all;
}

static int
drain(struct guest_side *side, struct guest_lane *lane, uint16_t n)
{
	uint64_t until_ns = clock_monotonic_ns() + DRAIN_NS;

	for (unsigned int q = 0; q < side->n_queues; q++)
		port_drain(&lane->ports[q]);
	while (!drained(side, lane)) {
		forward_all(side, lane, n);
		if (clock_monotonic_ns() < until_ns)
			continue;
		if (guest_peer_gone(&side->guest)) {
			log_error("the host went away while packets flowed");
			return -EPIPE;
		}
		log_error("packets no longer flow: the host leaves buffers unused");
		return -ETIMEDOUT;
	}
	return 0;
}

int
guest_side_slice(struct guest_side *side, uint32_t index, struct guest_slice *slice)
{
	struct slice_signals *signals = side->options.common.signals;
	uint16_t n = (uint16_t)side->options.configs[index].burst;
	struct guest_lane *lane = &side->lanes[index];
	uint64_t dropped_before = drops(side, lane), kept_before = kept(side, lane);
	int error = 0;

	for (unsigned int q = 0; !error && q < side->n_queues; q++)
		error = port_attach(&lane->ports[q]);
	if (error)
		return error;
	/* The host finds buffers posted once it has had its round trips. */
	forward_all(side, lane, n);
	answer_round_trips(signals);
	while (phase(side) == PHASE_WARM_UP)
		forward_all(side, lane, n);
	meter(side, lane, n, slice);
	atomic_store_explicit(&signals->settled, 1, memory_order_release);
	error = drain(side, lane, n);
	if (!error)
		slice->cycles_per_packet += crypto_cycles_per_packet(lane);
	slice->dropped = drops(side, lane) - dropped_before;
	slice->kept = kept(side, lane) - kept_before;
	atomic_store_explicit(&signals->drained, 1, memory_order_release);
	return error;
}
