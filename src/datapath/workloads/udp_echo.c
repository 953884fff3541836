/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A UDP echo server (RFC 862) of its own on the bare link: a datagram goes back with
 * its addresses and ports swapped and all else, payload and what fills the frame up,
 * as it was. Neither checksum changes by that: a sum has no order.
 */
#include <string.h>

#include "datapath/host/udp_frame.h"
#include "datapath/workloads/udp_echo.h"
#include "datapath/workloads/udp_server.h"

static __rte_always_inline void
turn_around(struct rte_mbuf *mbuf, struct rte_udp_hdr *udp)
{
	struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ethernet + 1);
	rte_be32_t address = ip->src_addr;
	rte_be16_t port = udp->src_port;

	ethernet->dst_addr = ethernet->src_addr;
	ethernet->src_addr = udp_server_mac;
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = address;
	udp->src_port = udp->dst_port;
	udp->dst_port = port;
}

uint16_t
udp_echo_burst(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n)
{
	struct udp_server *server = (struct udp_server *)state;
	uint16_t to_send = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *mbuf = bufs[i];
		struct rte_udp_hdr *udp = udp_server_take(server, mbuf);

		if (likely(udp)) {
			turn_around(mbuf, udp);
			bufs[to_send++] = mbuf;
		} else if (udp_server_answer_arp(mbuf)) {
			server->foreign--;
			server->arp_answered++;
			bufs[to_send++] = mbuf;
		} else {
			rte_pktmbuf_free(mbuf);
		}
	}
	return to_send;
}

/* The answer may be a kernel's, which fills no frame up and gives it checksums of its own. */
bool
udp_echo_matches(const uint8_t *sent, uint16_t sent_bytes, const uint8_t *back, uint16_t back_bytes)
{
	const struct udp_headers *there = (const struct udp_headers *)sent,
				 *here = (const struct udp_headers *)back;
	struct udp_datagram question, answer;

	return udp_frame_read(sent, sent_bytes, &question) &&
	       udp_frame_read(back, back_bytes, &answer) &&
	       rte_is_same_ether_addr(&here->ethernet.dst_addr, &there->ethernet.src_addr) &&
	       here->ip.dst_addr == there->ip.src_addr &&
	       here->udp.dst_port == there->udp.src_port &&
	       answer.payload_bytes == question.payload_bytes &&
	       !memcmp(answer.payload, question.payload, question.payload_bytes);
}

extern const struct workload workload_udp_echo;

const struct workload workload_udp_echo = {
	.name = "udp_echo",
	.help = "a UDP echo server: datagrams to 10.18.0.1 port 7 go back to their sender",
	.counters = udp_server_counters,
	.answers = true,
	.udp = true,
	.burst = udp_echo_burst,
	.matches = udp_echo_matches,
};
