/* SPDX-License-Identifier: BSD-3-Clause */
#include "application.h"

#include <string.h>

#include <rte_mbuf_dyn.h>

#include "datapath/guest/region.h"
#include "datapath/sources/bounce_copy.h"

#define BURST 32u
/* Most segments that a frame to send has: as many as the longest takes, and a few for short ones. */
#define SEGMENTS_MAX 8u
#define SEGMENT_BYTES 2000u
#define CANARY 0xa5
/* Bytes before and behind a received frame that must be as they were. */
#define CANARY_BYTES 32u

static void
paint(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	struct rte_mbuf *mbuf = object;

	(void)pool;
	(void)arg;
	(void)index;
	memset(mbuf->buf_addr, CANARY, mbuf->buf_len);
}

void
application_paint(struct rte_mempool *pool)
{
	rte_mempool_obj_iter(pool, paint, NULL);
}

static bool
painted(const uint8_t *from, const uint8_t *to)
{
	static uint8_t canary[CANARY_BYTES];

	memset(canary, CANARY, sizeof(canary));
	return !memcmp(from, canary, (size_t)(to - from));
}

/* A private segment: the application's own memory, with nothing written around what it holds. */
static void
check_private(const struct target *target, const struct rte_mbuf *mbuf)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	const uint8_t *start = mbuf->buf_addr, *end = start + mbuf->buf_len;
	const uint8_t *behind = data + mbuf->data_len;

	attack_check(start == (const uint8_t *)(mbuf + 1) &&
			     !(mbuf->ol_flags & (RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT)),
		     "an application's mbuf that does not hold its own data");
	attack_check(!region_contains(&target->guest.region, start, 1),
		     "an application's mbuf points into the region");
	attack_check(mbuf->data_off == RTE_PKTMBUF_HEADROOM && behind <= end,
		     "%u B at %u in a buffer of %u B", mbuf->data_len, mbuf->data_off,
		     mbuf->buf_len);
	attack_check(painted(data - CANARY_BYTES, data) &&
			     painted(behind, RTE_MIN(behind + CANARY_BYTES, end)),
		     "written before or behind %u B", mbuf->data_len);
}

/* Segments left in shared memory, the first without the bytes taken off it: all there, and marked. */
static void
check_shared(const struct rte_mbuf *mbuf, const struct ledger_segment *from, uint16_t n,
	     uint32_t taken_bytes, uint64_t mark)
{
	for (; n; n--, from++, mbuf = mbuf->next, taken_bytes = 0) {
		attack_check(mbuf == from->mbuf && rte_mbuf_refcnt_read(mbuf) == 1,
			     "not the segments that were received");
		attack_check(rte_pktmbuf_mtod(mbuf, const uint8_t *) == from->data + taken_bytes &&
				     mbuf->data_len == from->bytes - taken_bytes,
			     "%u B behind %u of %u", mbuf->data_len, taken_bytes, from->bytes);
		attack_check((mbuf->ol_flags & mark) == mark,
			     "an untrusted segment that is not marked");
	}
	attack_check(!mbuf, "a segment too many");
}

static uint64_t
untrusted_mark(void)
{
	int bit = rte_mbuf_dynflag_lookup(COPY_UNTRUSTED_FLAG, NULL);

	attack_check(bit >= 0, "no flag marks untrusted segments");
	return 1ull << bit;
}

