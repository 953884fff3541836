/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of the UDP workloads' network (workloads/udp_net.h): one datagram, over IPv4
 * without options, between a client's port and the guest's server. A frame to send
 * has no UDP checksum (0: RFC 768) unless it is given one; all numbers are in the
 * host's byte order.
 */
#ifndef FOLIO_DATAPATH_UDP_FRAME_H
#define FOLIO_DATAPATH_UDP_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

struct udp_headers {
	struct rte_ether_hdr ethernet;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __attribute__((packed, aligned(2)));

#define UDP_HEADERS_BYTES 42u
_Static_assert(sizeof(struct udp_headers) == UDP_HEADERS_BYTES, "headers stand side by side");

/* Ethernet's shortest frame, without FCS: a shorter one is filled up with zeros. */
#define UDP_FRAME_BYTES_MIN 60u

/* Bytes of the frame that carries so many of payload. */
static inline uint16_t
udp_frame_bytes(uint16_t payload_bytes)
{
	return payload_bytes < UDP_FRAME_BYTES_MIN - UDP_HEADERS_BYTES ?
		       UDP_FRAME_BYTES_MIN :
		       (uint16_t)(UDP_HEADERS_BYTES + payload_bytes);
}

/* Writes what goes from that port of the client to the server, with valid IPv4 checksum. */
void udp_headers_write(struct udp_headers *headers, uint16_t client_port, uint16_t payload_bytes);

/* Gives the datagram, whose payload follows the headers, a UDP checksum. */
void udp_headers_add_checksum(struct udp_headers *headers);

struct udp_datagram {
	uint16_t client_port;
	uint16_t payload_bytes;
	const uint8_t *payload; /* in the frame */
};

/*
 * Is it a frame between the two, and whole as far as lengths and checksums tell? Addresses
 * and ports may each be swapped; what its sender chose (identification, time to live,
 * whether there is a UDP checksum) may be anything.
 */
bool udp_frame_read(const uint8_t *bytes, uint32_t length_bytes, struct udp_datagram *datagram);

/* Was the frame one between the two, before it was damaged? By its Ethernet or IP addresses. */
bool udp_frame_resembles(const uint8_t *bytes, uint32_t length_bytes);

#endif
