/* SPDX-License-Identifier: BSD-3-Clause */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/virtio_ring.h>

#include <rte_mbuf_dyn.h>

#include "base/log.h"
#include "datapath/sources/bounce_copy.h"
#include "datapath/sources/source.h"

#define BURST 32u
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
	{"ring=64 ring_format=split queues=3", "bounce_copy", 8},
	{"ring=64 ring_format=packed queues=3", "bounce_copy", 8},
	{"ring=64 ring_format=split queues=2", "", 8},
	{"ring=64 ring_format=packed queues=2", "", 8},
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
		/* As bounce_alloc shares its pool out. */
		{guest->bounce ? (uint64_t)(guest->bounce - guest->region.base) +
					 q * (guest->bounce_bytes / guest->n_queues) :
				 0,
		 guest->bounce_bytes / guest->n_queues},
	};

	attack_check(!port_open(&queue->port, &options) && !port_attach(&queue->port),
		     "a port does not open");
	ledger_open(&queue->ledger, guest, &queue->port, &device->rx, &device->tx);
	rte_mempool_obj_iter(pools->temporary, disown, NULL);
	rte_mempool_obj_iter(pools->shadow, disown, NULL);
	rte_mempool_obj_iter(pools->shadow, paint, NULL);
	for (unsigned int i = 0; i < 2; i++)
		memcpy(target->device.rings[2 * q + i].windows, windows, sizeof(windows));
}