/* One frame of the application's against the n segments that the device gave. */
static void
check_frame(const struct target *target, const struct rte_mbuf *mbuf,
	    const struct ledger_segment *from, uint16_t n)
{
	uint8_t mine[FRAME_BYTES_MOST], theirs[FRAME_BYTES_MOST];
	uint32_t bytes = 0;
	uint16_t segments = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (!target->racing)
			memcpy(theirs + bytes, from[i].data, from[i].bytes);
		bytes += from[i].bytes;
	}
	for (const struct rte_mbuf *segment = mbuf; segment; segment = segment->next, segments++)
		attack_check(ledger_holder(segment) == HOLDER_GUEST,
			     "an mbuf of somebody else's: %d", ledger_holder(segment));
	attack_check(mbuf->pkt_len == bytes && mbuf->nb_segs == segments &&
			     rte_mbuf_refcnt_read(mbuf) == 1,
		     "%u B in %u segments became %u in %u", bytes, n, mbuf->pkt_len, segments);
	attack_check(target->racing ||
			     !memcmp(rte_pktmbuf_read(mbuf, 0, bytes, mine), theirs, bytes),
		     "not what was received");
	if (target->mode == COPY_NONE) {
		check_shared(mbuf, from, n, 0, 0);
	} else if (target->mode == COPY_HEADER && bytes > COPY_HEADER_BYTES) {
		uint64_t mark = untrusted_mark();

		check_private(target, mbuf);
		attack_check(mbuf->data_len == COPY_HEADER_BYTES && mbuf->ol_flags & mark,
			     "%u B of headers", mbuf->data_len);
		check_shared(mbuf->next, from, n, COPY_HEADER_BYTES, mark);
	} else {
		for (; mbuf; mbuf = mbuf->next)
			check_private(target, mbuf);
	}
}

static void
check_received(struct target *target, struct target_queue *queue, struct rte_mbuf **bufs,
	       uint16_t n)
{
	const struct ledger *ledger = &queue->ledger;
	uint8_t whole[FRAME_BYTES_MOST];
	uint16_t at = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint16_t left = ledger->n_received - at, segments = 1;

		attack_check(left, "%u frames, more than the device gave", n);
		while (segments < left && ledger->received[at + segments].goes_on)
			segments++;
		check_frame(target, bufs[i], &ledger->received[at], segments);
		at += segments;
		attack_check(!queue->honest ||
				     frame_is(rte_pktmbuf_read(bufs[i], 0, bufs[i]->pkt_len, whole),
					      bufs[i]->pkt_len, queue->next_received++,
					      target->frame_bytes_max),
			     "a frame was lost, damaged or reordered on its way from an honest "
			     "host");
		for (struct rte_mbuf *mbuf = bufs[i]; mbuf; mbuf = mbuf->next)
			ledger_set(mbuf, HOLDER_APPLICATION);
	}
	attack_check(at == ledger->n_received, "%u segments received of the device's %u", at,
		     ledger->n_received);
	target->frames += n;
}

/* What was written into a private segment is painted over. */
static void
repaint(struct rte_mbuf *mbuf)
{
	if (!(mbuf->ol_flags & RTE_MBUF_F_EXTERNAL))
		memset(rte_pktmbuf_mtod(mbuf, void *), CANARY, mbuf->data_len);
}

void
application_throw_away(struct rte_mbuf *frame)
{
	for (struct rte_mbuf *mbuf = frame; mbuf; mbuf = mbuf->next) {
		ledger_set(mbuf, HOLDER_GUEST);
		repaint(mbuf);
	}
	rte_pktmbuf_free(frame);
}

void
application_receive(struct target *target, unsigned int q, struct choices *choices)
{
	struct target_queue *queue = &target->queues[q];
	struct rte_mbuf *bufs[BURST];
	uint16_t most = (uint16_t)(1 + choose(choices, BURST)), n;

	queue->ledger.n_received = 0;
	n = port_rx_burst(&queue->port, bufs, most);
	attack_check(n <= most, "%u frames where there was room for %u", n, most);
	check_received(target, queue, bufs, n);
	attack_check(!queue->honest || n == most ||
			     queue->next_received == target->device.rings[2 * q].sequence,
		     "frames of an honest host did not arrive");
	for (uint16_t i = 0; i < n; i++) {
		if (queue->n_held < TARGET_HELD_MAX) {
			queue->held[queue->n_held++] = bufs[i];
			continue;
		}
		application_throw_away(bufs[i]);
	}
}

