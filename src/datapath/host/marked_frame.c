/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/marked_frame.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "datapath/host/crc32c.h"

#define SOURCE_NETWORK 0xc6120000u /* 198.18.0.0 */
#define DESTINATION 0xc6130001u    /* 198.19.0.1 */
#define PORT_DISCARD 9
#define CRC_START 0xffffffffu

struct headers {
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
};

struct payload {
	rte_le64_t number;
	rte_le32_t flow;
	rte_le32_t crc;
	rte_le16_t session;
} __attribute__((packed));

_Static_assert(sizeof(struct headers) + sizeof(struct payload) == MARKED_BYTES_MIN,
	       "the shortest frame has room for the mark");

static const struct rte_ether_addr host_mac = {{2, 0, 0, 0, 0, 2}};
static const struct rte_ether_addr guest_mac = {{2, 0, 0, 0, 0, 1}};

/* RFC 1071: the sum of the IPv4 header that all frames share, as big-endian 16-bit words. */
#define SHARED_SUM                                                                                 \
	(0x4500u + RTE_IPV4_HDR_DF_FLAG + (64u << 8 | IPPROTO_UDP) + (SOURCE_NETWORK >> 16) +      \
	 (DESTINATION >> 16) + (DESTINATION & 0xffff))

static rte_be16_t
ip_checksum(uint16_t total_bytes, uint32_t flow)
{
	uint32_t sum = SHARED_SUM + total_bytes + flow;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return rte_cpu_to_be_16((uint16_t)~sum);
}

static uint32_t
crc_of_mark(const struct mark *mark, uint32_t filler_crc)
{
	uint32_t crc = rte_hash_crc_8byte(mark->number, filler_crc);

	return rte_hash_crc_8byte((uint64_t)mark->session << 32 | mark->flow, crc);
}

static struct headers
headers_of(uint32_t flow, uint16_t length_bytes)
{
	uint16_t ip_bytes = (uint16_t)(length_bytes - sizeof(struct rte_ether_hdr));

	return (struct headers){
		.ethernet = {.dst_addr = guest_mac,
			     .src_addr = host_mac,
			     .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4)},
		.ip = {.version_ihl = RTE_IPV4_VHL_DEF,
		       .total_length = rte_cpu_to_be_16(ip_bytes),
		       .fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
		       .time_to_live = 64,
		       .next_proto_id = IPPROTO_UDP,
		       .hdr_checksum = ip_checksum(ip_bytes, flow),
		       .src_addr = rte_cpu_to_be_32(SOURCE_NETWORK + flow),
		       .dst_addr = RTE_BE32(DESTINATION)},
		.udp = {.src_port = rte_cpu_to_be_16((uint16_t)(flow + 1)),
			.dst_port = RTE_BE16(PORT_DISCARD),
			.dgram_len = rte_cpu_to_be_16(
				(uint16_t)(ip_bytes - sizeof(struct rte_ipv4_hdr)))},
	};
}

int
frame_template_open(struct frame_template *template, uint16_t length_bytes)
{
	struct headers headers = headers_of(0, length_bytes);

	template->bytes = malloc(length_bytes);
	if (!template->bytes)
		return -ENOMEM;
	memset(template->bytes, 0, MARKED_BYTES_MIN);
	memcpy(template->bytes, &headers, sizeof(headers));
	/* No two neighbours alike, so that bytes that changed places show in a dump. */
	for (uint32_t i = MARKED_BYTES_MIN; i < length_bytes; i++)
		template->bytes[i] = (uint8_t)(i * 167 + (i >> 8));
	template->length_bytes = length_bytes;
	template->filler_crc = crc32c(template->bytes + MARKED_BYTES_MIN,
				      length_bytes - MARKED_BYTES_MIN, CRC_START);
	return 0;
}

void
frame_template_close(struct frame_template *template)
{
	free(template->bytes);
	*template = (struct frame_template){0};
}

