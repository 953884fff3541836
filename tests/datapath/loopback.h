/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generator and collector across a link of the test's own, which loses, swaps, repeats
 * and damages frames as it is told.
 */
#ifndef FOLIO_TESTS_LOOPBACK_H
#define FOLIO_TESTS_LOOPBACK_H

#include "harness.h"

#include <rte_mbuf.h>

#include "datapath/host/collector.h"
#include "datapath/host/frame_io.h"
#include "datapath/host/generator.h"
#include "datapath/host/host_loop.h"

#define LINK_FRAMES 4096u
#define HZ 1000000000u
#define CAPTURE TEST_SOURCE_DIR "/tests/data/web.pcap"

/* A queue of frames that were sent and have not been received. */
struct link_queue {
	struct rte_mbuf *bufs[LINK_FRAMES];
	unsigned int first, n;
};

struct link {
	struct frame_io io;
	struct link_queue queues[QUEUES_MAX];
	unsigned int room; /* frames that a queue holds at most */
	struct peer_state peer;
};

extern struct rte_mempool *loopback_pool;

/* CMocka's group fixture, with harness_stop(): the datapath and the pool. */
int loopback_start(void **state);

/* What the link's io does: struct frame_io's send(), with the link as arg. */
uint16_t link_send(void *arg, unsigned int queue, struct rte_mbuf **bufs, uint16_t n);

/* The i-th frame under way on the queue. */
struct rte_mbuf **under_way(struct link *link, unsigned int queue, unsigned int i);

/* What befalls it, or it and the k-th. */
void lose(struct link *link, unsigned int queue, unsigned int i);
void swap(struct link *link, unsigned int queue, unsigned int i, unsigned int k);
void repeat(struct link *link, unsigned int queue, unsigned int i);

/* Its byte at that offset, whichever segment holds it. */
uint8_t *byte_of(struct link *link, unsigned int queue, unsigned int i, uint32_t offset);

struct bench {
	struct link link;
	struct generator *generator;
	struct collector *collector;
};

/* A generator of that traffic and its collector, with an empty link of full room. */
struct bench *bench_open(const char *traffic, uint32_t flows, enum pace_kind pace,
			 uint64_t rate_pps);

/* What was sent is received or lost; every mbuf is back. */
void bench_close(struct bench *b);

const struct collector_counters *counts(const struct bench *b);

/* All that is under way arrives, at that time of the host's clock or at 0. */
void receive_at(struct bench *b, uint64_t now);
void receive(struct bench *b);

/* n frames under way on queue 0 of one. */
void send_n(struct bench *b, uint32_t n);

/* One of each kind. */
#define N_TRAFFICS 7u
extern const char *const traffics[N_TRAFFICS];

#endif
