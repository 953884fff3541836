/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copy mode header: what the application gets, what of it the host can still
 * change, and what it may send.
 */
#include "harness.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "datapath/guest/port.h"
#include "datapath/host/backend.h"
#include "datapath/host/traffic.h"
#include "datapath/lane.h"
#include "datapath/sources/bounce_copy.h"

#define BURST 32

struct fixture {
	struct lockstep *bench;
	struct lane *lane;
	struct port *port;
	struct traffic traffic;
	struct rte_mbuf *bufs[BURST];
	uint16_t taken_of[BURST]; /* which of traffic it is */
	uint16_t n;
};

static int
set_up(void **state)
{
	static struct fixture f;
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));
	char why[256];

	harness_set(&config, "bounce_copy", "mode", "header");
	config.queues = 2;
	f = (struct fixture){.bench = harness_bench()};
	f.lane = harness_lane(f.bench, &config);
	f.port = lane_port(f.lane, 0);
	if (traffic_open("imix", 1, &f.traffic, why, sizeof(why)) ||
	    lockstep_set_traffic(f.bench, &f.traffic) || port_attach(f.port) ||
	    port_attach(lane_port(f.lane, 1)))
		return -1;
	/* The first burst posts buffers, the second one finds frames in them. */
	if (port_rx_burst(f.port, f.bufs, BURST) ||
	    backend_send(f.lane->device->backend, 0, sink_next(&f.bench->sink), BURST) != BURST)
		return -1;
	f.n = port_rx_burst(f.port, f.bufs, BURST);
	for (uint16_t i = 0; i < f.n; i++)
		f.taken_of[i] = i;
	*state = &f;
	return f.n == BURST ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	lockstep_close(f->bench);
	traffic_close(&f->traffic);
	return 0;
}

static bool
is_shared(const struct fixture *f, const struct rte_mbuf *mbuf)
{
	return region_contains(&f->lane->device->guest.region, mbuf->buf_addr, 1);
}

/* What comes back to the host, frame by frame, is what it sent. */
static void
expect_back(struct fixture *f, uint16_t n)
{
	struct rte_mbuf *back[BURST];

	assert_int_equal(
		backend_receive(f->lane->device->backend, 0, f->bench->sink.pool, back, BURST), n);
	for (uint16_t i = 0; i < n; i++) {
		const struct frame *sent = &f->traffic.frames[i];

		assert_int_equal(back[i]->pkt_len, sent->length_bytes);
		assert_memory_equal(rte_pktmbuf_mtod(back[i], void *), sent->bytes,
				    sent->length_bytes);
	}
	rte_pktmbuf_free_bulk(back, n);
}

/* Headers are private, and stay as they were whatever the host writes; the payload is marked. */
static void
headers_are_private(void **state)
{
	struct fixture *f = *state;
	int bit = rte_mbuf_dynflag_lookup(COPY_UNTRUSTED_FLAG, NULL);
	unsigned int in_two = 0;

	assert_true(bit >= 0);
	memset(f->lane->device->guest.data, 0xee, f->lane->device->guest.data_bytes);
	for (uint16_t i = 0; i < f->n; i++) {
		const struct frame *sent = &f->traffic.frames[i];
		struct rte_mbuf *head = f->bufs[i], *payload = head->next;
		bool whole = sent->length_bytes <= COPY_HEADER_BYTES;

		rte_mbuf_sanity_check(head, 1);
		assert_false(is_shared(f, head));
		assert_int_equal(head->pkt_len, sent->length_bytes);
		assert_int_equal(head->data_len, whole ? sent->length_bytes : COPY_HEADER_BYTES);
		assert_memory_equal(rte_pktmbuf_mtod(head, void *), sent->bytes, head->data_len);
		assert_int_equal(head->ol_flags >> bit & 1, !whole);
		assert_int_equal(payload == NULL, whole);
		if (whole)
			continue;
		assert_true(is_shared(f, payload));
		assert_int_equal(payload->ol_flags >> bit & 1, 1);
		assert_int_equal(payload->data_len, sent->length_bytes - COPY_HEADER_BYTES);
		in_two++;
	}
	assert_true(in_two > 0 && in_two < f->n);
	rte_pktmbuf_free_bulk(f->bufs, f->n);
}

static void
frames_come_back_whole(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(port_tx_burst(f->port, f->bufs, f->n), f->n);
	expect_back(f, f->n);
}

