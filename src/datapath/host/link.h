/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device's link to the host's memory, as far as sources act on it: what a burst costs
 * the device is charged to the host, which is the device here.
 */
#ifndef FOLIO_DATAPATH_LINK_H
#define FOLIO_DATAPATH_LINK_H

#include <stdint.h>

#include "datapath/config.h"
#include "datapath/tally.h"

struct rte_mbuf;

struct device_link {
	/* The end: cross NULL. */
	struct {
		void (*cross)(void *state, struct rte_mbuf **bufs, uint16_t n);
		void *state;
		unsigned int source; /* index into sources[] */
	} hooks[SOURCES_MAX + 1];
};

/* The link of a configuration. Returns 0 or -errno after log_error(). */
int link_open(struct device_link *link, const struct datapath_config *config);
void link_close(struct device_link *link);

/* What its sources count. */
void link_tally(const struct device_link *link, struct tally *tally);

/* A burst of n frames has gone over the link, either way. */
static inline void
link_cross(const struct device_link *link, struct rte_mbuf **bufs, uint16_t n)
{
	for (unsigned int i = 0; link->hooks[i].cross; i++)
		link->hooks[i].cross(link->hooks[i].state, bufs, n);
}

#endif
