/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/host/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/host/traffic.h"
#include "datapath/workloads/workload.h"

/* Every frame of the longest round, and what comes back meanwhile. */
#define POOL_MBUFS (TRAFFIC_FRAMES_MAX + 1024u)

int
sink_open(struct sink *sink, const struct workload *workload, uint32_t verify_every)
{
	*sink = (struct sink){.workload = workload, .verify_every = verify_every};
	sink->pool = rte_pktmbuf_pool_create("host", POOL_MBUFS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     SOCKET_ID_ANY);
	if (sink->pool)
		return 0;
	log_error("host's packet pool of %u mbufs: %s", POOL_MBUFS, rte_strerror(rte_errno));
	return -rte_errno;
}

static void
free_frames(struct sink *sink)
{
	if (sink->frames)
		rte_pktmbuf_free_bulk(sink->frames, sink->traffic->n);
	free(sink->frames);
	sink->frames = NULL;
}

void
sink_close(struct sink *sink)
{
	free_frames(sink);
	rte_mempool_free(sink->pool);
	*sink = (struct sink){0};
}

int
sink_set_traffic(struct sink *sink, const struct traffic *traffic)
{
	free_frames(sink);
	sink->traffic = traffic;
	sink->next_sent = sink->next_expected = 0;
	sink->frames = calloc(traffic->n + SINK_BURST_MAX, sizeof(struct rte_mbuf *));
	if (!sink->frames || rte_pktmbuf_alloc_bulk(sink->pool, sink->frames, traffic->n) < 0) {
		log_error("traffic %s: not enough memory for its %u frames", traffic->label,
			  traffic->n);
		free(sink->frames);
		sink->frames = NULL;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < traffic->n; i++)
		memcpy(rte_pktmbuf_append(sink->frames[i], traffic->frames[i].length_bytes),
		       traffic->frames[i].bytes, traffic->frames[i].length_bytes);
	for (uint32_t i = 0; i < SINK_BURST_MAX; i++)
		sink->frames[traffic->n + i] = sink->frames[i % traffic->n];
	return 0;
}

void
sink_copy_next(struct sink *sink, struct rte_mbuf **copies, uint16_t n)
{
	struct rte_mbuf **frames = sink_next(sink);

	if (!n)
		return;
	RTE_VERIFY(!rte_pktmbuf_alloc_bulk(sink->pool, copies, n));
	for (uint16_t i = 0; i < n; i++)
		memcpy(rte_pktmbuf_append(copies[i], frames[i]->data_len),
		       rte_pktmbuf_mtod(frames[i], const void *), frames[i]->data_len);
}

void
sink_sent(struct sink *sink, uint16_t n)
{
	sink->next_sent = (sink->next_sent + n) % sink->traffic->n;
}

static void
expect_after(struct sink *sink, uint64_t n)
{
	sink->next_expected = (uint32_t)((sink->next_expected + n) % sink->traffic->n);
}

/* Who answers need not fill a frame up to Ethernet's shortest again. */
static bool
may_be_as_long(const struct frame *sent, uint32_t back_bytes)
{
	return back_bytes == sent->length_bytes ||
	       (sent->length_bytes == FIXED_BYTES_MIN && back_bytes < FIXED_BYTES_MIN);
}

static bool
is_whole(const struct sink *sink, uint32_t index, const struct rte_mbuf *back)
{
	const struct frame *sent = &sink->traffic->frames[index];

	return may_be_as_long(sent, back->pkt_len) && back->nb_segs == 1 &&
	       sink->workload->matches(sent->bytes, sent->length_bytes,
				       rte_pktmbuf_mtod(back, const uint8_t *), back->data_len);
}

static int
check(const struct sink *sink, uint32_t index, const struct rte_mbuf *back)
{
	const struct frame *sent = &sink->traffic->frames[index];

	if (!may_be_as_long(sent, back->pkt_len)) {
		log_error("traffic %s: frame %u of %u B came back with %u B", sink->traffic->label,
			  index, sent->length_bytes, back->pkt_len);
		return -EBADMSG;
	}
	if (index % sink->verify_every || is_whole(sink, index, back))
		return 0;
	log_error("traffic %s: frame %u of %u B came back damaged or out of order",
		  sink->traffic->label, index, sent->length_bytes);
	return -EBADMSG;
}

/* How many of those expected were lost before this one came; at most so many. */
static uint64_t
lost_before(const struct sink *sink, const struct rte_mbuf *back, uint64_t most)
{
	for (uint64_t n = 0; n <= most; n++)
		if (is_whole(sink, (uint32_t)((sink->next_expected + n) % sink->traffic->n), back))
			return n;
	return 0;
}

int
sink_take(struct sink *sink, struct rte_mbuf **bufs, uint16_t n, uint64_t lost)
{
	int error = 0;

	for (uint16_t i = 0; i < n && !error; i++) {
		if (unlikely(lost)) {
			uint64_t skipped = lost_before(sink, bufs[i], lost);

			expect_after(sink, skipped);
			lost -= skipped;
		}
		error = check(sink, sink->next_expected, bufs[i]);
		expect_after(sink, 1);
	}
	expect_after(sink, lost);
	rte_pktmbuf_free_bulk(bufs, n);
	return error;
}
