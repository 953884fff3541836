/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated frames: Ethernet, IPv4, UDP, and in the first 18 bytes of payload what
 * tells a frame from all others and whether it is whole:
 *
 *   0 Ethernet: 02:00:00:00:00:01 from 02:00:00:00:00:02
 *  14 IPv4: 198.18.x.y to 198.19.0.1 (RFC 2544's network for benchmarks), x.y the
 *     flow; valid header checksum
 *  34 UDP: port 1 + flow to port 9 (discard, RFC 863), no checksum
 *  42 64-bit number of the frame in its flow, from 0
 *  50 32-bit flow
 *  54 CRC32C of the filler and of the other three
 *  58 16-bit session: frames of an earlier one, which a guest may still hold, are foreign
 *  60 filler
 *
 * all little-endian but for the headers. The filler is the same in all frames of a
 * size, so that its part of the CRC is found once.
 */
#ifndef FOLIO_DATAPATH_MARKED_FRAME_H
#define FOLIO_DATAPATH_MARKED_FRAME_H

#include <stdint.h>

#define MARKED_BYTES_MIN 60u
#define MARKED_FLOWS_MAX 65535u

struct mark {
	uint64_t number;
	uint32_t flow;
	uint16_t session;
};

struct frame_template {
	uint8_t *bytes; /* owned */
	uint16_t length_bytes;
	uint32_t filler_crc;
};

/* length_bytes is MARKED_BYTES_MIN or more. Returns 0 or -ENOMEM. */
int frame_template_open(struct frame_template *template, uint16_t length_bytes);
void frame_template_close(struct frame_template *template);

/* Writes what makes the frame this one into the first MARKED_BYTES_MIN bytes of a copy. */
void frame_template_mark(const struct frame_template *template, uint8_t *copy,
			 const struct mark *mark);

enum frame_verdict {
	FRAME_WHOLE,
	FRAME_CORRUPTED, /* a generated frame once, by its Ethernet or by its IP addresses */
	FRAME_FOREIGN,
};

/*
 * Judges a frame of length_bytes, all of them at bytes; *mark is valid when it is whole.
 * Addresses and ports may each be swapped.
 */
enum frame_verdict marked_frame_check(const uint8_t *bytes, uint32_t length_bytes,
				      struct mark *mark);

#endif
