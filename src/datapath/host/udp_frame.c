/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/udp_frame.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_byteorder.h>

#include "datapath/workloads/udp_net.h"

static const struct rte_ether_addr client_mac = {UDP_NET_CLIENT_MAC};
static const struct rte_ether_addr guest_mac = {UDP_NET_GUEST_MAC};

#define FRAGMENT RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)

void
udp_headers_write(struct udp_headers *headers, uint16_t client_port, uint16_t payload_bytes)
{
	uint16_t udp_bytes = (uint16_t)(sizeof(headers->udp) + payload_bytes);

	*headers = (struct udp_headers){
		.ethernet = {.dst_addr = guest_mac,
			     .src_addr = client_mac,
			     .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4)},
		.ip = {.version_ihl = RTE_IPV4_VHL_DEF,
		       .total_length =
			       rte_cpu_to_be_16((uint16_t)(sizeof(headers->ip) + udp_bytes)),
		       .fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
		       .time_to_live = 64,
		       .next_proto_id = IPPROTO_UDP,
		       .src_addr = RTE_BE32(UDP_NET_CLIENT_ADDRESS),
		       .dst_addr = RTE_BE32(UDP_NET_GUEST_ADDRESS)},
		.udp = {.src_port = rte_cpu_to_be_16(client_port),
			.dst_port = RTE_BE16(UDP_NET_GUEST_PORT),
			.dgram_len = rte_cpu_to_be_16(udp_bytes)},
	};
	headers->ip.hdr_checksum = rte_ipv4_cksum(&headers->ip);
}

void
udp_headers_add_checksum(struct udp_headers *headers)
{
	headers->udp.dgram_cksum = 0;
	headers->udp.dgram_cksum = rte_ipv4_udptcp_cksum(&headers->ip, &headers->udp);
}

/* Are the two fields found those two, in this order or swapped? */
static bool
either_way(const void *found_a, const void *found_b, const void *a, const void *b, size_t bytes)
{
	if (!memcmp(found_a, a, bytes))
		return !memcmp(found_b, b, bytes);
	return !memcmp(found_a, b, bytes) && !memcmp(found_b, a, bytes);
}

static bool
ethernet_is_ours(const struct rte_ether_hdr *ethernet)
{
	return either_way(&ethernet->dst_addr, &ethernet->src_addr, &guest_mac, &client_mac,
			  sizeof(guest_mac));
}

static bool
addresses_are_ours(const struct rte_ipv4_hdr *ip)
{
	const rte_be32_t client = RTE_BE32(UDP_NET_CLIENT_ADDRESS),
			 guest = RTE_BE32(UDP_NET_GUEST_ADDRESS);

	return either_way(&ip->src_addr, &ip->dst_addr, &client, &guest, sizeof(client));
}

/* A frame is as long as what it carries, or filled up to Ethernet's shortest. */
static bool
lengths_agree(const struct udp_headers *headers, uint32_t length_bytes)
{
	uint32_t ip_bytes = rte_be_to_cpu_16(headers->ip.total_length);
	uint32_t frame_bytes = (uint32_t)sizeof(headers->ethernet) + ip_bytes;

	return frame_bytes >= sizeof(*headers) &&
	       rte_be_to_cpu_16(headers->udp.dgram_len) == ip_bytes - sizeof(headers->ip) &&
	       (length_bytes == frame_bytes ||
		(frame_bytes < UDP_FRAME_BYTES_MIN && length_bytes == UDP_FRAME_BYTES_MIN));
}

static bool
ip_is_whole(const struct rte_ipv4_hdr *ip)
{
	return ip->version_ihl == RTE_IPV4_VHL_DEF && ip->next_proto_id == IPPROTO_UDP &&
	       !(ip->fragment_offset & FRAGMENT) && rte_raw_cksum(ip, sizeof(*ip)) == 0xffff;
}

static bool
udp_is_whole(const struct udp_headers *headers)
{
	const struct rte_udp_hdr *udp = &headers->udp;
	const rte_be16_t server = RTE_BE16(UDP_NET_GUEST_PORT);

	return (udp->dst_port == server || udp->src_port == server) &&
	       (!udp->dgram_cksum || !rte_ipv4_udptcp_cksum_verify(&headers->ip, udp));
}

bool
udp_frame_read(const uint8_t *bytes, uint32_t length_bytes, struct udp_datagram *datagram)
{
	const struct udp_headers *headers = (const struct udp_headers *)bytes;
	const struct rte_udp_hdr *udp = &headers->udp;

	if (length_bytes < sizeof(*headers) || !ethernet_is_ours(&headers->ethernet) ||
	    headers->ethernet.ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    !ip_is_whole(&headers->ip) || !addresses_are_ours(&headers->ip) ||
	    !lengths_agree(headers, length_bytes) || !udp_is_whole(headers))
		return false;
	*datagram = (struct udp_datagram){
		.client_port = rte_be_to_cpu_16(udp->dst_port == RTE_BE16(UDP_NET_GUEST_PORT) ?
							udp->src_port :
							udp->dst_port),
		.payload_bytes = (uint16_t)(rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp)),
		.payload = bytes + sizeof(*headers),
	};
	return true;
}

bool
udp_frame_resembles(const uint8_t *bytes, uint32_t length_bytes)
{
	const struct udp_headers *headers = (const struct udp_headers *)bytes;
	const rte_be32_t guest = RTE_BE32(UDP_NET_GUEST_ADDRESS);

	if (length_bytes < sizeof(headers->ethernet))
		return false;
	if (ethernet_is_ours(&headers->ethernet))
		return true;
	return length_bytes >= sizeof(headers->ethernet) + sizeof(headers->ip) &&
	       headers->ethernet.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	       (headers->ip.dst_addr == guest || headers->ip.src_addr == guest);
}
