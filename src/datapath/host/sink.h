/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's application: it sends the frames of a traffic in a round, and holds
 * what comes back against what must.
 */
#ifndef FOLIO_DATAPATH_SINK_H
#define FOLIO_DATAPATH_SINK_H

#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;
struct traffic;
struct workload;

struct sink {
	const struct traffic *traffic;
	const struct workload *workload;
	uint32_t verify_every; /* compare one frame in so many whole; the length of each */
	struct rte_mempool *pool;
	struct rte_mbuf *
		*frames;    /* the round, and its first burst once more, so that no burst wraps */
	uint32_t next_sent; /* index of the next frame to send */
	uint32_t next_expected; /* and of the next to come back */
};

/* Frames past the end of the round that sink_next() may be read for. */
#define SINK_BURST_MAX 32u

/* Returns 0 or -errno after log_error(). */
int sink_open(struct sink *sink, const struct workload *workload, uint32_t verify_every);
void sink_close(struct sink *sink);

/* Sends these frames from now on, from the first one. traffic must outlive its use. */
int sink_set_traffic(struct sink *sink, const struct traffic *traffic);

/* The next SINK_BURST_MAX frames to send. */
static inline struct rte_mbuf **
sink_next(const struct sink *sink)
{
	return &sink->frames[sink->next_sent];
}

/* Copies of the next n of them, the caller's. The pool has room for one such burst. */
void sink_copy_next(struct sink *sink, struct rte_mbuf **copies, uint16_t n);

/* n of them were sent. */
void sink_sent(struct sink *sink, uint16_t n);

/*
 * Checks n frames that came back and frees them. lost more of those sent with them will
 * never come; which ones, the frames that came tell: in order, none of them damaged.
 * Returns 0 or -EBADMSG after log_error().
 */
int sink_take(struct sink *sink, struct rte_mbuf **bufs, uint16_t n, uint64_t lost);

#endif
