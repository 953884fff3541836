/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "base/counter.h"
#include "datapath/exits/exit.h"
#include "datapath/guest/port.h"
#include "datapath/guest/virtio_net.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/lockstep.h"
#include "datapath/sources/source.h"
#include "datapath/two_process.h"
#include "datapath/workloads/workload.h"
#include "probes/pmu.h"
#include "runner/commands/columns.h"
#include "runner/commands/list.h"
#include "runner/measure/latency_figures.h"
#include "runner/results/pair_metrics.h"

static void
add_counters(struct columns *columns, const char *prefix, const struct counter *table)
{
	char name[128], unit[64];

	for (const struct counter *counter = table; counter && counter->name; counter++) {
		snprintf(name, sizeof(name), "%s%s%s_per_packet", prefix, *prefix ? "." : "",
			 counter->name);
		snprintf(unit, sizeof(unit), "%s/packet", counter->unit);
		columns_row(columns, name, unit, counter->help);
	}
}

static void
add_latencies(struct columns *columns)
{
	char name[64];

	columns_row(columns, METRIC_LATENCY_FRAMES, "frames", "that the distribution is of");
	for (int i = 0; i < LATENCY_QUANTILES; i++) {
		snprintf(name, sizeof(name), METRIC_LATENCY_POOLED "%s_ns",
			 latency_quantiles[i].name);
		columns_row(columns, name, "ns", "of all slices of a restart together");
	}
	columns_row(columns, METRIC_LATENCY_POOLED "max_ns", "ns", "the same");
}

static void
add_throughput(struct columns *columns)
{
	static const char *const goals[] = {"ndr", "pdr"};
	char name[64];

	for (int i = 0; i < 2; i++) {
		for (const struct goal_metric *m = goal_metrics; m->ending; m++) {
			snprintf(name, sizeof(name), METRIC_THROUGHPUT "%s%s", goals[i], m->ending);
			columns_row(columns, name, m->unit, m->help);
		}
	}
	columns_row(columns, METRIC_SEARCH_TRIALS, "trials", "of the search for both");
	columns_row(columns, METRIC_SEARCH_COMPLETE, "flag", "1: bounds as close as asked for");
	columns_row(columns, METRIC_SEARCH_DURATION, "s", "that the search took");
	columns_row(columns, METRIC_THROUGHPUT_MAX, "packets/s", "sent as fast as possible");
}

void
list_metrics(struct columns *columns)
{
	static const char *const of[] = {
		[METRIC_OF_CONFIGURATION] = "the configuration's, per pair",
		[METRIC_OF_REFERENCE] = "the reference's, per pair",
		[METRIC_OF_BOTH] = "configuration over reference, per pair",
	};

	columns_row(columns, "metric", "unit", "what it is");
	for (const struct pair_metric *metric = pair_metrics; metric->name; metric++)
		columns_row(columns, metric->name, metric->unit, of[metric->of]);
	columns_row(columns, METRIC_SAME_DEVICE, "flag", "1: both took turns on one device");
	columns_row(columns, "packets_in", "packets", "offered by the host, whole slices");
	columns_row(columns, "packets_out", "packets", "back at the host");
	columns_row(columns, "packets_kept", "packets", "by the workload: for itself, or ignored");
	columns_row(columns, "packets_dropped", "packets",
		    "in = out + kept + dropped; drop.* say where");
	columns_row(columns, METRIC_SHADOW_BYTES, "bytes",
		    "private memory of the pools that is copied into, all queue pairs");
	columns_row(columns, METRIC_SHADOW_BYTES_PER_MBUF, "bytes/mbuf",
		    "the same for each mbuf, with its header and the pool's own");
	columns_row(columns, METRIC_KVM_EXITS, "exits/packet", "of the guest to KVM, traced");
	columns_row(columns, METRIC_TRACING_SHARE, "share", "of the trial, for tracing its exits");
	columns_row(columns, METRIC_DURATION, "ns", "of the trial, with what is not metered");
	add_latencies(columns);
	add_throughput(columns);
	add_counters(columns, "", lane_counters);
	add_counters(columns, "", guest_side_counters);
	add_counters(columns, "", port_counters);
	add_counters(columns, "exits", exit_counters);
	for (unsigned int i = 0; sources[i]; i++)
		add_counters(columns, sources[i]->name, sources[i]->counters);
	add_counters(columns, "fused", esp_fused_counters);
	add_counters(columns, "device", virtio_net_counters);
	for (const struct pmu_event *event = pmu_hardware_events; event->counter.name; event++)
		add_counters(columns, PMU_PREFIX, (struct counter[]){event->counter, {0}});
	for (unsigned int i = 0; workloads[i]; i++)
		add_counters(columns, workloads[i]->name, workloads[i]->counters);
}
