/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/guest/guest.h"
#include "datapath/guest/virtqueue.h"
#include "device.h"

/* A frame of FRAME_BYTES_MOST and its header, in the guest's slots. */
#define FRAME_SEGMENTS_MOST 5u

void (*attack_where)(void);

void
attack_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("violated: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	if (attack_where)
		attack_where();
	abort();
}

/* Where a buffer's data must lie while the device has it, header_bytes in front of them. */
static void
enter(const struct ledger *ledger, struct rte_mbuf *mbuf, enum holder holder, uint32_t header_bytes)
{
	uint16_t offset = holder == HOLDER_DEVICE_RX ? RTE_PKTMBUF_HEADROOM : mbuf->data_off;
	uint32_t bytes = holder == HOLDER_DEVICE_RX ? (uint32_t)mbuf->buf_len - offset :
						      mbuf->data_len;
	const uint8_t *start = (const uint8_t *)mbuf->buf_addr + offset - header_bytes;

	attack_check(offset >= header_bytes && start >= ledger->guest->data &&
			     region_contains(&ledger->guest->region, start, bytes + header_bytes),
		     "a buffer outside the region's data area goes to the device");
	memcpy(&mbuf->dynfield1[6], &mbuf->buf_addr, sizeof(mbuf->buf_addr));
	ledger_set(mbuf, holder);
}

static void
leave(struct rte_mbuf *mbuf, enum holder holder)
{
	attack_check(ledger_holder(mbuf) == holder,
		     "the device gives back an mbuf that it does not hold: %d, not %d",
		     ledger_holder(mbuf), holder);
	attack_check(!memcmp(&mbuf->dynfield1[6], &mbuf->buf_addr, sizeof(mbuf->buf_addr)),
		     "a buffer moved while the device held it");
	ledger_set(mbuf, HOLDER_GUEST);
}

static uint16_t
ledger_alloc(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ledger *ledger = arg;
	uint16_t got = ledger->port->alloc(ledger->port->port, bufs, n);

	attack_check(!got || !ledger->rx->fault,
		     "receive buffers for a queue that is out of service");
	for (uint16_t i = 0; i < got; i++) {
		attack_check(ledger_holder(bufs[i]) == HOLDER_GUEST,
			     "a receive buffer is somebody else's: %d", ledger_holder(bufs[i]));
		enter(ledger, bufs[i], HOLDER_DEVICE_RX, VNET_HEADER_BYTES);
	}
	ledger->rx_given += got;
	return got;
}

static void
ledger_release(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ledger *ledger = arg;

	for (uint16_t i = 0; i < n; i++)
		leave(bufs[i], HOLDER_DEVICE_TX);
	ledger->tx_back += n;
	ledger->port->release(ledger->port->port, bufs, n);
}

static void
ledger_take_back(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ledger *ledger = arg;

	for (uint16_t i = 0; i < n; i++)
		leave(bufs[i], HOLDER_DEVICE_RX);
	ledger->rx_lost += n;
	ledger->port->take_back(ledger->port->port, bufs, n);
}

static void
ledger_notify(void *arg)
{
	const struct ledger *ledger = arg;

	ledger->port->notify(ledger->port->port);
}

/* A frame of n segments: linked, each within its buffer, as long as its head says. */
static void
check_frame(struct rte_mbuf *const *segments, uint16_t n)
{
	const struct rte_mbuf *head = segments[0];
	uint32_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct rte_mbuf *mbuf = segments[i];
		uint16_t offset = RTE_PKTMBUF_HEADROOM - (i ? VNET_HEADER_BYTES : 0);

		attack_check(mbuf->data_off == offset && mbuf->data_len &&
				     mbuf->data_off + mbuf->data_len <= mbuf->buf_len,
			     "%u B at %u in a buffer of %u B", mbuf->data_len, mbuf->data_off,
			     mbuf->buf_len);
		attack_check(mbuf->next == (i + 1 < n ? segments[i + 1] : NULL),
			     "a chain that does not hold together");
		bytes += mbuf->data_len;
	}
	attack_check(n <= FRAME_SEGMENTS_MOST && bytes <= FRAME_BYTES_MOST, "%u B in %u segments",
		     bytes, n);
	attack_check(head->data_len >= 14 && head->pkt_len == bytes, "%u B in %u segments of %u B",
		     head->pkt_len, n, bytes);
}