/* A new segment for the application to send. */
static struct rte_mbuf *
new_segment(const struct target *target, const struct target_queue *queue)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(target->mode == COPY_NONE ?
							  queue->port.hot_temporary.pool :
							  queue->port.hot_shadow.pool);

	attack_check(mbuf && ledger_holder(mbuf) == HOLDER_GUEST, "no mbuf for the application");
	return mbuf;
}

/* What the application received last, to be sent on: in the segments that it came in, their lengths changed. */
static struct rte_mbuf *
take_held(struct target_queue *queue, uint32_t bytes)
{
	struct rte_mbuf *frame = queue->held[--queue->n_held], *mbuf = frame;

	for (uint32_t room; mbuf; mbuf = mbuf->next, bytes -= room) {
		ledger_set(mbuf, HOLDER_GUEST);
		repaint(mbuf);
		room = mbuf == frame && mbuf->next ? mbuf->data_len :
						     mbuf->data_len + rte_pktmbuf_tailroom(mbuf);
		room = RTE_MIN(room, bytes);
		if (!room || (room < bytes && !mbuf->next)) {
			application_throw_away(frame);
			return NULL;
		}
		mbuf->data_len = (uint16_t)room;
	}
	return frame;
}

/* A frame in new segments: one, or as many as make a chain. */
static struct rte_mbuf *
new_frame(const struct target *target, const struct target_queue *queue, uint32_t sequence,
	  uint32_t bytes)
{
	bool cut = target->chains && target->mode != COPY_HEADER && bytes < 200;
	uint32_t most_bytes = cut ? 70 : SEGMENT_BYTES;
	struct rte_mbuf *head = new_segment(target, queue), *last = head;

	head->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM - sequence % 64);
	head->data_len = (uint16_t)RTE_MIN(bytes, most_bytes);
	while (bytes -= last->data_len) {
		last->next = new_segment(target, queue);
		last = last->next;
		last->data_len = (uint16_t)RTE_MIN(bytes, most_bytes);
		head->nb_segs++;
	}
	return head;
}

/* The application's next frame, in mbufs that it received, or in new ones. */
static struct rte_mbuf *
next_frame(const struct target *target, struct target_queue *queue, uint32_t sequence)
{
	uint32_t bytes = frame_length_bytes(sequence, target->sent_bytes_max);
	struct rte_mbuf *frame = queue->n_held ? take_held(queue, bytes) : NULL;
	const uint8_t *from = frame_bytes(sequence);

	if (!frame)
		frame = new_frame(target, queue, sequence, bytes);
	frame->pkt_len = bytes;
	for (struct rte_mbuf *mbuf = frame; mbuf; from += mbuf->data_len, mbuf = mbuf->next)
		memcpy(rte_pktmbuf_mtod(mbuf, void *), from, mbuf->data_len);
	return frame;
}

void
application_send(struct target *target, struct target_queue *queue, struct choices *choices)
{
	struct rte_mbuf *bufs[BURST], *written[BURST * SEGMENTS_MAX];
	uint16_t n = (uint16_t)choose(choices, BURST / 2), sent, behind[BURST + 1] = {0};

	for (uint16_t i = 0; i < n; i++) {
		behind[i + 1] = behind[i];
		bufs[i] = next_frame(target, queue, queue->next_sent + i);
		for (struct rte_mbuf *mbuf = bufs[i]; mbuf; mbuf = mbuf->next)
			written[behind[i + 1]++] = mbuf;
	}
	sent = port_tx_burst(&queue->port, bufs, n);
	attack_check(sent <= n, "%u frames sent of %u", sent, n);
	queue->next_sent += sent;
	/* Private mbufs are in their pool by now, and as they were; without a copy the device has them. */
	for (uint16_t i = 0; i < behind[sent]; i++)
		repaint(written[i]);
	for (uint16_t i = sent; i < n; i++)
		application_throw_away(bufs[i]);
}
