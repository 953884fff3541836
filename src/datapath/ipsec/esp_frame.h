/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP with AES-GCM on Ethernet and IPv4 (RFC 4303, 4106), and what of a frame can be told
 * before any cryptography:
 *
 *   Ethernet | IPv4 | SPI, number | IV | ciphertext: payload, padding, trailer | tag
 */
#ifndef FOLIO_DATAPATH_ESP_FRAME_H
#define FOLIO_DATAPATH_ESP_FRAME_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_esp.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "base/counter.h"
#include "datapath/ipsec/esp_options.h"

#define ESP_IV_BYTES 8u
#define ESP_TAG_BYTES 16u
#define ESP_TRAILER_BYTES 2u /* pad length, next header */
#define ESP_ALIGN_BYTES 4u

struct esp_headers {
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	struct rte_esp_hdr esp;
	uint8_t iv[ESP_IV_BYTES];
};

/* In front of the ciphertext. */
#define ESP_HEADERS_BYTES 50u
_Static_assert(sizeof(struct esp_headers) == ESP_HEADERS_BYTES, "headers stand side by side");

/* Before ESP: Ethernet and IPv4. */
#define ESP_OUTER_BYTES ((uint32_t)(sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr)))

/* What became of frames that an end opened or sealed. */
struct esp_counters {
	uint64_t opened, sealed;
	uint64_t wrong_spi;
	uint64_t truncated;
	uint64_t replayed;
	uint64_t damaged;
	uint64_t malformed;
	uint64_t unopened;
	uint64_t unsealed;
};

#define ESP_COUNTER(type, member, field, help)                                                     \
	{                                                                                          \
		"esp_" #field, offsetof(type, member.field), "packets", help                       \
	}

/* Lines of a counter table, over a state of that type that has struct esp_counters as member. */
#define ESP_COUNTERS(type, member)                                                                 \
	ESP_COUNTER(type, member, opened, "ESP, authentic, new and decrypted"),                    \
		ESP_COUNTER(type, member, sealed, "encrypted into ESP"),                           \
		ESP_COUNTER(type, member, wrong_spi, "ESP of no association: dropped"),            \
		ESP_COUNTER(type, member, truncated, "ESP, lengths do not agree: dropped"),        \
		ESP_COUNTER(type, member, replayed,                                                \
			    "ESP, its number seen before or left of the window: dropped"),         \
		ESP_COUNTER(type, member, damaged, "ESP, the tag does not match: dropped"),        \
		ESP_COUNTER(type, member, malformed,                                               \
			    "ESP, authentic, but padding or next header wrong: dropped"),          \
		ESP_COUNTER(type, member, unopened,                                                \
			    "ESP, its mbuf has no room to open it: dropped"),                      \
		ESP_COUNTER(type, member, unsealed,                                                \
			    "to be sent, but no room or no sequence number left: dropped")

/*
 * Bytes of ciphertext behind headers, of a frame of frame_bytes; 0, and counted, where it
 * cannot be one of the association: the wrong SPI, or lengths that do not agree. headers
 * are private, and of an IPv4 packet of protocol ESP.
 */
uint32_t esp_cipher_bytes(const struct esp_headers *headers, uint32_t frame_bytes, uint32_t spi,
			  struct esp_counters *counters);

struct esp_spec;

/* Ethernet and IPv4 before what is tunnelled, but for total length, identification and checksum. */
void esp_outer_headers(const struct esp_spec *spec, struct esp_headers *headers);

/* Does the frame's IPv4 header, without options or fragments, announce ESP? */
static inline bool
esp_is_announced(const struct rte_ether_hdr *ethernet, uint32_t frame_bytes)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(ethernet + 1);

	return frame_bytes >= ESP_OUTER_BYTES &&
	       ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	       ip->version_ihl == RTE_IPV4_VHL_DEF && ip->next_proto_id == IPPROTO_ESP &&
	       !(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK));
}

/* Is it ARP, which travels in plain beside ESP? The frame has an Ethernet header at least. */
static inline bool
esp_is_arp(const struct rte_ether_hdr *ethernet)
{
	return ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP);
}

/* Is the frame an IPv4 packet without options, whole, which ESP can carry? */
static inline bool
esp_can_carry(const struct rte_ether_hdr *ethernet, uint32_t frame_bytes)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(ethernet + 1);
	uint32_t packet_bytes;

	if (frame_bytes < ESP_OUTER_BYTES ||
	    ethernet->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    ip->version_ihl != RTE_IPV4_VHL_DEF)
		return false;
	packet_bytes = rte_be_to_cpu_16(ip->total_length);
	return packet_bytes >= sizeof(*ip) && packet_bytes + sizeof(*ethernet) <= frame_bytes;
}

/* Bytes of ciphertext that so many of payload become: padding and trailer are added. */
static inline uint32_t
esp_padded_bytes(uint32_t payload_bytes)
{
	return (payload_bytes + ESP_TRAILER_BYTES + ESP_ALIGN_BYTES - 1) & ~(ESP_ALIGN_BYTES - 1);
}

/*
 * The longest frame that ESP makes one of at most room_bytes of: what is left when ESP has
 * its share, in whole blocks, but for the trailer.
 */
static inline uint32_t
esp_plain_bytes_max(const struct esp_options *options, uint32_t room_bytes)
{
	uint32_t in_front = options->mode == ESP_TUNNEL ? sizeof(struct rte_ether_hdr) :
							  ESP_OUTER_BYTES;
	uint32_t cipher_bytes = room_bytes - ESP_HEADERS_BYTES - ESP_TAG_BYTES;

	return in_front + cipher_bytes / ESP_ALIGN_BYTES * ESP_ALIGN_BYTES - ESP_TRAILER_BYTES;
}

#endif