void
frame_template_mark(const struct frame_template *template, uint8_t *copy, const struct mark *mark)
{
	struct headers *headers = (struct headers *)copy;
	struct payload *payload = (struct payload *)(copy + sizeof(*headers));
	uint16_t ip_bytes = (uint16_t)(template->length_bytes - sizeof(struct rte_ether_hdr));

	headers->ip.hdr_checksum = ip_checksum(ip_bytes, mark->flow);
	headers->ip.src_addr = rte_cpu_to_be_32(SOURCE_NETWORK + mark->flow);
	headers->udp.src_port = rte_cpu_to_be_16((uint16_t)(mark->flow + 1));
	payload->number = rte_cpu_to_le_64(mark->number);
	payload->flow = rte_cpu_to_le_32(mark->flow);
	payload->session = rte_cpu_to_le_16(mark->session);
	payload->crc = rte_cpu_to_le_32(crc_of_mark(mark, template->filler_crc));
}

/* Are the two fields of a found header those of the sent one, in this order or swapped? */
static bool
either_way(const void *found_a, const void *found_b, const void *sent_a, const void *sent_b,
	   size_t bytes)
{
	if (!memcmp(found_a, sent_a, bytes))
		return !memcmp(found_b, sent_b, bytes);
	return !memcmp(found_a, sent_b, bytes) && !memcmp(found_b, sent_a, bytes);
}

static bool
ethernet_is_ours(const struct rte_ether_hdr *ethernet)
{
	return either_way(&ethernet->dst_addr, &ethernet->src_addr, &guest_mac, &host_mac,
			  sizeof(guest_mac));
}

/* Swapping leaves the checksum as it is: a sum has no order. */
static bool
headers_match(const struct headers *found, const struct headers *sent)
{
	const struct rte_ipv4_hdr *ip = &found->ip, *sent_ip = &sent->ip;
	const struct rte_udp_hdr *udp = &found->udp, *sent_udp = &sent->udp;

	return ethernet_is_ours(&found->ethernet) &&
	       found->ethernet.ether_type == sent->ethernet.ether_type &&
	       !memcmp(ip, sent_ip, offsetof(struct rte_ipv4_hdr, src_addr)) &&
	       either_way(&ip->src_addr, &ip->dst_addr, &sent_ip->src_addr, &sent_ip->dst_addr,
			  sizeof(ip->src_addr)) &&
	       either_way(&udp->src_port, &udp->dst_port, &sent_udp->src_port, &sent_udp->dst_port,
			  sizeof(udp->src_port)) &&
	       udp->dgram_len == sent_udp->dgram_len && udp->dgram_cksum == sent_udp->dgram_cksum;
}

/* Two signs far enough from each other that a damaged byte leaves one of them. */
static enum frame_verdict
corrupted_or_foreign(const uint8_t *bytes, uint32_t length_bytes)
{
	const struct headers *found = (const struct headers *)bytes;
	const rte_be32_t destination = RTE_BE32(DESTINATION);

	if (length_bytes >= sizeof(found->ethernet) && ethernet_is_ours(&found->ethernet))
		return FRAME_CORRUPTED;
	if (length_bytes >= sizeof(found->ethernet) + sizeof(found->ip) &&
	    found->ethernet.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	    (found->ip.dst_addr == destination || found->ip.src_addr == destination))
		return FRAME_CORRUPTED;
	return FRAME_FOREIGN;
}

enum frame_verdict
marked_frame_check(const uint8_t *bytes, uint32_t length_bytes, struct mark *mark)
{
	const struct payload *payload = (const struct payload *)(bytes + sizeof(struct headers));

	if (length_bytes < MARKED_BYTES_MIN || length_bytes > UINT16_MAX)
		return corrupted_or_foreign(bytes, length_bytes);
	*mark = (struct mark){.number = rte_le_to_cpu_64(payload->number),
			      .flow = rte_le_to_cpu_32(payload->flow),
			      .session = rte_le_to_cpu_16(payload->session)};
	uint32_t filler_crc =
		crc32c(bytes + MARKED_BYTES_MIN, length_bytes - MARKED_BYTES_MIN, CRC_START);
	struct headers sent = headers_of(mark->flow, (uint16_t)length_bytes);

	if (mark->flow < MARKED_FLOWS_MAX &&
	    rte_le_to_cpu_32(payload->crc) == crc_of_mark(mark, filler_crc) &&
	    headers_match((const struct headers *)bytes, &sent))
		return FRAME_WHOLE;
	return corrupted_or_foreign(bytes, length_bytes);
}
