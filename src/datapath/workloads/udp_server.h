/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a UDP server on the bare link needs of a network stack: it tells datagrams to
 * its own address and port (udp_net.h), whole by lengths and checksums, from all other
 * frames, and answers ARP requests for its address (RFC 826), so that an ordinary
 * client finds it. It knows no fragments and sends no ICMP.
 */
#ifndef FOLIO_DATAPATH_UDP_SERVER_H
#define FOLIO_DATAPATH_UDP_SERVER_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "datapath/workloads/udp_net.h"
#include "datapath/workloads/workload.h"

/* The start of such a workload's state. */
struct udp_server {
	uint64_t datagrams, payload_bytes;
	uint64_t arp_answered;
	uint64_t foreign;
	uint64_t damaged;
};

_Static_assert(sizeof(struct udp_server) <= sizeof(struct workload_state), "a state fits");

/* Lines of a counter table, over a state of that type that has a server as member. */
#define UDP_SERVER_COUNTERS(type, member)                                                          \
	{"datagrams", offsetof(type, member.datagrams), "packets",                                 \
	 "for the server's address and port, whole"},                                              \
		{"payload_bytes", offsetof(type, member.payload_bytes), "bytes", "in them"},       \
		{"arp_answered", offsetof(type, member.arp_answered), "packets",                   \
		 "ARP requests for the server's address, answered"},                               \
		{"foreign", offsetof(type, member.foreign), "packets",                             \
		 "none for the server, or in fragments: ignored"},                                 \
	{                                                                                          \
		"damaged", offsetof(type, member.damaged), "packets",                              \
			"for the server's address, with a wrong length or checksum: ignored"       \
	}

extern const struct counter udp_server_counters[];

/* Makes an ARP request for the server's address its answer. Returns whether it was one. */
bool udp_server_answer_arp(struct rte_mbuf *mbuf);

/* RFC 768's sum over pseudo header and datagram, both within the frame. All ones: it is right. */
uint16_t udp_server_sum(const struct rte_mbuf *mbuf, const struct rte_ipv4_hdr *ip,
			const struct rte_udp_hdr *udp);

static const struct rte_ether_addr udp_server_mac = {UDP_NET_GUEST_MAC};

/* Is the datagram, whose headers are at ip and udp, whole? RFC 1122, 3.2.1.2 and 4.1.3.4. */
static inline bool
udp_server_is_whole(const struct rte_mbuf *mbuf, const struct rte_ipv4_hdr *ip,
		    const struct rte_udp_hdr *udp)
{
	uint16_t ip_bytes = rte_be_to_cpu_16(ip->total_length), header_bytes = rte_ipv4_hdr_len(ip);
	uint16_t udp_bytes = rte_be_to_cpu_16(udp->dgram_len);

	if (unlikely(rte_raw_cksum(ip, header_bytes) != 0xffff ||
		     ip_bytes > mbuf->pkt_len - sizeof(struct rte_ether_hdr) ||
		     udp_bytes < sizeof(*udp) || udp_bytes != ip_bytes - header_bytes))
		return false;
	return !udp->dgram_cksum || udp_server_sum(mbuf, ip, udp) == 0xffff;
}

/*
 * The UDP header of a datagram to the server, whole and in the first segment; NULL for
 * anything else, which is counted.
 */
static __rte_always_inline struct rte_udp_hdr *
udp_server_take(struct udp_server *server, struct rte_mbuf *mbuf)
{
	struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ethernet + 1);
	struct rte_udp_hdr *udp;

	if (unlikely(mbuf->data_len < sizeof(*ethernet) + sizeof(*ip) + sizeof(*udp) ||
		     ethernet->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
		     ip->version_ihl >> 4 != IPVERSION || rte_ipv4_hdr_len(ip) < sizeof(*ip) ||
		     ip->next_proto_id != IPPROTO_UDP ||
		     ip->dst_addr != RTE_BE32(UDP_NET_GUEST_ADDRESS) ||
		     !rte_is_same_ether_addr(&ethernet->dst_addr, &udp_server_mac) ||
		     ip->fragment_offset &
			     RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK) ||
		     mbuf->data_len < sizeof(*ethernet) + rte_ipv4_hdr_len(ip) + sizeof(*udp))) {
		server->foreign++;
		return NULL;
	}
	udp = (struct rte_udp_hdr *)((uint8_t *)ip + rte_ipv4_hdr_len(ip));
	if (unlikely(!udp_server_is_whole(mbuf, ip, udp))) {
		server->damaged++;
		return NULL;
	}
	if (unlikely(udp->dst_port != RTE_BE16(UDP_NET_GUEST_PORT))) {
		server->foreign++;
		return NULL;
	}
	server->datagrams++;
	server->payload_bytes += rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp);
	return udp;
}

#endif
