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

struct bounce_copy {
	uint64_t copies;
	uint64_t bytes;
};

extern const struct source source_bounce_copy;

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

static __rte_always_inline void
bounce_copy_count(struct bounce_copy *copy, uint16_t copies, uint32_t bytes)
{
	copy->copies += copies;
	copy->bytes += bytes;
}

#endif
