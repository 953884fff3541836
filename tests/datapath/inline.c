/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The emulated inline mode: a port whose crypto thread opens and seals, against the stock
 * backend. This thread is both the host, with the peer's ends of ESP, and the application,
 * which sees plain frames only.
 */
#include "harness.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_mbuf.h>

#include "base/clock.h"
#include "base/random.h"
#include "datapath/guest/guest.h"
#include "datapath/guest/port.h"
#include "datapath/guest/port_inline.h"
#include "datapath/host/backend.h"
#include "datapath/host/udp_frame.h"
#include "datapath/ipsec/ipsec_ends.h"
#include "datapath/tally.h"
#include "datapath/workloads/udp_echo.h"
#include "datapath/workloads/udp_net.h"
#include "datapath/workloads/workload.h"

#define WAIT_MS 5000
#define BURST 32u
#define MBUFS 1023u
#define FRAMES 600u /* more than a ring has */
#define PAYLOAD_MAX 1400u
#define KINDS 8u
#define PORTS 12u /* on one queue pair */

struct world {
	struct datapath_config config;
	struct guest guest;
	struct port ports[PORTS], *port; /* that has its turn */
	struct workload_state echo;
	struct backend *backend;
	struct rte_mempool *pool;
	struct ipsec_ends peer;
	struct tally tally;
	struct tally_count begun[TALLY_COUNTS_MAX];
	uint32_t n_counts;
	struct random_state random;
	uint64_t until_ns;
};

/* Each bit one choice. */
static void
choose(struct world *w, unsigned int kind, bool copying)
{
	unsigned int copy = harness_bit("bounce_copy");

	memset(w, 0, sizeof(*w));
	w->config = harness_config(copying ? copy : 0);
	w->config.esp.crypto = ESP_CRYPTO_INLINE;
	w->config.esp.mode = kind & 1;
	w->config.esp.cipher = kind >> 1 & 1;
	w->config.esp.esn = kind >> 2 & 1;
	w->port = &w->ports[0];
	w->random = (struct random_state){kind};
}

/* The port of that number, with associations and counts of its own. */
static void
begin_port(struct world *w, unsigned int number)
{
	const struct port_options options = {
		.guest = &w->guest, .config = &w->config, .crypto_cpu = -1};

	w->port = &w->ports[number];
	assert_int_equal(ipsec_ends_open(&w->peer, &w->config.esp, false), 0);
	assert_int_equal(port_open(w->port, &options), 0);
	w->tally.n = 0;
	tally_add_ports(&w->tally, w->port, 1);
	w->n_counts = tally_begin(&w->tally, w->begun);
	assert_int_equal(port_attach(w->port), 0);
}

static void
begin(struct world *w)
{
	char path[128];
	const struct guest_options guest = {.config = &w->config, .path = path};
	const struct backend_options backend = {.path = path};

	snprintf(path, sizeof(path), "%s/inline", harness_socket_dir);
	assert_int_equal(guest_open(&w->guest, &guest), 0);
	assert_int_equal(backend_open(&backend, &w->backend), 0);
	assert_int_equal(guest_connect(&w->guest, false, WAIT_MS), 0);
	assert_int_equal(backend_wait_ready(w->backend, WAIT_MS), 0);
	w->pool = rte_pktmbuf_pool_create("hosts", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	assert_non_null(w->pool);
	begin_port(w, 0);
	w->until_ns = clock_monotonic_ns() + WAIT_MS * 1000000ull;
}

/* Whatever is under way: no mbuf stays away from its pool. */
static void
end(struct world *w)
{
	struct rte_mempool *temporary = w->guest.queues[0].pools.temporary,
			   *shadow = w->guest.queues[0].pools.shadow;

	port_halt(w->port);
	assert_int_equal(guest_disconnect(&w->guest), 0);
	for (unsigned int i = 0; i < PORTS; i++)
		port_close(&w->ports[i]);
	assert_int_equal(rte_mempool_avail_count(temporary), temporary->size);
	assert_int_equal(rte_mempool_avail_count(shadow), shadow->size);
	guest_close(&w->guest);
	backend_close(w->backend);
	ipsec_ends_close(&w->peer);
	assert_int_equal(rte_mempool_avail_count(w->pool), MBUFS);
	rte_mempool_free(w->pool);
}

/* So far. */
static uint64_t
counted(struct world *w, const char *name)
{
	static struct tally_count counts[TALLY_COUNTS_MAX];

	memcpy(counts, w->begun, sizeof(counts));
	tally_end(&w->tally, counts);
	for (uint32_t i = 0; i < w->n_counts; i++)
		if (!strcmp(counts[i].name, name))
			return counts[i].count;
	fail_msg("no counter %s", name);
	return 0;
}

static void
in_time(const struct world *w)
{
	assert_true(clock_monotonic_ns() < w->until_ns);
}

static struct rte_mbuf *
filled(struct rte_mempool *pool, uint16_t bytes, int with)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	assert_non_null(mbuf);
	mbuf->data_len = bytes;
	mbuf->pkt_len = bytes;
	memset(rte_pktmbuf_mtod(mbuf, void *), with, bytes);
	return mbuf;
}

