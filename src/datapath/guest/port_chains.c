/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path where the device takes frames apart (option mergeable): bursts
 * of frames above, flat arrays of segments below. A frame that is copied fills as
 * few buffers as it takes, whichever way it came in segments; one that is not goes
 * as it is. An array holds LOWER_SEGMENTS_MAX segments, so a burst of long frames
 * is several calls of the device.
 */
#include <string.h>

#include "datapath/guest/port_burst.h"
#include "datapath/guest/port_steps.h"

#define SLOT_ROOM_BYTES (SLOT_BYTES - RTE_PKTMBUF_HEADROOM)

_Static_assert(LOWER_SEGMENTS_MAX <= MBUF_STACK_BURST, "a call's segments are one step of a stack");

/* Copies a chain's data into the n mbufs of to, whose lengths are together its own; each byte read once. */
static inline void
copy_chain(const struct rte_mbuf *from, struct rte_mbuf **to, uint16_t n)
{
	uint32_t offset = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint8_t *at = rte_pktmbuf_mtod(to[i], uint8_t *);

		for (uint32_t left = to[i]->data_len; left;) {
			uint32_t bytes = RTE_MIN(left, from->data_len - offset);

			rte_memcpy(at, rte_pktmbuf_mtod_offset(from, void *, offset), bytes);
			at += bytes;
			left -= bytes;
			offset += bytes;
			if (offset == from->data_len) {
				from = from->next;
				offset = 0;
			}
		}
	}
}

/* A received frame's private copy, NULL when there are no buffers for it. */
static inline struct rte_mbuf *
copy_out(struct port *port, const struct rte_mbuf *frame, const struct fresh_head *head)
{
	uint32_t left = frame->pkt_len, room = port->shadow_room_bytes;
	uint16_t n = left <= room ? 1 : (uint16_t)((left + room - 1) / room);
	struct rte_mbuf **shadow = mbuf_stack_pop(&port->hot_shadow, n);

	if (unlikely(!shadow))
		return NULL;
	for (uint16_t i = 0; i < n; i++) {
		fresh_set(shadow[i], head, (uint16_t)RTE_MIN(left, room));
		left -= shadow[i]->data_len;
		if (i)
			shadow[i - 1]->next = shadow[i];
	}
	shadow[0]->nb_segs = n;
	shadow[0]->pkt_len = frame->pkt_len;
	copy_chain(frame, shadow, n);
	return shadow[0];
}

/* In mode header: private headers in front of the segments that the frame came in. */
static inline struct rte_mbuf *
put_header_before(struct port *port, struct rte_mbuf *frame, const struct fresh_head *marked)
{
	struct rte_mbuf **shadow = mbuf_stack_pop(&port->hot_shadow, 1);
	uint16_t n_segments = frame->nb_segs;
	uint32_t bytes = frame->pkt_len;

	if (unlikely(!shadow))
		return NULL;
	port_split_frame(frame, *shadow, marked);
	for (struct rte_mbuf *segment = frame->next; segment; segment = segment->next)
		segment->ol_flags |= marked->ol_flags;
	(*shadow)->nb_segs = n_segments + 1;
	(*shadow)->pkt_len = bytes;
	return *shadow;
}

/* One call of the device: frames go to bufs, and *segments says how many there were to have. */
static __rte_always_inline uint16_t
rx_some(struct port *port, struct rte_mbuf **bufs, uint16_t n, uint16_t *segments,
	enum copy_mode mode, bool hooked)
{
	/* Buffers that were copied whole gather at its front. */
	struct rte_mbuf **received = mbuf_stack_room(&port->hot_temporary, LOWER_SEGMENTS_MAX);
	const struct fresh_head plain = fresh_head(0, port->buffers.port_id);
	struct fresh_head marked = plain;
	uint16_t got = port->lower->ops->rx_burst(port->lower->device, received, n);
	uint16_t frames = 0, done = 0;
	uint32_t bytes = 0;

	if (mode == COPY_HEADER)
		marked.ol_flags = port->copy->untrusted_flag;
	for (uint16_t i = 0, k; i < got; i += k) {
		struct rte_mbuf *frame = received[i], *mine = frame;
		bool kept = mode == COPY_HEADER && frame->pkt_len > COPY_HEADER_BYTES;
		uint32_t copied = kept ? COPY_HEADER_BYTES : frame->pkt_len;

		k = frame->nb_segs;
		if (mode != COPY_NONE)
			mine = kept ? put_header_before(port, frame, &marked) :
				      copy_out(port, frame, &plain);
		if (mode == COPY_HEADER && (!kept || !mine))
			for (uint16_t j = i; j < i + k; j++)
				received[done++] = received[j];
		if (unlikely(!mine)) {
			port->drop_no_shadow++;
			continue;
		}
		bufs[frames++] = mine;
		bytes += copied;
	}
	if (mode == COPY_SHADOW)
		done = got;
	if (hooked)
		port_run_hooks(port->unmap, received, got, DIRECTION_RX);
	for (uint16_t i = 0; i < done; i++)
		segment_detach(received[i]);
	mbuf_stack_push(&port->hot_temporary, done);
	if (mode != COPY_NONE)
		bounce_copy_count(port->copy, frames, bytes);
	*segments = got;
	return frames;
}

