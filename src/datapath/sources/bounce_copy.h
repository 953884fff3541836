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
 * Fills n private mbufs from n others and counts it. Lengths come from the
 * private headers; each byte of data is read once.
 */
static __rte_always_inline void
bounce_copy_burst(struct bounce_copy *copy, struct rte_mbuf **from, struct rte_mbuf **to, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		rte_memcpy(rte_pktmbuf_mtod(to[i], void *), rte_pktmbuf_mtod(from[i], void *),
			   from[i]->data_len);
		bytes += from[i]->data_len;
	}
	copy->copies += n;
	copy->bytes += bytes;
}

#endif
