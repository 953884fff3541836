/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/workloads/udp_server.h"

#include <rte_arp.h>

/* A server that has no more state than this. */
struct server_state {
	struct udp_server server;
};

const struct counter udp_server_counters[] = {
	UDP_SERVER_COUNTERS(struct server_state, server),
	{0},
};

static bool
is_request_for_server(const struct rte_arp_hdr *arp)
{
	return arp->arp_hardware == RTE_BE16(RTE_ARP_HRD_ETHER) &&
	       arp->arp_protocol == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	       arp->arp_hlen == RTE_ETHER_ADDR_LEN && arp->arp_plen == sizeof(rte_be32_t) &&
	       arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST) &&
	       arp->arp_data.arp_tip == RTE_BE32(UDP_NET_GUEST_ADDRESS);
}

bool
udp_server_answer_arp(struct rte_mbuf *mbuf)
{
	struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ethernet + 1);

	if (mbuf->data_len < sizeof(*ethernet) + sizeof(*arp) ||
	    ethernet->ether_type != RTE_BE16(RTE_ETHER_TYPE_ARP) || !is_request_for_server(arp))
		return false;
	ethernet->dst_addr = arp->arp_data.arp_sha;
	ethernet->src_addr = udp_server_mac;
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	arp->arp_data.arp_tha = arp->arp_data.arp_sha;
	arp->arp_data.arp_tip = arp->arp_data.arp_sip;
	arp->arp_data.arp_sha = udp_server_mac;
	arp->arp_data.arp_sip = RTE_BE32(UDP_NET_GUEST_ADDRESS);
	return true;
}

static uint16_t
add(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;

	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/*
 * Segment by segment: one that begins at an odd byte has its sum's bytes swapped
 * (RFC 1071, 2). rte_raw_cksum_mbuf() of DPDK 22.11 loses its carry there.
 */
uint16_t
udp_server_sum(const struct rte_mbuf *mbuf, const struct rte_ipv4_hdr *ip,
	       const struct rte_udp_hdr *udp)
{
	uint32_t left = rte_be_to_cpu_16(udp->dgram_len), done = 0;
	uint32_t offset = (uint32_t)((const uint8_t *)udp - rte_pktmbuf_mtod(mbuf, uint8_t *));
	uint16_t sum = rte_ipv4_phdr_cksum(ip, 0);

	for (const struct rte_mbuf *segment = mbuf; left; segment = segment->next, offset = 0) {
		uint32_t n = RTE_MIN(left, (uint32_t)segment->data_len - offset);
		uint16_t part =
			rte_raw_cksum(rte_pktmbuf_mtod_offset(segment, uint8_t *, offset), n);

		sum = add(sum, done % 2 ? rte_bswap16(part) : part);
		done += n;
		left -= n;
	}
	return sum;
}