/* Asks again where what came filled the array: more may be waiting. */
static __rte_always_inline uint16_t
rx(struct port *port, struct rte_mbuf **bufs, uint16_t n, enum copy_mode mode, bool hooked)
{
	uint16_t frames = 0, segments;

	do {
		frames += rx_some(port, &bufs[frames], n - frames, &segments, mode, hooked);
	} while (frames < n && segments + LOWER_FRAME_SEGMENTS_MAX > LOWER_SEGMENTS_MAX);
	return frames;
}

/* Bytes in n segments; 0 when there are fewer, or when no frame is so long. */
static inline uint32_t
chain_bytes(const struct rte_mbuf *segment, uint16_t n)
{
	uint32_t bytes = 0;

	for (; n && segment; n--, segment = segment->next)
		bytes += segment->data_len;
	return n || bytes > LOWER_FRAME_BYTES_MAX ? 0 : bytes;
}

/* May the device read these n segments where they are? */
static inline bool
own_chain(const struct port *port, const struct rte_mbuf *segment, uint16_t n)
{
	if (n > LOWER_SEGMENTS_MAX)
		return false;
	for (; n; n--, segment = segment->next)
		if (!port_own_temporary(port, segment) || rte_mbuf_refcnt_read(segment) != 1 ||
		    !segment->data_len)
			return false;
	return true;
}

/* In mode header: a private first segment, and behind it a payload that can stay where it is. */
static inline bool
payload_stays(const struct port *port, const struct rte_mbuf *frame)
{
	const struct rte_mbuf *payload = frame->next;

	return frame->nb_segs > 1 && own_chain(port, payload, frame->nb_segs - 1) &&
	       payload->data_off >= frame->data_len + VNET_HEADER_BYTES;
}

/* What becomes of a frame: how many segments the device gets, 0 when it cannot be sent. */
struct fate {
	uint32_t bytes;
	uint16_t n_segments;
	bool copied; /* whole */
};

static __rte_always_inline struct fate
decide(const struct port *port, const struct rte_mbuf *frame, enum copy_mode mode)
{
	uint32_t bytes = chain_bytes(frame, frame->nb_segs);

	if (unlikely(!bytes))
		return (struct fate){0};
	if (mode == COPY_NONE)
		return (struct fate){
			bytes, own_chain(port, frame, frame->nb_segs) ? frame->nb_segs : 0, false};
	if (mode == COPY_HEADER && payload_stays(port, frame))
		return (struct fate){bytes, frame->nb_segs - 1, false};
	return (struct fate){bytes, (uint16_t)((bytes + SLOT_ROOM_BYTES - 1) / SLOT_ROOM_BYTES),
			     true};
}

/* One call of the device. */
struct batch {
	struct rte_mbuf *segments[LOWER_SEGMENTS_MAX];
	struct rte_mbuf *frames[LOWER_SEGMENTS_MAX]; /* to be copied, */
	uint16_t to[LOWER_SEGMENTS_MAX];             /* from this place of segments[] on */
	uint16_t n_segments, n_frames, copies;
	uint32_t bytes;
};

/* Temporary mbufs for a frame that is copied: where it will lie is known before it is mapped. */
static inline bool
place_copy(struct port *port, struct batch *batch, struct rte_mbuf *frame, struct fate fate)
{
	uint32_t bytes = fate.bytes;
	uint16_t n = fate.n_segments;
	struct rte_mbuf **temporary = mbuf_stack_pop(&port->hot_temporary, n);

	if (unlikely(!temporary))
		return false;
	batch->frames[batch->n_frames] = frame;
	batch->to[batch->n_frames++] = batch->n_segments;
	batch->copies++;
	batch->bytes += bytes;
	temporary[0]->nb_segs = n;
	for (uint16_t i = 0; i < n; i++) {
		temporary[i]->data_off = RTE_PKTMBUF_HEADROOM;
		temporary[i]->data_len = (uint16_t)RTE_MIN(bytes, SLOT_ROOM_BYTES);
		bytes -= temporary[i]->data_len;
		batch->segments[batch->n_segments++] = temporary[i];
	}
	return true;
}

