/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/quad.h"

#include <math.h>

static double
geometric_ratio(double b1, double b2, double a1, double a2)
{
	return sqrt(b1 * b2 / (a1 * a2));
}

static void
fill_figures(struct side_figures *figures, const struct slice *first, const struct slice *second)
{
	*figures = (struct side_figures){
		.guest_cycles_per_packet =
			(first->guest_cycles_per_packet + second->guest_cycles_per_packet) / 2,
		.host_cycles_per_packet =
			(first->host_cycles_per_packet + second->host_cycles_per_packet) / 2,
		.packets_per_second = (first->packets_per_second + second->packets_per_second) / 2,
		.loss_share = (first->loss_share + second->loss_share) / 2,
		.guest_busy_share = (first->guest_busy_share + second->guest_busy_share) / 2,
		.round_trip_cycles = (first->round_trip_cycles + second->round_trip_cycles) / 2,
		.latency = latency_figures_none(),
		.send_delay = latency_figures_none(),
	};
}

/* first += second, which a side's figures are of; and pooled over the trial. */
static void
fill_latencies(struct side_figures *figures, struct latencies *first,
	       const struct latencies *second, struct histogram *pooled)
{
	histogram_merge(&first->round_trip, &second->round_trip);
	histogram_merge(&first->send_delay, &second->send_delay);
	latency_figures_take(&figures->latency, &first->round_trip);
	latency_figures_take(&figures->send_delay, &first->send_delay);
	histogram_merge(pooled, &first->round_trip);
}

void
quad_figures(const struct quad *quad, struct pair *pair)
{
	const struct slice *a1 = &quad->a1.slice, *a2 = &quad->a2.slice;
	const struct slice *b1 = &quad->b1.slice, *b2 = &quad->b2.slice;

	*pair = (struct pair){
		.guest_ratio =
			geometric_ratio(b1->guest_cycles_per_packet, b2->guest_cycles_per_packet,
					a1->guest_cycles_per_packet, a2->guest_cycles_per_packet),
		.host_ratio =
			geometric_ratio(b1->host_cycles_per_packet, b2->host_cycles_per_packet,
					a1->host_cycles_per_packet, a2->host_cycles_per_packet),
		.latency_ratio = latency_figures_none(),
	};
	fill_figures(&pair->configuration, b1, b2);
	fill_figures(&pair->reference, a1, a2);
}

void
quad_latencies(struct quad *quad, struct pair *pair, struct histogram *configuration,
	       struct histogram *reference)
{
	fill_latencies(&pair->configuration, &quad->b1.latencies, &quad->b2.latencies,
		       configuration);
	fill_latencies(&pair->reference, &quad->a1.latencies, &quad->a2.latencies, reference);
	pair->latency_ratio = pair->configuration.latency;
	latency_figures_divide(&pair->latency_ratio, &pair->reference.latency);
}

static void
add_counters(struct trial *trial, const struct slice *slice)
{
	for (uint32_t i = 0; i < slice->n_counters; i++) {
		uint64_t before = trial->n_counters ? trial->counters[i].count : 0;

		trial->counters[i] = slice->counters[i];
		trial->counters[i].count += before;
	}
	trial->n_counters = slice->n_counters;
	trial->shadow = slice->shadow;
	trial->packets += slice->counted_packets;
	trial->packets_in += slice->packets_in;
	trial->packets_out += slice->packets_out;
	trial->packets_kept += slice->packets_kept;
	trial->packets_dropped += slice->packets_dropped;
}

void
quad_count(const struct quad *quad, struct trial *trial)
{
	add_counters(trial, &quad->b1.slice);
	add_counters(trial, &quad->b2.slice);
}
