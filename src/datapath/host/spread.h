/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which queue a flow goes to, as a network card's receive-side scaling has it:
 * Toeplitz hash over addresses and ports, 128-entry indirection table.
 */
#ifndef FOLIO_DATAPATH_SPREAD_H
#define FOLIO_DATAPATH_SPREAD_H

#include <stdint.h>

/*
 * The hash of an Ethernet frame: over addresses and ports of TCP and UDP over
 * IPv4, over addresses alone of other IPv4, 0 of all else (which goes to queue 0).
 */
uint32_t spread_hash(const uint8_t *frame, uint32_t length_bytes);

#define SPREAD_TABLE_ENTRIES 128u

struct spread {
	uint8_t table[SPREAD_TABLE_ENTRIES];
};

void spread_set(struct spread *spread, unsigned int n_queues);

static inline unsigned int
spread_queue(const struct spread *spread, uint32_t hash)
{
	return spread->table[hash % SPREAD_TABLE_ENTRIES];
}

#endif
