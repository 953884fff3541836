/* SPDX-License-Identifier: BSD-3-Clause */
/* Private memory that pools of mbufs take, as it was allocated. Plain values: it crosses a channel. */
#ifndef FOLIO_DATAPATH_POOL_MEMORY_H
#define FOLIO_DATAPATH_POOL_MEMORY_H

#include <stdint.h>

struct pool_memory {
	uint64_t bytes; /* mbufs with their data, what the pool keeps beside each, and its caches */
	uint64_t mbufs;
};

#endif
