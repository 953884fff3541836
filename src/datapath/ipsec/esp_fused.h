/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP as the copy between shared and private memory (copy mode fused): received frames
 * are decrypted out of shared memory into a private buffer, frames to send encrypted
 * straight into shared memory. Headers and tag are copied into private memory first, the
 * ciphertext is read once by the cipher, and what does not authenticate is wiped. What
 * the cipher would read twice at a packet's length (single_read.h) is copied first.
 *
 * Frames of ARP go through in plain, and no others.
 */
#ifndef FOLIO_DATAPATH_ESP_FUSED_H
#define FOLIO_DATAPATH_ESP_FUSED_H

#include <stdint.h>

#include "datapath/ipsec/esp_frame.h"
#include "datapath/ipsec/esp_options.h"

struct esp_fused;

/* Beside struct esp_counters. */
struct esp_fused_counters {
	struct esp_counters esp;
	uint64_t plain;        /* in plain, and no ARP */
	uint64_t copied_first; /* packets, either way */
};

extern const struct counter esp_fused_counters[];

/*
 * One side's ends of both associations. shared: the other side can change what is received
 * and sent meanwhile; else all is private, nothing is tried or copied first, and frames may
 * be opened and sealed in place. Returns 0 or -errno after log_error().
 */
int esp_fused_open(const struct esp_spec *in, const struct esp_spec *out, bool shared,
		   struct esp_fused **fused);

/* The same of what options say of the guest. */
int esp_fused_open_guest(const struct esp_options *options, bool shared, struct esp_fused **fused);

/*
 * Bytes by which a frame in plain begins behind where it began in ESP, when its contents
 * stay where they are: in place.
 */
uint16_t esp_fused_shift(const struct esp_fused *fused);
/* NULL is allowed. */
void esp_fused_close(struct esp_fused *fused);

const struct esp_fused_counters *esp_fused_counted(const struct esp_fused *fused);

/*
 * Receives a frame of frame_bytes out of shared memory; to is private and has room for as
 * many. Returns the bytes of the frame there, Ethernet and IPv4; 0: it was dropped.
 */
uint16_t esp_fused_receive(struct esp_fused *fused, const uint8_t *shared, uint32_t frame_bytes,
			   uint8_t *to);

/*
 * Bytes that the private frame will have when it is sent, which behind its frame_bytes has
 * tailroom for padding; 0: it cannot be sent, in max_bytes, or has no number left.
 */
uint16_t esp_fused_bytes(const struct esp_fused *fused, const uint8_t *frame, uint32_t frame_bytes,
			 uint32_t tailroom_bytes, uint32_t max_bytes);

/* Sends such a frame into shared memory, padding it where it is. */
void esp_fused_send(struct esp_fused *fused, uint8_t *frame, uint32_t frame_bytes, uint8_t *shared);

#endif
