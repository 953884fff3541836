/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/workloads/work.h"

const struct counter work_counters[] = {
	{"packets", offsetof(struct work, packets), "packets", "that the application worked on"},
	{"cycles", offsetof(struct work, cycles), "cycles", "that its work was set to take"},
	{0},
};

static uint16_t
work_burst(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n)
{
	struct work *work = (struct work *)(void *)state;
	uint64_t cycles = n * work->cycles_per_packet;

	spend(&work->spender, cycles);
	work->packets += n;
	work->cycles += cycles;
	return work->then.burst(work->then.state, bufs, n);
}

void
work_open(struct work *work, uint64_t cycles_per_packet)
{
	*work = (struct work){.cycles_per_packet = cycles_per_packet};
	if (cycles_per_packet)
		spender_open(&work->spender);
}

struct application
work_before(struct work *work, struct application application)
{
	if (!work->cycles_per_packet)
		return application;
	work->then = application;
	return (struct application){work_burst, (struct workload_state *)(void *)work};
}
