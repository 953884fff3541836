/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated frames: datagrams of the UDP workloads' network (udp_frame.h), each flow
 * from a client's port of its own, and in the first 18 bytes of payload what tells a
 * frame from all others and whether it is whole:
 *
 *   0 64-bit number of the frame in its flow, from 0
 *   8 32-bit flow
 *  12 CRC32C of the filler and of the other three
 *  16 16-bit session: frames of an earlier one, which a guest may still hold, are foreign
 *  18 filler
 *
 * all little-endian. The filler is the same in all frames of a size, so that its part
 * of the CRC is found once.
 *
 * A payload of less than that has no room. Short frames (1 to 17 bytes of payload) have
 * the last bits of their number in the client's port, the UDP checksum over that, and a
 * payload that follows from number, flow and session, so that it is known bit for bit.
 * The rest of the number is the one that was sent last: the caller says how many were.
 * One of an earlier session counts as corrupted.
 */
#ifndef FOLIO_DATAPATH_MARKED_FRAME_H
#define FOLIO_DATAPATH_MARKED_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define MARKED_BYTES_MIN 60u
#define MARKED_FLOWS_MAX 65535u
#define MARKED_PAYLOAD_BYTES_MIN 18u /* of frames that are not short */

/* Flows of short frames, and frames of a flow that may be under way at once. */
#define SHORT_FLOWS_MAX 256u
#define SHORT_NUMBERS 128u

struct mark {
	uint64_t number;
	uint32_t flow;
	uint16_t session;
};

struct frame_template {
	uint8_t *bytes; /* owned */
	uint16_t length_bytes;
	uint16_t payload_bytes;
	uint32_t filler_crc;
	/* Makes a copy this very frame. */
	void (*mark)(const struct frame_template *template, uint8_t *copy, const struct mark *mark);
};

/* Of whole frames: length_bytes is MARKED_BYTES_MIN or more. Returns 0 or -ENOMEM. */
int frame_template_open(struct frame_template *template, uint16_t length_bytes);
/* Of that payload, 1 byte or more, in frames that are short if it is. As above. */
int frame_template_open_payload(struct frame_template *template, uint16_t payload_bytes);
void frame_template_close(struct frame_template *template);

static inline bool
frame_template_is_short(const struct frame_template *template)
{
	return template->payload_bytes < MARKED_PAYLOAD_BYTES_MIN;
}

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

/*
 * The same of short frames of that payload. sent has how many frames of each flow were
 * sent so far, and session is theirs.
 */
enum frame_verdict short_frame_check(const uint8_t *bytes, uint32_t length_bytes,
				     uint16_t payload_bytes, const uint64_t *sent, uint32_t n_flows,
				     uint16_t session, struct mark *mark);

#endif
