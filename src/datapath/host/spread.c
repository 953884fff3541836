/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/spread.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_thash.h>

/* The key of Microsoft's RSS verification suite, which drivers use as their default. */
static const uint8_t key[] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* A part of a datagram: more follow, or this is not the first. */
#define FRAGMENT RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)

uint32_t
spread_hash(const uint8_t *frame, uint32_t length_bytes)
{
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	uint32_t words[RTE_THASH_V4_L4_LEN] = {0}; /* in the CPU's order: the hash wants it so */
	uint16_t ports[2];

	if (length_bytes < sizeof(ethernet) + sizeof(ip))
		return 0;
	memcpy(&ethernet, frame, sizeof(ethernet));
	memcpy(&ip, frame + sizeof(ethernet), sizeof(ip));
	if (ethernet.ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return 0;
	words[0] = rte_be_to_cpu_32(ip.src_addr);
	words[1] = rte_be_to_cpu_32(ip.dst_addr);

	uint32_t ports_at = (uint32_t)sizeof(ethernet) + rte_ipv4_hdr_len(&ip);
	bool has_ports = (ip.next_proto_id == IPPROTO_UDP || ip.next_proto_id == IPPROTO_TCP) &&
			 !(ip.fragment_offset & FRAGMENT) &&
			 length_bytes >= ports_at + sizeof(ports);

	if (!has_ports)
		return rte_softrss(words, RTE_THASH_V4_L3_LEN, key);
	memcpy(ports, frame + ports_at, sizeof(ports));
	words[2] = (uint32_t)rte_be_to_cpu_16(ports[0]) << 16 | rte_be_to_cpu_16(ports[1]);
	return rte_softrss(words, RTE_THASH_V4_L4_LEN, key);
}

void
spread_set(struct spread *spread, unsigned int n_queues)
{
	for (unsigned int i = 0; i < SPREAD_TABLE_ENTRIES; i++)
		spread->table[i] = (uint8_t)(i % n_queues);
}
