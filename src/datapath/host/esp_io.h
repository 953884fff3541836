/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's frame_io over another one for a guest that speaks ESP: what is sent, in
 * frames of one mbuf, is encrypted, what comes back is decrypted; a frame that does not open is
 * dropped and counted in ends.counters.
 */
#ifndef FOLIO_DATAPATH_ESP_IO_H
#define FOLIO_DATAPATH_ESP_IO_H

#include "datapath/host/frame_io.h"
#include "datapath/ipsec/ipsec_ends.h"

/* Over struct esp_io. */
extern const struct counter esp_io_counters[];

struct esp_io {
	struct frame_io io;
	const struct frame_io *carrier; /* not owned */
	struct ipsec_ends ends;         /* the peer's */
};

/*
 * options are the guest's; io.arg points at esp_io, which must stay where it is, as must
 * the carrier. Returns 0 or -errno after log_error().
 */
int esp_io_open(struct esp_io *esp_io, const struct frame_io *carrier,
		const struct esp_options *options);
void esp_io_close(struct esp_io *esp_io);

/* ESP that came back and did not open, so far; from any thread. */
uint64_t esp_io_failed(const struct esp_io *esp_io);

#endif