/* Its payload begins with its number. */
static struct rte_mbuf *
datagram(struct world *w, uint32_t number)
{
	uint16_t payload_bytes = (uint16_t)(4 + random_next(&w->random) % (PAYLOAD_MAX - 4));
	uint16_t bytes = (uint16_t)(UDP_HEADERS_BYTES + payload_bytes);
	struct rte_mbuf *mbuf = filled(w->pool, RTE_MAX(bytes, UDP_FRAME_BYTES_MIN), 0);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	udp_headers_write((struct udp_headers *)frame, UDP_NET_CLIENT_PORT, payload_bytes);
	memset(frame + UDP_HEADERS_BYTES, (int)number, payload_bytes);
	memcpy(frame + UDP_HEADERS_BYTES, &number, sizeof(number));
	return mbuf;
}

static bool
send_frame(struct world *w, struct rte_mbuf *mbuf)
{
	bool sent = backend_send(w->backend, 0, &mbuf, 1);

	rte_pktmbuf_free(mbuf);
	return sent;
}

static struct rte_mbuf *
sealed(struct world *w, struct rte_mbuf *mbuf)
{
	assert_int_equal(ipsec_sa_seal(w->peer.out, &mbuf, 1, &w->peer.counters), 1);
	return mbuf;
}

/* The application's turn: it gets plain frames only. Returns how many. */
static uint16_t
application(struct world *w)
{
	struct rte_mbuf *bufs[BURST];
	uint16_t n = port_rx_burst(w->port, bufs, BURST), to_send, sent;

	for (uint16_t i = 0; i < n; i++)
		assert_false(ipsec_ends_is_esp(bufs[i]));
	to_send = n ? udp_echo_burst(&w->echo, bufs, n) : 0;
	sent = port_tx_burst(w->port, bufs, to_send);
	assert_int_equal(sent, to_send);
	return n;
}

/* The answers that have come, each opened and as it must be, from that number on. */
static uint32_t
take_answers(struct world *w, uint32_t next)
{
	struct rte_mbuf *bufs[BURST], *plain[BURST];
	uint16_t n = backend_receive(w->backend, 0, w->pool, bufs, BURST), n_plain, opened;

	opened = ipsec_ends_receive(&w->peer, bufs, n, plain, &n_plain);
	assert_int_equal(n_plain, 0);
	assert_int_equal(opened, n);
	for (uint16_t i = 0; i < n; i++, next++) {
		struct udp_datagram answer;
		uint32_t number;

		assert_true(udp_frame_read(rte_pktmbuf_mtod(bufs[i], const uint8_t *),
					   bufs[i]->data_len, &answer));
		memcpy(&number, answer.payload, sizeof(number));
		assert_int_equal(number, next);
		for (uint32_t at = sizeof(number); at < answer.payload_bytes; at++)
			assert_int_equal(answer.payload[at], (uint8_t)number);
	}
	rte_pktmbuf_free_bulk(bufs, n);
	return next;
}