/* A tunnel may put other headers in front, or take some off. */
static void
headers_may_change_length(void **state)
{
	struct fixture *f = *state;
	uint16_t longer = 0, shorter;

	while (!f->bufs[longer]->next)
		longer++;
	for (shorter = longer + 1; !f->bufs[shorter]->next;)
		shorter++;
	memset(rte_pktmbuf_prepend(f->bufs[longer], 40), 0xaa, 40);
	assert_non_null(rte_pktmbuf_adj(f->bufs[shorter], 14));
	assert_int_equal(port_tx_burst(f->port, f->bufs, f->n), f->n);

	struct rte_mbuf *back[BURST];
	const struct frame *frames = f->traffic.frames;

	assert_int_equal(backend_receive(f->lane->device->backend, 0, f->bench->sink.pool, back,
					 BURST),
			 f->n);
	assert_int_equal(back[longer]->pkt_len, frames[longer].length_bytes + 40);
	assert_memory_equal(rte_pktmbuf_mtod_offset(back[longer], void *, 40), frames[longer].bytes,
			    frames[longer].length_bytes);
	assert_int_equal(back[shorter]->pkt_len, frames[shorter].length_bytes - 14);
	assert_memory_equal(rte_pktmbuf_mtod(back[shorter], void *), frames[shorter].bytes + 14,
			    frames[shorter].length_bytes - 14);
	rte_pktmbuf_free_bulk(back, f->n);
}

/* Sends one frame in two by that port, and expects it back on that queue pair, whole. */
static void
send_one_in_two(struct fixture *f, struct port *port, unsigned int queue)
{
	struct rte_mbuf *back;
	uint16_t at = 0;

	while (!f->bufs[at]->next)
		at++;
	const struct frame *sent = &f->traffic.frames[f->taken_of[at]];

	assert_int_equal(port_tx_burst(port, &f->bufs[at], 1), 1);
	assert_int_equal(port->drop_unsendable, 0);
	assert_int_equal(
		backend_receive(f->lane->device->backend, queue, f->bench->sink.pool, &back, 1), 1);
	assert_int_equal(back->pkt_len, sent->length_bytes);
	assert_memory_equal(rte_pktmbuf_mtod(back, void *), sent->bytes, sent->length_bytes);
	rte_pktmbuf_free(back);
	f->bufs[at] = f->bufs[--f->n];
	f->taken_of[at] = f->taken_of[f->n];
}

/* A payload that somebody else still holds, or that another queue received, is copied. */
static void
payload_that_must_stay(void **state)
{
	struct fixture *f = *state;
	struct port *other = lane_port(f->lane, 1);
	struct rte_mbuf *empty[1];
	uint16_t at = 0;

	while (!f->bufs[at]->next)
		at++;
	struct rte_mbuf *held = f->bufs[at]->next;

	assert_int_equal(port_rx_burst(other, empty, 1), 0);
	rte_mbuf_refcnt_update(held, 1);
	send_one_in_two(f, f->port, 0);
	rte_pktmbuf_free(held);
	send_one_in_two(f, other, 1);
	rte_pktmbuf_free_bulk(f->bufs, f->n);
}

/* A frame of nothing is no frame. */
static void
empty_frames_are_not_sent(void **state)
{
	struct fixture *f = *state;
	uint16_t at = 0;

	while (f->bufs[at]->next)
		at++;
	f->bufs[at]->data_len = 0;
	f->bufs[at]->pkt_len = 0;
	assert_int_equal(port_tx_burst(f->port, &f->bufs[at], 1), 1);
	assert_int_equal(f->port->drop_unsendable, 1);
	f->bufs[at] = f->bufs[--f->n];
	rte_pktmbuf_free_bulk(f->bufs, f->n);
}

/* Whoever unmaps a buffer before its payload is sent would take it away. */
static void
unmapping_sources_are_refused(void **state)
{
	static const char *const unmapping[] = {"bounce_alloc", "psc", "iotlb"};
	struct fixture *f = *state;
	struct lane *lane;

	for (unsigned int i = 0; i < 3; i++) {
		struct datapath_config config =
			harness_config(harness_bit("bounce_copy") | harness_bit(unmapping[i]));

		harness_set(&config, "bounce_copy", "mode", "header");
		assert_int_equal(lockstep_add(f->bench, &config, "vhost-user", false, &lane),
				 -ENOTSUP);
	}
	rte_pktmbuf_free_bulk(f->bufs, f->n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(headers_are_private, set_up, tear_down),
		cmocka_unit_test_setup_teardown(frames_come_back_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(headers_may_change_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(payload_that_must_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(empty_frames_are_not_sent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unmapping_sources_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