void
target_open(struct target *target, const struct variant *variant)
{
	memset(target, 0, sizeof(*target));
	log_set_sink(count_message, target);
	configure(&target->config, variant);
	target->mode = bounce_copy_mode(&target->config);
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

/* What the guest sent on an honest pair is all there, in order, behind an empty header. */
static void
check_sent(const struct target *target, struct device_ring *ring, uint32_t sent)
{
	static const uint8_t empty[VNET_HEADER_BYTES];
	uint16_t known = ring->n_held;

	device_take(ring);
	for (; known < ring->n_held; known++) {
		const struct device_buffer *buffer = &ring->held[known];
		const uint8_t *at = device_at(&target->device, ring, buffer->iova, buffer->bytes);

		attack_check(at && !memcmp(at, empty, sizeof(empty)), "no empty header");
		attack_check(frame_is(at + sizeof(empty), buffer->bytes - (uint32_t)sizeof(empty),
				      ring->sequence++),
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

/* What the application got of a copied frame: private, its own, and nothing but the frame's start. */
static void
check_copy(const struct target *target, const struct rte_mbuf *mbuf,
	   const struct ledger_received *from, uint32_t bytes)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	const uint8_t *start = mbuf->buf_addr, *end = start + mbuf->buf_len;
	const uint8_t *behind = data + mbuf->data_len;

	attack_check(start == (const uint8_t *)(mbuf + 1) &&
			     !(mbuf->ol_flags & (RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT)),
		     "an application's mbuf that does not hold its own data");
	attack_check(!region_contains(&target->guest.region, start, 1),
		     "an application's mbuf points into the region");
	attack_check(mbuf->data_len == bytes && mbuf->pkt_len == from->bytes,
		     "of %u B, %u B became %u of %u", from->bytes, bytes, mbuf->data_len,
		     mbuf->pkt_len);
	attack_check(target->racing || !memcmp(data, from->data, bytes),
		     "a copy is not what was received");
	attack_check(painted(data - CANARY_BYTES, data) &&
			     painted(behind, RTE_MIN(behind + CANARY_BYTES, end)),
		     "written before or behind a frame of %u B", bytes);
}

/* What was left in shared memory, behind copied headers: all of the rest, and marked. */
static void
check_payload(const struct rte_mbuf *head, const struct ledger_received *from)
{
	const struct rte_mbuf *payload = head->next;
	int bit = rte_mbuf_dynflag_lookup(COPY_UNTRUSTED_FLAG, NULL);

	attack_check(payload == from->mbuf && !payload->next && head->nb_segs == 2 &&
			     payload->nb_segs == 1 && rte_mbuf_refcnt_read(payload) == 1,
		     "not the payload that was received");
	attack_check(rte_pktmbuf_mtod(payload, const uint8_t *) == from->data + head->data_len &&
			     payload->data_len == from->bytes - head->data_len,
		     "a payload of %u B behind %u of %u", payload->data_len, head->data_len,
		     from->bytes);
	attack_check(bit >= 0 && head->ol_flags >> bit & 1 && payload->ol_flags >> bit & 1,
		     "an untrusted payload that is not marked");
}

static void
check_frame(const struct target *target, const struct rte_mbuf *mbuf,
	    const struct ledger_received *from)
{
	bool in_two = target->mode == COPY_HEADER && from->bytes > COPY_HEADER_BYTES;

	attack_check(ledger_holder(mbuf) == HOLDER_GUEST, "an mbuf of somebody else's: %d",
		     ledger_holder(mbuf));
	attack_check(mbuf->data_off == RTE_PKTMBUF_HEADROOM && rte_mbuf_refcnt_read(mbuf) == 1,
		     "not a fresh mbuf");
	if (target->mode == COPY_NONE)
		attack_check(mbuf == from->mbuf, "not what the device gave");
	else
		check_copy(target, mbuf, from, in_two ? COPY_HEADER_BYTES : from->bytes);
	if (in_two)
		check_payload(mbuf, from);
	else
		attack_check(mbuf->nb_segs == 1 && !mbuf->next && mbuf->pkt_len == mbuf->data_len,
			     "not a plain mbuf");
}

static void
check_received(struct target *target, struct target_queue *queue, struct rte_mbuf **bufs,
	       uint16_t n)
{
	const struct ledger *ledger = &queue->ledger;
	uint8_t whole[SLOT_BYTES];

	attack_check(n == ledger->n_received, "%u received of the device's %u", n,
		     ledger->n_received);
	for (uint16_t i = 0; i < n; i++) {
		check_frame(target, bufs[i], &ledger->received[i]);
		attack_check(!queue->honest ||
				     frame_is(rte_pktmbuf_read(bufs[i], 0, bufs[i]->pkt_len, whole),
					      bufs[i]->pkt_len, queue->next_received++),
			     "a frame was lost, damaged or reordered on its way from an honest "
			     "host");
		for (struct rte_mbuf *mbuf = bufs[i]; mbuf; mbuf = mbuf->next)
			ledger_set(mbuf, HOLDER_APPLICATION);
	}
	target->frames += n;
}

/* What the application, or the port for it, wrote into a private mbuf is painted over. */
static void
repaint(const struct target *target, struct rte_mbuf *mbuf)
{
	if (target->mode != COPY_NONE)
		memset(rte_pktmbuf_mtod(mbuf, void *), CANARY, mbuf->data_len);
}

/* No longer the application's: to be sent or freed. */
static void
let_go(struct rte_mbuf *mbuf)
{
	for (; mbuf; mbuf = mbuf->next)
		ledger_set(mbuf, HOLDER_GUEST);
}

static void
throw_away(const struct target *target, struct rte_mbuf *mbuf)
{
	let_go(mbuf);
	repaint(target, mbuf);
	rte_pktmbuf_free(mbuf);
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
		throw_away(target, bufs[i]);
	}
}

/* bytes of a frame's, over the mbuf that a received frame came in, and over its payload's. */
static void
fill(const struct target *target, struct rte_mbuf *mbuf, const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *payload = mbuf->next;

	repaint(target, mbuf);
	if (payload && bytes <= COPY_HEADER_BYTES) {
		rte_pktmbuf_free(payload);
		payload = mbuf->next = NULL;
		mbuf->nb_segs = 1;
	}
	mbuf->pkt_len = bytes;
	mbuf->data_len = (uint16_t)(payload ? COPY_HEADER_BYTES : bytes);
	memcpy(rte_pktmbuf_mtod(mbuf, void *), frame, mbuf->data_len);
	if (payload) {
		payload->data_len = (uint16_t)(bytes - mbuf->data_len);
		payload->pkt_len = payload->data_len;
		memcpy(rte_pktmbuf_mtod(payload, void *), frame + mbuf->data_len,
		       payload->data_len);
	}
}

/* The application's next frame, in an mbuf that it received, or in a new one. */
static struct rte_mbuf *
next_frame(struct target *target, struct target_queue *queue, uint32_t sequence)
{
	struct rte_mbuf *mbuf;
	uint8_t frame[SLOT_BYTES];

	if (queue->n_held) {
		mbuf = queue->held[--queue->n_held];
		let_go(mbuf);
	} else {
		mbuf = rte_pktmbuf_alloc(target->mode == COPY_NONE ?
						 queue->port.hot_temporary.pool :
						 queue->port.hot_shadow.pool);
		attack_check(mbuf && ledger_holder(mbuf) == HOLDER_GUEST,
			     "no mbuf for the application");
		mbuf->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM - sequence % 64);
	}
	frame_write(frame, sequence);
	fill(target, mbuf, frame, frame_length_bytes(sequence));
	return mbuf;
}

static void
send(struct target *target, struct target_queue *queue, struct choices *choices)
{
	struct rte_mbuf *bufs[BURST], *taken[BURST];
	uint16_t n = (uint16_t)choose(choices, BURST / 2), sent;

	for (uint16_t i = 0; i < n; i++)
		taken[i] = bufs[i] = next_frame(target, queue, queue->next_sent + i);
	sent = port_tx_burst(&queue->port, bufs, n);
	attack_check(sent <= n, "%u frames sent of %u", sent, n);
	queue->next_sent += sent;
	/* Private mbufs are in their pool by now, and as they were; without a copy the device has them. */
	for (uint16_t i = 0; i < sent; i++)
		repaint(target, taken[i]);
	for (uint16_t i = sent; i < n; i++)
		throw_away(target, bufs[i]);
}

/* A ring before a turn of the guest's, to hold the ring after it against. */
struct before {
	uint64_t back; /* buffers that had come back */
	uint16_t outstanding, used_index;
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
	uint64_t back = (tx ? queue->ledger.tx_back : queue->ledger.rx_back) - before->back;

	attack_check(ring->faults - queue->faults_before[tx] == (ring->fault != RING_FAULT_NONE),
		     "%lu faults counted", ring->faults - queue->faults_before[tx]);
	if (queue->out[tx]) {
		attack_check(ring->fault, "a ring came back into service");
		attack_check(!back, "a ring out of service moved %lu buffers", back);
		return;
	}
	attack_check(back <= before->outstanding, "%lu came back of %u outstanding", back,
		     before->outstanding);
	if (!ring->fault)
		return;
	attack_check(!queue->honest, "an honest host, and a bad %s", ring_fault_name(ring->fault));
	attack_check(target->messages == 1 && strstr(target->message, ring_fault_name(ring->fault)),
		     "%u messages of a bad %s", target->messages, ring_fault_name(ring->fault));
	/* A used entry speaks of an outstanding buffer, or is not looked at. */
	attack_check(ring->fault == RING_FAULT_USED_INDEX || back < before->outstanding,
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
	struct before rx = {ledger->rx_back, ledger->rx->size - ledger->rx->n_free,
			    ledger->rx->used_index};
	struct before tx = {ledger->tx_back, ledger->tx->size - ledger->tx->n_free,
			    ledger->tx->used_index};

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
			throw_away(target, queue->held[queue->n_held - 1]);
		check_pool(queue->port.hot_temporary.pool, queue->port.hot_temporary.n);
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