/* The n segments of a frame that is not copied. */
static inline void
place_chain(struct batch *batch, struct rte_mbuf *frame, uint16_t n)
{
	frame->nb_segs = n;
	for (; n; n--, frame = frame->next)
		batch->segments[batch->n_segments++] = frame;
}

/* Adds a frame; false when there are no buffers for it. */
static __rte_always_inline bool
place_frame(struct port *port, struct batch *batch, struct rte_mbuf *frame, struct fate fate,
	    enum copy_mode mode)
{
	if (mode != COPY_NONE && fate.copied)
		return place_copy(port, batch, frame, fate);
	if (mode == COPY_HEADER) {
		batch->copies++;
		batch->bytes += frame->data_len;
		place_chain(batch, port_join_frame(frame), fate.n_segments);
		port_free_segment(port, frame);
		return true;
	}
	place_chain(batch, frame, fate.n_segments);
	return true;
}

/* A frame's private mbufs, back to their pool. */
static inline void
free_frame(struct port *port, struct rte_mbuf *segment)
{
	while (segment) {
		struct rte_mbuf *next = segment->next;

		if (likely(port_simply_freed(port, segment)))
			port_free_segment(port, segment);
		else
			rte_pktmbuf_free_seg(segment);
		segment = next;
	}
}

static inline void
copy_frames(struct port *port, struct batch *batch)
{
	for (uint16_t i = 0; i < batch->n_frames; i++) {
		struct rte_mbuf **to = &batch->segments[batch->to[i]];

		copy_chain(batch->frames[i], to, to[0]->nb_segs);
		free_frame(port, batch->frames[i]);
	}
	bounce_copy_count(port->copy, batch->copies, batch->bytes);
}

/* As many frames from the front as one call of the device takes; returns how many are dealt with. */
static __rte_always_inline uint16_t
tx_some(struct port *port, struct rte_mbuf **bufs, uint16_t n, enum copy_mode mode, bool hooked)
{
	uint16_t room = port->lower->ops->tx_room(port->lower->device), taken;
	struct batch batch;

	room = RTE_MIN(room, LOWER_SEGMENTS_MAX);
	batch.n_segments = batch.n_frames = batch.copies = 0;
	batch.bytes = 0;
	for (taken = 0; taken < n; taken++) {
		struct rte_mbuf *frame = bufs[taken];
		struct fate fate = decide(port, frame, mode);

		if (fate.n_segments > room - batch.n_segments)
			break;
		if (unlikely(!fate.n_segments)) {
			rte_pktmbuf_free(frame);
			port->drop_unsendable++;
		} else if (unlikely(!place_frame(port, &batch, frame, fate, mode))) {
			rte_pktmbuf_free(frame);
			port->drop_no_temporary++;
		}
	}
	if (unlikely(!batch.n_segments))
		return taken;
	if (hooked)
		port_run_hooks(port->map, batch.segments, batch.n_segments, DIRECTION_TX);
	if (mode != COPY_NONE)
		copy_frames(port, &batch);
	port->lower->ops->tx_burst(port->lower->device, batch.segments, batch.n_segments);
	return taken;
}

static __rte_always_inline uint16_t
tx(struct port *port, struct rte_mbuf **bufs, uint16_t n, enum copy_mode mode, bool hooked)
{
	uint16_t taken = 0, some;

	do {
		some = tx_some(port, &bufs[taken], n - taken, mode, hooked);
		taken += some;
	} while (some && taken < n);
	return taken;
}

static __rte_always_inline void
release(struct port *port, struct rte_mbuf **bufs, uint16_t n, bool hooked)
{
	if (hooked)
		port_run_hooks(port->unmap, bufs, n, DIRECTION_TX);
	for (uint16_t i = 0; i < n; i++)
		segment_detach(bufs[i]);
	port_put_temporary(port, bufs, n);
}

#include "datapath/guest/port_variants.h"

VARIANT(none, COPY_NONE, false)
VARIANT(none_hooked, COPY_NONE, true)
VARIANT(shadow, COPY_SHADOW, false)
VARIANT(shadow_hooked, COPY_SHADOW, true)
VARIANT(header, COPY_HEADER, false)

const struct port_burst port_chain_bursts[COPY_MODES][2] = {
	[COPY_NONE] = {{rx_none, tx_none, alloc_plain, release_plain},
		       {rx_none_hooked, tx_none_hooked, alloc_hooked, release_hooked}},
	[COPY_SHADOW] = {{rx_shadow, tx_shadow, alloc_plain, release_plain},
			 {rx_shadow_hooked, tx_shadow_hooked, alloc_hooked, release_hooked}},
	[COPY_HEADER] = {{rx_header, tx_header, alloc_plain, release_plain}},
};
