/* SPDX-License-Identifier: BSD-3-Clause */
/* A UDP server that takes datagrams, counts them and answers none: what receiving alone costs. */
#include "datapath/workloads/udp_server.h"

static uint16_t
udp_sink_burst(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n)
{
	struct udp_server *server = (struct udp_server *)state;
	uint16_t to_send = 0, to_free = 0;
	struct rte_mbuf *taken[n];

	for (uint16_t i = 0; i < n; i++) {
		if (unlikely(!udp_server_take(server, bufs[i]) && udp_server_answer_arp(bufs[i]))) {
			server->foreign--;
			server->arp_answered++;
			bufs[to_send++] = bufs[i];
		} else {
			taken[to_free++] = bufs[i];
		}
	}
	rte_pktmbuf_free_bulk(taken, to_free);
	return to_send;
}

extern const struct workload workload_udp_sink;

const struct workload workload_udp_sink = {
	.name = "udp_sink",
	.help = "a UDP server that takes datagrams to 10.18.0.1 port 7, and answers none",
	.counters = udp_server_counters,
	.udp = true,
	.burst = udp_sink_burst,
};