static uint16_t
ledger_rx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ledger *ledger = arg;
	uint16_t got = ledger->behind.ops->rx_burst(ledger->behind.device, bufs, n), frames = 0;

	attack_check(got <= 32 && got + ledger->n_received <= LEDGER_SEGMENTS_MAX,
		     "%u segments received", got);
	for (uint16_t i = 0; i < got; i++) {
		leave(bufs[i], HOLDER_DEVICE_RX);
		ledger->received[ledger->n_received + i] =
			(struct ledger_segment){bufs[i], rte_pktmbuf_mtod(bufs[i], const uint8_t *),
						bufs[i]->data_len, true};
	}
	for (uint16_t i = 0; i < got; i += bufs[i]->nb_segs, frames++) {
		attack_check(bufs[i]->nb_segs && bufs[i]->nb_segs <= got - i, "%u segments of %u",
			     bufs[i]->nb_segs, got - i);
		check_frame(&bufs[i], bufs[i]->nb_segs);
		ledger->received[ledger->n_received + i].goes_on = false;
	}
	ledger->n_received += got;
	attack_check(frames <= n, "%u frames received where there was room for %u", frames, n);
	ledger->rx_back += got;
	return got;
}

static uint16_t
ledger_tx_room(void *arg)
{
	const struct ledger *ledger = arg;
	uint16_t room = ledger->behind.ops->tx_room(ledger->behind.device);

	attack_check(room <= ledger->tx->size, "room for %u in a ring of %u", room,
		     ledger->tx->size);
	attack_check(!room || !ledger->tx->fault, "room in a queue that is out of service");
	return room;
}

static void
ledger_tx_burst(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	struct ledger *ledger = arg;

	for (uint16_t i = 0, left = 0; i < n; i++, left--) {
		bool first = !left;

		if (first)
			left = bufs[i]->nb_segs;
		attack_check(ledger_holder(bufs[i]) == HOLDER_GUEST,
			     "a frame to send is somebody else's: %d", ledger_holder(bufs[i]));
		enter(ledger, bufs[i], HOLDER_DEVICE_TX, first ? VNET_HEADER_BYTES : 0);
	}
	ledger->tx_given += n;
	ledger->behind.ops->tx_burst(ledger->behind.device, bufs, n);
}

static uint16_t
ledger_rx_posted(void *arg)
{
	const struct ledger *ledger = arg;

	return ledger->behind.ops->rx_posted(ledger->behind.device);
}

static uint16_t
ledger_tx_pending(void *arg)
{
	const struct ledger *ledger = arg;

	return ledger->behind.ops->tx_pending(ledger->behind.device);
}

static const struct lower_ops ledger_ops = {
	.rx_burst = ledger_rx_burst,
	.tx_room = ledger_tx_room,
	.tx_burst = ledger_tx_burst,
	.rx_posted = ledger_rx_posted,
	.tx_pending = ledger_tx_pending,
};

void
ledger_open(struct ledger *ledger, const struct guest *guest, struct port *port,
	    const struct virtqueue *rx, const struct virtqueue *tx)
{
	*ledger = (struct ledger){
		.lower = port->lower,
		.behind = *port->lower,
		.port = port->lower->buffers,
		.before = *port->lower->buffers,
		.guest = guest,
		.rx = rx,
		.tx = tx,
	};
	ledger->before.alloc = ledger_alloc;
	ledger->before.release = ledger_release;
	ledger->before.take_back = ledger_take_back;
	ledger->before.notify = ledger_notify;
	ledger->before.port = ledger;
	port->lower->buffers = &ledger->before;
	port->lower->ops = &ledger_ops;
	port->lower->device = ledger;
}

void
ledger_check(const struct ledger *ledger)
{
	uint16_t posted = ledger->behind.ops->rx_posted(ledger->behind.device);
	uint16_t pending = ledger->behind.ops->tx_pending(ledger->behind.device);

	attack_check(ledger->rx_given == ledger->rx_back + ledger->rx_lost + posted,
		     "receive buffers: %lu given, %lu came back, %lu were lost, %u are outstanding",
		     ledger->rx_given, ledger->rx_back, ledger->rx_lost, posted);
	attack_check(ledger->tx_given == ledger->tx_back + pending,
		     "frames to send: %lu given, %lu came back, %u are outstanding",
		     ledger->tx_given, ledger->tx_back, pending);
}
