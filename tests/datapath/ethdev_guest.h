/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest on a port of DPDK's, one at a time, and a port of the FOLIO layer for each queue pair. */
#ifndef FOLIO_TESTS_ETHDEV_GUEST_H
#define FOLIO_TESTS_ETHDEV_GUEST_H

#include "harness.h"

#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"

extern struct guest guest;
extern struct port ports[QUEUES_MAX]; /* q has port_id 40 + q */

/* A configuration with that device and these sources (bit i: sources[i]). */
struct datapath_config ethdev_config(const char *devargs, unsigned int sources_on, uint32_t queues);

/* Opens and connects both; the test fails when that does. */
void ethdev_guest_open(const struct datapath_config *config);

/* Drains and closes both: DPDK has no port then. */
void ethdev_guest_close(void);

/* Does it lie in the shared region, data and buffer? */
bool in_region(const struct rte_mbuf *mbuf);

#endif
