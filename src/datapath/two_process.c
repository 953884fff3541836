/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/two_process.h"

#include <errno.h>
#include <math.h>
#include <string.h>
int
two_process_merge(const struct guest_slice *guest, const struct host_slice *host,
		  struct slice *slice)
{
	uint64_t offered = host->sent + host->not_taken,
		 lost = host->not_taken + host->path_dropped + guest->dropped;

	*slice = (struct slice){
		.duration_ns = slice->duration_ns,
		.latencies = slice->latencies,
		.guest_cycles_per_packet = guest->cycles_per_packet,
		.host_cycles_per_packet = host->cycles_per_packet,
		.bursts = guest->bursts,
		.packets_in = offered + host->filler,
		.packets_out = host->returned,
		.packets_kept = guest->kept,
		.packets_dropped = lost,
		.packets_offered = offered,
		.packets_lost = host->lost,
		.packets_not_taken = host->not_taken,
		.packets_unsent = host->unsent,
		.host_longest_turn_ns = host->longest_turn_ns,
		.counted_packets = guest->counted_packets,
		.n_counters = guest->n_counters,
		.shadow = guest->shadow,
		.packets_per_second = host->packets_per_second,
		.loss_share = (double)lost / (double)offered,
		.guest_busy_share = guest->busy_share,
		.round_trip_cycles = host->round_trip_cycles,
	};
	memcpy(slice->counters, guest->counters, sizeof(slice->counters));
	if (slice->latencies)
		memcpy(slice->latencies, &host->latencies, sizeof(host->latencies));
	if (slice_check(slice))
		return -ENODATA;
	return isfinite(guest->cycles_per_packet) && isfinite(host->cycles_per_packet) ? 0 :
											 -EAGAIN;
}
