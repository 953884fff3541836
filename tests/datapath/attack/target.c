/* SPDX-License-Identifier: BSD-3-Clause */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/virtio_ring.h>

#include <rte_mbuf_dyn.h>

#include "attacks.h"
#include "base/log.h"
#include "datapath/sources/bounce_copy.h"
#include "datapath/sources/source.h"

#define BURST 32u
/* Most segments that a frame to send has: as many as the longest takes, and a few for short ones. */
#define SEGMENTS_MAX 8u
#define SEGMENT_BYTES 2000u
/* The longest frame where each is one buffer. */
#define FRAME_BYTES_ONE 1514u
#define CANARY 0xa5
/* Bytes before and behind a received frame that must be as they were. */
#define CANARY_BYTES 32u
#define GUARD_BYTES 4096u
#define BOUNCE_POOL "2 MiB"
/* Turns of each queue pair once a ring is out of service: it stays so, and the others go on. */
#define TURNS_AFTER 3u

const struct variant variants[] = {
	{"ring=64 ring_format=split", "", 8},
	{"ring=64 ring_format=packed", "", 8},
	{"ring=64 ring_format=split", "bounce_copy", 8},
	{"ring=64 ring_format=packed", "bounce_copy", 8},
	{"ring=256 ring_format=split", "bounce_copy", 4},
	{"ring=256 ring_format=packed", "bounce_copy", 4},
	{"ring=64 ring_format=split", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=packed", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=split", "bounce_alloc vc", 8},
	{"ring=64 ring_format=packed", "bounce_alloc vc", 8},
	{"ring=64 ring_format=split", "bounce_copy:mode=header", 8},
	{"ring=64 ring_format=packed", "bounce_copy:mode=header vc", 8},
	{"ring=64 ring_format=split event_idx=on notify=both", "bounce_copy", 8},
	{"ring=64 ring_format=packed event_idx=on notify=both", "bounce_copy", 8},
	{"ring=64 ring_format=split mergeable=on", "", 8},
	{"ring=64 ring_format=packed mergeable=on", "", 8},
	{"ring=64 ring_format=split mergeable=on", "bounce_copy", 8},
	{"ring=64 ring_format=packed mergeable=on event_idx=on", "bounce_copy", 8},
	{"ring=64 ring_format=split mergeable=on", "bounce_copy:mode=header", 8},
	{"ring=64 ring_format=packed mergeable=on", "bounce_copy:mode=header", 8},
	{"ring=64 ring_format=split mergeable=on", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=packed mergeable=on", "bounce_alloc bounce_copy", 8},
	{"ring=64 ring_format=split queues=3", "bounce_copy", 8},
	{"ring=64 ring_format=packed queues=3", "bounce_copy", 8},
	{"ring=64 ring_format=split queues=2", "", 8},
	{"ring=64 ring_format=packed mergeable=on queues=2", "bounce_copy", 8},
	{"ring=64 ring_format=split", "psc bounce_alloc bounce_copy", 1},
	{"ring=64 ring_format=packed", "psc bounce_copy", 1},
	{"ring=4096 ring_format=split", "bounce_copy", 1},
	{"ring=4096 ring_format=packed", "bounce_copy", 1},
	{0},
};

const char *
variant_name(const struct variant *variant)
{
	static char names[sizeof(variants) / sizeof(variants[0])][160];
	char *name = names[variant - variants];

	snprintf(name, sizeof(names[0]), "%s sources=[%s]", variant->options, variant->sources);
	return name;
}

/* The messages of rings put out of service, counted; any other is shown. */
static void
count_message(enum log_level level, const char *text, void *arg)
{
	struct target *target = arg;
	if (strstr(text, "out of service: the host wrote a bad ")) {
		snprintf(target->message, sizeof(target->message), "%s", text);
		target->messages++;
	} else {
		log_print(level, text);
	}
}

static void
set_option(const struct option_spec *table, void *settings, const char *name, const char *value)
{
	const struct option_spec *spec = options_find(table, name);
	char why[256] = "no such option";

	attack_check(spec && !option_parse(spec, settings, value, why, sizeof(why)), "%s=%s: %s",
		     name, value, why);
}

/* option: "mode=header", or NULL. */
static void
switch_on(struct datapath_config *config, const char *name, char *option)
{
	int source = source_find(name);

	attack_check(source >= 0, "no source %s", name);
	config->sources[source].on = true;
	if (option) {
		const char *key = strsep(&option, "=");

		set_option(sources[source]->options, config->sources[source].options, key, option);
	}
}

static void
configure(struct datapath_config *config, const struct variant *variant)
{
	char text[256], *rest = text, *word;

	datapath_config_init(config);
	/* Ordinary pages, unless options say otherwise: an attack needs no fast memory. */
	set_option(datapath_options, config, "memory", "plain");
	snprintf(text, sizeof(text), "%s", variant->options);
	while ((word = strsep(&rest, " "))) {
		const char *name = strsep(&word, "=");

		set_option(datapath_options, config, name, word);
	}
	snprintf(text, sizeof(text), "%s", variant->sources);
	for (rest = text; (word = strsep(&rest, " ")) && *word;) {
		const char *name = strsep(&word, ":");

		switch_on(config, name, word);
	}
	int pool = source_find("bounce_alloc");

	set_option(sources[pool]->options, config->sources[pool].options, "pool", BOUNCE_POOL);
}

/* Where nothing is mapped yet, nothing ever will be: what runs over the region's end faults. */
static void
guard(struct target *target)
{
	const struct region *region = &target->guest.region;
	uint8_t *const at[] = {region->base - GUARD_BYTES, region->base + region->size_bytes};

	for (unsigned int i = 0; i < 2; i++)
		target->guards[i] = mmap(at[i], GUARD_BYTES, PROT_NONE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static void
paint(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	struct rte_mbuf *mbuf = object;

	(void)pool;
	(void)arg;
	(void)index;
	memset(mbuf->buf_addr, CANARY, mbuf->buf_len);
}

static void
disown(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	(void)pool;
	(void)arg;
	(void)index;
	ledger_set(object, HOLDER_GUEST);
}

static void
open_queue(struct target *target, unsigned int q)
{
	struct target_queue *queue = &target->queues[q];
	struct guest *guest = &target->guest;
	struct virtio_net_queue *device = &guest->virtio_net->queues[q];
	const struct pools *pools = &guest->queues[q].pools;
	const struct port_options options = {.guest = guest, .queue = q, .config = &target->config};
	struct device_window windows[] = {
		{(uint64_t)(pools->slots - guest->region.base),
		 (uint64_t)pools->n_slots * SLOT_BYTES},
		/* All queue pairs' pool: where it is used there is one, and no other's to hit. */
		{guest->bounce ? (uint64_t)(guest->bounce - guest->region.base) : 0,
		 guest->bounce_bytes},
	};

	attack_check(!port_open(&queue->port, &options) && !port_attach(&queue->port),
		     "a port does not open");
	ledger_open(&queue->ledger, guest, &queue->port, &device->rx, &device->tx);
	rte_mempool_obj_iter(pools->temporary, disown, NULL);
	rte_mempool_obj_iter(pools->shadow, disown, NULL);
	rte_mempool_obj_iter(pools->shadow, paint, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		memcpy(target->device.rings[2 * q + i].windows, windows, sizeof(windows));
		target->device.rings[2 * q + i].frame_bytes_max = target->frame_bytes_max;
	}
}

void
target_open(struct target *target, const struct variant *variant)
{
	memset(target, 0, sizeof(*target));
	log_set_sink(count_message, target);
	configure(&target->config, variant);
	target->mode = bounce_copy_mode(&target->config);
	target->chains = strstr(variant->options, "mergeable=on");
	target->frame_bytes_max = target->chains ? FRAME_BYTES_MOST : FRAME_BYTES_ONE;
	/* In mode header only what was received may be a chain. */
	target->sent_bytes_max = target->mode == COPY_HEADER ? FRAME_BYTES_ONE :
							       target->frame_bytes_max;
	const struct guest_options options = {
		.config = &target->config,
		.bounce_bytes = datapath_config_bounce_bytes(&target->config),
		/* Nobody is ever dialled. */
		.path = "nobody",
		.client = true,
	};

	attack_check(!guest_open(&target->guest, &options) &&
			     !device_open(&target->device, &target->guest.region),
		     "a guest does not open");
	guard(target);
	for (unsigned int q = 0; q < target->config.queues; q++)
		open_queue(target, q);
}

void
target_close(struct target *target)
{
	for (unsigned int q = 0; q < target->config.queues; q++)
		port_close(&target->queues[q].port);
	for (unsigned int i = 0; i < 2; i++)
		if (target->guards[i] != MAP_FAILED)
			munmap(target->guards[i], GUARD_BYTES);
	device_close(&target->device);
	guest_close(&target->guest);
	log_set_sink(NULL, NULL);
}

/* A fresh ring, but for the position of its index: anywhere, so that it wraps soon or late. */
static void
place(struct target *target, struct virtqueue *ring, unsigned int index, struct choices *choices)
{
	uint16_t position = (uint16_t)choose(choices, UINT16_MAX + 1);
	bool wrap = true;

	if (ring->format == virtqueue_formats[0]) {
		((struct vring_avail *)ring->driver_area)->idx = position;
		((struct vring_used *)ring->device_area)->idx = position;
	} else {
		wrap = position & 0x8000;
		position %= ring->size;
		ring->used_wrap = wrap;
		if (!wrap)
			ring->avail_flags ^= 1u << VRING_PACKED_DESC_F_AVAIL |
					     1u << VRING_PACKED_DESC_F_USED;
	}
	ring->avail_index = ring->used_index = ring->kick_index = position;
	device_follow(&target->device, index, &target->guest.region, ring, position, wrap, choices);
}

void
target_begin(struct target *target, struct choices *choices)
{
	unsigned int honest = (unsigned int)choose(choices, 1u << target->config.queues);

	/* With a single pair, honesty is for the few lives that show what it looks like. */
	if (target->config.queues == 1)
		honest = one_in(choices, 64);
	if (target->racing)
		honest = 0;
	log_set_sink(count_message, target);
	for (unsigned int q = 0; q < target->config.queues; q++) {
		struct target_queue *queue = &target->queues[q];
		struct virtio_net_queue *device = &target->guest.virtio_net->queues[q];

		queue->honest = honest >> q & 1;
		queue->next_received = queue->next_sent = 0;
		memset(queue->out, 0, sizeof(queue->out));
		queue->faults_before[0] = device->rx.faults;
		queue->faults_before[1] = device->tx.faults;
		place(target, &device->rx, 2 * q, choices);
		place(target, &device->tx, 2 * q + 1, choices);
	}
	target->lives++;
}

static bool
is_frame(const uint8_t *at, uint32_t bytes, uint32_t sequence, uint32_t most_bytes)
{
	return bytes == frame_length_bytes(sequence, most_bytes) &&
	       !memcmp(at, frame_bytes(sequence), bytes);
}

/* What the guest sent on an honest pair is all there, in order, behind an empty header. */
static void
check_sent(const struct target *target, struct device_ring *ring, uint32_t sent)
{
	static const uint8_t empty[VNET_HEADER_BYTES];
	uint8_t sent_bytes[VNET_HEADER_BYTES + FRAME_BYTES_MOST];
	uint16_t known = ring->n_held;

	device_take(ring);
	for (; known < ring->n_held; known++) {
		uint32_t bytes = device_gather(&target->device, ring, &ring->held[known],
					       sent_bytes, sizeof(sent_bytes));

		attack_check(bytes > sizeof(empty) && !memcmp(sent_bytes, empty, sizeof(empty)),
			     "no empty header");
		attack_check(is_frame(sent_bytes + sizeof(empty), bytes - (uint32_t)sizeof(empty),
				      ring->sequence++, target->sent_bytes_max),
			     "a frame was lost, damaged or reordered on its way to an honest host");
	}
	attack_check(ring->sequence == sent, "%u frames reached an honest host, of %u",
		     ring->sequence, sent);
}

void
target_host(struct target *target, unsigned int q, struct choices *choices)
{
	struct device_ring *rx = &target->device.rings[2 * q], *tx = rx + 1;
	const struct target_queue *queue = &target->queues[q];

	if (queue->honest)
		check_sent(target, tx, queue->next_sent);
	for (uint64_t n = choose(choices, 8); n > 0; n--) {
		if (!device_receive(&target->device, rx, choices))
			break;
	}
	for (uint64_t n = choose(choices, 8); n > 0; n--)
		if (!device_transmit(tx, choices))
			break;
	if (queue->honest)
		return;
	for (uint64_t n = choose(choices, 3); n > 0; n--)
		device_attack(&target->device, choose(choices, 2) ? tx : rx, choices);
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
				     is_frame(rte_pktmbuf_read(bufs[i], 0, bufs[i]->pkt_len, whole),
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

static void
throw_away(struct rte_mbuf *frame)
{
	for (struct rte_mbuf *mbuf = frame; mbuf; mbuf = mbuf->next) {
		ledger_set(mbuf, HOLDER_GUEST);
		repaint(mbuf);
	}
	rte_pktmbuf_free(frame);
}

static void
receive(struct target *target, unsigned int q, struct choices *choices)
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
		throw_away(bufs[i]);
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
			throw_away(frame);
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

static void
send(struct target *target, struct target_queue *queue, struct choices *choices)
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
		throw_away(bufs[i]);
}

/* A ring before a turn of the guest's, to hold the ring after it against. */
struct before {
	uint64_t back, given; /* buffers that had come back, and that the device had been given */
	uint16_t outstanding; /* what the device holds, and what waits for the rest of its frame */
	uint16_t used_index;
};

/* Each split entry that the guest took was right in all its bits. */
static void
check_taken(const struct target *target, const struct device_ring *ring, uint16_t from, uint16_t to)
{
	const struct vring_used *used = (const void *)ring->device;

	for (; !target->racing && !ring->packed && from != to; from++)
		attack_check(used->ring[from % ring->size].id < ring->size,
			     "an entry of id %u was taken", used->ring[from % ring->size].id);
}

static void
check_service(struct target *target, struct target_queue *queue, const struct virtqueue *ring,
	      bool tx, const struct before *before)
{
	const struct ledger *ledger = &queue->ledger;
	uint64_t back = (tx ? ledger->tx_back : ledger->rx_back) - before->back;
	/* Where frames are taken apart, a burst calls the device several times, with new buffers in between. */
	uint64_t given = (tx ? ledger->tx_given : ledger->rx_given) - before->given;
	uint64_t outstanding = before->outstanding + (target->chains ? given : 0);

	attack_check(ring->faults - queue->faults_before[tx] == (ring->fault != RING_FAULT_NONE),
		     "%lu faults counted", ring->faults - queue->faults_before[tx]);
	if (queue->out[tx]) {
		attack_check(ring->fault, "a ring came back into service");
		attack_check(!back, "a ring out of service moved %lu buffers", back);
		return;
	}
	attack_check(back <= outstanding, "%lu came back of %lu outstanding", back, outstanding);
	if (!ring->fault)
		return;
	attack_check(!queue->honest, "an honest host, and a bad %s", ring_fault_name(ring->fault));
	attack_check(target->messages == 1 && strstr(target->message, ring_fault_name(ring->fault)),
		     "%u messages of a bad %s", target->messages, ring_fault_name(ring->fault));
	/* A used entry speaks of an outstanding buffer, or is not looked at. */
	attack_check(ring->fault == RING_FAULT_USED_INDEX || back < outstanding,
		     "an entry too many was looked at");
	target->messages = 0;
	target->faults++;
	queue->out[tx] = true;
}

static void
count_state(struct target *target, unsigned int q, bool tx)
{
	struct target_queue *queue = &target->queues[q];
	uint64_t writes =
		__atomic_load_n(&target->device.rings[2 * q + tx].writes, __ATOMIC_RELAXED);

	target->states += !queue->honest && !queue->out[tx] && writes != queue->seen_writes[tx];
	queue->seen_writes[tx] = writes;
}

void
target_guest(struct target *target, unsigned int q, struct choices *choices)
{
	struct target_queue *queue = &target->queues[q];
	const struct ledger *ledger = &queue->ledger;
	const struct lower *device = &ledger->behind;
	struct before rx = {ledger->rx_back, ledger->rx_given,
			    device->ops->rx_posted(device->device), ledger->rx->used_index};
	struct before tx = {ledger->tx_back, ledger->tx_given,
			    device->ops->tx_pending(device->device), ledger->tx->used_index};

	count_state(target, q, false);
	receive(target, q, choices);
	check_service(target, queue, ledger->rx, false, &rx);
	count_state(target, q, true);
	send(target, queue, choices);
	check_service(target, queue, ledger->tx, true, &tx);
	check_taken(target, &target->device.rings[2 * q], rx.used_index, ledger->rx->used_index);
	check_taken(target, &target->device.rings[2 * q + 1], tx.used_index,
		    ledger->tx->used_index);
	ledger_check(ledger);
	attack_check(!target->messages, "a message too many");
	attack_check(!queue->port.drop_no_shadow && !queue->port.drop_no_temporary &&
			     !queue->port.drop_unsendable,
		     "frames dropped: %lu %lu %lu", queue->port.drop_no_shadow,
		     queue->port.drop_no_temporary, queue->port.drop_unsendable);
}

bool
target_out(const struct target *target)
{
	for (unsigned int q = 0; q < target->config.queues; q++)
		if (target->queues[q].out[0] || target->queues[q].out[1])
			return true;
	return false;
}

static void
check_pool(const struct rte_mempool *pool, unsigned int at_hand)
{
	unsigned int found = rte_mempool_avail_count(pool) + at_hand;

	attack_check(found == pool->size, "pool %s has %u mbufs of %u", pool->name, found,
		     pool->size);
}

void
target_end(struct target *target)
{
	struct virtio_net *device = target->guest.virtio_net;

	/* What has been sent is reclaimed first: a last look at the host's rings. */
	virtio_net_abandon(device);
	target->messages = 0;
	for (unsigned int i = 0; i < 2 * target->config.queues; i++)
		device_wipe(&target->device.rings[i]);
	virtio_net_reset(device, &target->guest.region);
	for (unsigned int q = 0; q < target->config.queues; q++) {
		struct target_queue *queue = &target->queues[q];

		ledger_check(&queue->ledger);
		attack_check(queue->ledger.rx_lost == device->queues[q].lost_rx_posted &&
				     queue->ledger.tx_given == queue->ledger.tx_back,
			     "%lu receive buffers came back when the device went, %lu counted",
			     queue->ledger.rx_lost, device->queues[q].lost_rx_posted);
		for (; queue->n_held; queue->n_held--)
			throw_away(queue->held[queue->n_held - 1]);
		check_pool(queue->port.hot_temporary.pool,
			   queue->port.hot_temporary.n + queue->port.spare_temporary.n);
		check_pool(queue->port.hot_shadow.pool, queue->port.hot_shadow.n);
	}
}

void
target_life(struct target *target, struct choices *choices, unsigned int turns)
{
	unsigned int after = 0, turns_after = TURNS_AFTER * target->config.queues;

	target_begin(target, choices);
	for (unsigned int i = 0; i < turns && after < turns_after && choices_left(choices); i++) {
		unsigned int q = (unsigned int)choose(choices, target->config.queues);

		target_host(target, q, choices);
		target_guest(target, q, choices);
		after += target_out(target);
	}
	target_end(target);
}