/* One at a time is sealed when there is room, so that none is lost on the way. */
static void
exchange(struct world *w, uint32_t first, uint32_t n)
{
	uint32_t sent = first, back = first;
	struct rte_mbuf *next = NULL;

	while (back < first + n) {
		in_time(w);
		if (!next && sent < first + n && sent - back < FRAMES / 4)
			next = sealed(w, datagram(w, sent));
		if (next && backend_send(w->backend, 0, &next, 1)) {
			rte_pktmbuf_free(next);
			next = NULL;
			sent++;
		}
		application(w);
		back = take_answers(w, back);
	}
}

static void
datagrams_come_back_whole_in_every_mode(void **state)
{
	static struct world world;

	(void)state;
	for (unsigned int kind = 0; kind < 2 * KINDS; kind++) {
		choose(&world, kind % KINDS, kind < KINDS);
		begin(&world);
		exchange(&world, 0, FRAMES);
		assert_int_equal(counted(&world, "inline.esp_opened"), FRAMES);
		assert_int_equal(counted(&world, "inline.esp_sealed"), FRAMES);
		assert_int_equal(counted(&world, "drop.esp"), 0);
		assert_int_equal(counted(&world, "drop.no_shadow"), 0);
		end(&world);
	}
}

/* Where nobody serves the application's ring frames wait, in there and in the device's. */
static void
an_idle_application_loses_nothing(void **state)
{
	static struct world world;
	uint32_t sent = 0, back = 0;

	(void)state;
	choose(&world, 0, false);
	begin(&world);
	for (int full = 0; full < 1000;) {
		struct rte_mbuf *mbuf = sealed(&world, datagram(&world, sent));

		in_time(&world);
		if (send_frame(&world, mbuf)) {
			sent++;
			full = 0;
			continue;
		}
		/* Its number is gone, which is no harm: numbers need only grow. */
		full++;
		sched_yield();
	}
	assert_true(sent > world.config.ring_size);
	while (back < sent) {
		in_time(&world);
		application(&world);
		back = take_answers(&world, back);
	}
	assert_int_equal(counted(&world, "inline.esp_opened"), sent);
	assert_int_equal(counted(&world, "drop.no_shadow"), 0);
	end(&world);
}

static void
what_is_under_way_is_freed(void **state)
{
	static struct world world;

	(void)state;
	for (int copying = 0; copying < 2; copying++) {
		choose(&world, 0, copying);
		begin(&world);
		for (uint32_t i = 0; i < FRAMES / 2; i++) {
			send_frame(&world, sealed(&world, datagram(&world, i)));
			if (i % 3)
				application(&world);
		}
		end(&world);
	}
}

static struct rte_mbuf *
arp_request(struct world *w)
{
	struct rte_mbuf *mbuf = filled(w->pool, RTE_ETHER_MIN_LEN, 0);
	struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ethernet + 1);

	memset(&ethernet->dst_addr, 0xff, sizeof(ethernet->dst_addr));
	ethernet->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = sizeof(rte_be32_t);
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST);
	arp->arp_data.arp_sip = RTE_BE32(UDP_NET_CLIENT_ADDRESS);
	arp->arp_data.arp_tip = RTE_BE32(UDP_NET_GUEST_ADDRESS);
	return mbuf;
}

static void
wait_for_drops(struct world *w, uint64_t n)
{
	while (counted(w, "drop.esp") < n) {
		in_time(w);
		assert_int_equal(application(w), 0);
	}
}

static void
what_is_no_new_authentic_esp_reaches_nobody(void **state)
{
	static struct world world;
	struct rte_mbuf *once, *again, *damaged;

	(void)state;
	choose(&world, 0, true);
	begin(&world);
	send_frame(&world, datagram(&world, 7)); /* in plain */
	wait_for_drops(&world, 1);

	damaged = sealed(&world, datagram(&world, 8));
	*rte_pktmbuf_mtod_offset(damaged, uint8_t *, damaged->data_len - 1) ^= 1;
	send_frame(&world, damaged);
	wait_for_drops(&world, 2);
	assert_int_equal(counted(&world, "inline.esp_damaged"), 1);

	once = sealed(&world, datagram(&world, 0));
	again = rte_pktmbuf_copy(once, world.pool, 0, UINT32_MAX);
	assert_non_null(again);
	send_frame(&world, once);
	for (uint32_t back = 0; back < 1; back = take_answers(&world, back)) {
		in_time(&world);
		application(&world);
	}
	send_frame(&world, again);
	wait_for_drops(&world, 3);
	assert_int_equal(counted(&world, "inline.esp_replayed"), 1);
	assert_int_equal(counted(&world, "inline.esp_opened"), 1);
	end(&world);
}

