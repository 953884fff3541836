/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One side's way to move frames on its queues, whichever side it is: the host
 * through rte_vhost (backend_io.h), or a guest that plays the host's part against a
 * foreign backend. All of it is one thread's.
 */
#ifndef FOLIO_DATAPATH_FRAME_IO_H
#define FOLIO_DATAPATH_FRAME_IO_H

#include <stdint.h>

#include "datapath/config.h"

#define FRAME_IO_BURST_MAX 32u

struct rte_mbuf;
struct rte_mempool;

struct frame_io {
	/* Up to n (at most 32) received mbufs, the caller's from then on. */
	uint16_t (*receive)(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n);
	/* Takes up to n from the front, which then are no longer the caller's; returns how many. */
	uint16_t (*send)(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n);
	struct rte_mempool *pool; /* frames to send come from here */
	unsigned int n_queues;    /* 1 to QUEUES_MAX */
	void *arg;
};

#endif
