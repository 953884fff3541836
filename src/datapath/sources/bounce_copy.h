/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The copy between shared and private memory, inline: the port's burst
 * functions call it, since it stands between their other steps.
 */
#ifndef FOLIO_DATAPATH_BOUNCE_COPY_H
#define FOLIO_DATAPATH_BOUNCE_COPY_H

#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "datapath/sources/source.h"

/* Of a port. In mode header no more of a frame than this is private: Ethernet to the ports of UDP or TCP. */
#define COPY_HEADER_BYTES 64u

enum copy_mode {
	COPY_NONE,   /* the source is off */
	COPY_SHADOW, /* whole frames, to and from the shadow pool (paper, 5.2) */
	COPY_HEADER, /* headers; the payload stays in shared memory, marked */
	COPY_FUSED,  /* whole frames: ESP is opened and sealed on the way (ipsec/esp_fused.h) */
	COPY_MODES,
};

/*
 * The name of the dynamic mbuf flag (rte_mbuf_dynflag_lookup()) on both segments
 * of a frame whose payload the host can still change: mode header.
 */
#define COPY_UNTRUSTED_FLAG "folio_dynflag_untrusted"

struct esp_fused;

struct bounce_copy {
	enum copy_mode mode;
	struct esp_fused *fused; /* mode fused only */
	uint64_t untrusted_flag; /* bit of ol_flags; mode header only */
	uint64_t copies;
	uint64_t bytes;
};

extern const struct source source_bounce_copy;

/* The mode of a configuration: COPY_NONE where the source is off. */
enum copy_mode bounce_copy_mode(const struct datapath_config *config);

/*
 * Copies one frame's data, each byte read once, and returns their number. The
 * length comes from the private header; data start where the headers say.
 */
static __rte_always_inline uint16_t
bounce_copy_frame(const struct rte_mbuf *from, struct rte_mbuf *to)
{
	rte_memcpy(rte_pktmbuf_mtod(to, void *), rte_pktmbuf_mtod(from, void *), from->data_len);
	return from->data_len;
}

/* Copies the private headers of a frame longer than that: always so many bytes. */
static __rte_always_inline void
bounce_copy_header(const uint8_t *from, uint8_t *to)
{
	rte_mov64(to, from);
}

static __rte_always_inline void
bounce_copy_count(struct bounce_copy *copy, uint16_t copies, uint32_t bytes)
{
	copy->copies += copies;
	copy->bytes += bytes;
}

#endif