static void
arp_is_answered_in_plain(void **state)
{
	static struct world world;
	struct rte_mbuf *reply = NULL;
	const struct rte_arp_hdr *arp;

	(void)state;
	choose(&world, 0, true);
	begin(&world);
	send_frame(&world, arp_request(&world));
	while (!backend_receive(world.backend, 0, world.pool, &reply, 1)) {
		in_time(&world);
		application(&world);
	}
	arp = rte_pktmbuf_mtod_offset(reply, const struct rte_arp_hdr *,
				      sizeof(struct rte_ether_hdr));
	assert_int_equal(arp->arp_opcode, RTE_BE16(RTE_ARP_OP_REPLY));
	rte_pktmbuf_free(reply);
	end(&world);
}

/* What is neither ARP nor a packet that ESP can carry does not go out. */
static void
nothing_else_leaves_in_plain(void **state)
{
	static struct world world;
	struct rte_mbuf *mbuf, *seen;

	(void)state;
	choose(&world, 0, true);
	begin(&world);
	for (uint16_t bytes = 1; bytes < 80; bytes++) {
		mbuf = filled(world.port->hot_shadow.pool, bytes, 0x45);
		assert_int_equal(port_tx_burst(world.port, &mbuf, 1), 1);
		while (counted(&world, "drop.unsendable") < bytes)
			in_time(&world);
	}
	assert_int_equal(backend_receive(world.backend, 0, world.pool, &seen, 1), 0);
	end(&world);
}

/* As between two slices of a measurement. */
static void
drain(struct world *w)
{
	port_drain(w->port);
	while (!port_drained(w->port)) {
		in_time(w);
		while (send_frame(w, datagram(w, 0)))
			;
		application(w);
	}
}

/* Every other turn is metered. */
static void
a_port_drains_and_goes_on(void **state)
{
	static struct world world;

	(void)state;
	choose(&world, 0, true);
	begin(&world);
	for (uint32_t turn = 0; turn < 5; turn++) {
		port_inline_meter(world.port->crypto, turn % 2);
		exchange(&world, turn * FRAMES, FRAMES);
		port_inline_meter(world.port->crypto, false);
		drain(&world);
		double cycles = port_inline_cycles_per_packet(world.port->crypto);

		assert_int_equal(isfinite(cycles) && cycles > 0, turn % 2);
		assert_int_equal(port_attach(world.port), 0);
	}
	assert_int_equal(counted(&world, "inline.esp_opened"), 5 * FRAMES);
	end(&world);
}

/* As lanes of a measurement do: none keeps buffers that the next one needs. */
static void
ports_take_turns(void **state)
{
	static struct world world;

	(void)state;
	choose(&world, 0, true);
	world.config.ring_size = 64;
	begin(&world);
	for (unsigned int turn = 1; turn <= PORTS; turn++) {
		exchange(&world, 0, FRAMES);
		assert_int_equal(counted(&world, "drop.no_shadow"), 0);
		drain(&world);
		assert_int_equal(counted(&world, "drop.no_shadow"), 0);
		ipsec_ends_close(&world.peer);
		if (turn < PORTS)
			begin_port(&world, turn);
	}
	end(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_come_back_whole_in_every_mode),
		cmocka_unit_test(an_idle_application_loses_nothing),
		cmocka_unit_test(what_is_under_way_is_freed),
		cmocka_unit_test(what_is_no_new_authentic_esp_reaches_nobody),
		cmocka_unit_test(arp_is_answered_in_plain),
		cmocka_unit_test(nothing_else_leaves_in_plain),
		cmocka_unit_test(a_port_drains_and_goes_on),
		cmocka_unit_test(ports_take_turns),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
