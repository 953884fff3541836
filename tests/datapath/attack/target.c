/* SPDX-License-Identifier: BSD-3-Clause */
#include "target.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/virtio_ring.h>

#include "application.h"
#include "attacks.h"
#include "base/log.h"
#include "datapath/sources/bounce_copy.h"

/* The longest frame where each is one buffer. */
#define FRAME_BYTES_ONE 1514u
#define GUARD_BYTES 4096u
/* Turns of each queue pair once a ring is out of service: it stays so, and the others go on. */
#define TURNS_AFTER 3u

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
	application_paint(pools->shadow);
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
	variant_configure(variant, &target->config);
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
		attack_check(frame_is(sent_bytes + sizeof(empty), bytes - (uint32_t)sizeof(empty),
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
	application_receive(target, q, choices);
	check_service(target, queue, ledger->rx, false, &rx);
	count_state(target, q, true);
	application_send(target, queue, choices);
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
			application_throw_away(queue->held[queue->n_held - 1]);
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
