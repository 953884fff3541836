/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the guest's application does with a burst. Each workload is one file
 * that exports one struct workload, and one line of workloads[].
 */
#ifndef FOLIO_DATAPATH_WORKLOAD_H
#define FOLIO_DATAPATH_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

struct workload {
	const char *name;
	const char *help; /* one line, no full stop */
	/* Turns n received frames into the n frames to send, in place. */
	void (*burst)(struct rte_mbuf **bufs, uint16_t n);
	/* Is back what must come of sent? Both are length_bytes long. */
	bool (*matches)(const uint8_t *sent, const uint8_t *back, uint16_t length_bytes);
};

/* NULL-terminated. */
extern const struct workload *const workloads[];

/* The workload of that name, or NULL. */
const struct workload *workload_find(const char *name);

#endif
