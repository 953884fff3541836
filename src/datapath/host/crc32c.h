/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC32C of bytes wherever they lie; rte_hash_crc() reads aligned ones only. */
#ifndef FOLIO_DATAPATH_CRC32C_H
#define FOLIO_DATAPATH_CRC32C_H

#include <stdint.h>
#include <string.h>

#include <rte_hash_crc.h>

static inline uint32_t
crc32c(const uint8_t *bytes, uint32_t n, uint32_t crc)
{
	uint64_t word;

	for (; n >= sizeof(word); n -= (uint32_t)sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		crc = rte_hash_crc_8byte(word, crc);
	}
	for (; n; n--)
		crc = rte_hash_crc_1byte(*bytes++, crc);
	return crc;
}

#endif
