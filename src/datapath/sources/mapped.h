/* SPDX-License-Identifier: BSD-3-Clause */
/* What the device may reach of a mapped buffer: the same bytes when it is mapped and unmapped. */
#ifndef FOLIO_DATAPATH_MAPPED_H
#define FOLIO_DATAPATH_MAPPED_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "datapath/guest/virtqueue.h"
#include "datapath/sources/source.h"

struct mapped {
	uint8_t *start;
	uint32_t bytes;
};

/* RX: all of the buffer, header first. TX: the header and the frame. */
static inline struct mapped
mapped_range(const struct rte_mbuf *mbuf, enum direction direction)
{
	uint16_t data_off = direction == DIRECTION_RX ? RTE_PKTMBUF_HEADROOM : mbuf->data_off;
	uint32_t bytes = direction == DIRECTION_RX ? (uint32_t)mbuf->buf_len - data_off :
						     mbuf->data_len;

	return (struct mapped){
		.start = (uint8_t *)mbuf->buf_addr + data_off - VNET_HEADER_BYTES,
		.bytes = bytes + VNET_HEADER_BYTES,
	};
}

#endif
