/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames that the host sends. A mix is a fixed, repeating sequence of
 * frames, so that a sink knows what must come back, byte for byte.
 *
 * Generated ones are datagrams of the UDP workloads' network (udp_frame.h) with random
 * payload, all of one flow.
 *
 * As text, a traffic is "64" (fixed size in bytes, 60 to 1514, without FCS),
 * "payload:100" (of the datagram, 1 to 1472 B; a frame is 60 B at least), "imix"
 * (7:4:1 of 60, 566 and 1514 B, which with their FCS are 64, 570 and 1518 B on a
 * wire) or "pcap:FILE" (an Ethernet capture, each frame 14 to 1514 B and stored
 * whole; traffic_open_capture() takes longer ones too).
 */
#ifndef FOLIO_DATAPATH_TRAFFIC_H
#define FOLIO_DATAPATH_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_FRAMES_MAX 8192u
#define FRAME_BYTES_MIN 14u
#define FRAME_BYTES_MAX 1514u
#define FIXED_BYTES_MIN 60u
#define JUMBO_BYTES_MAX 9000u
#define PAYLOAD_BYTES_MIN 1u
#define PAYLOAD_BYTES_MAX 1472u

#define TRAFFIC_PAYLOAD "payload:"

/* A size in bytes, without unit. Returns 0, or -EINVAL where text is none. */
int traffic_size(const char *text, unsigned long *size_bytes);

struct frame {
	const uint8_t *bytes;
	uint16_t length_bytes;
};

struct traffic {
	char label[64]; /* for tables and files: "64", "imix", "web.pcap" */
	struct frame *frames;
	uint32_t n;        /* 1 to TRAFFIC_FRAMES_MAX */
	double mean_bytes; /* over the sequence */
	uint8_t *storage;  /* owned; holds every frame's bytes */
	size_t storage_bytes;
	/*
	 * Owned; captures only: when each was captured, after the first one. Never falls:
	 * a step back counts as none, one of more than an hour as an hour.
	 */
	uint64_t *times_ns;
};

/*
 * Makes the frames that text describes; seed decides payload bytes and the
 * order of a mix. Returns 0; or -EINVAL (text), -ENOENT and others (file), with
 * a reason in why that names file, frame and what is allowed.
 */
int traffic_open(const char *text, uint64_t seed, struct traffic *traffic, char *why,
		 size_t why_size);
/* Likewise the capture at path, with frames of at most frame_bytes_max (JUMBO_BYTES_MAX or less). */
int traffic_open_capture(const char *path, uint32_t frame_bytes_max, struct traffic *traffic,
			 char *why, size_t why_size);

/* The mix "imix": frames of sizes_bytes[i] have the share shares[i] of IMIX_ROUND. */
#define IMIX_SIZES 3u
#define IMIX_ROUND 12u
extern const uint16_t imix_bytes[IMIX_SIZES];
extern const uint16_t imix_shares[IMIX_SIZES];

void traffic_close(struct traffic *traffic);

#endif
