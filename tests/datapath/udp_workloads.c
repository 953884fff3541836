/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The UDP workloads: what a client sends comes back bit for bit, whatever it is, ARP is
 * answered, and all else is ignored and counted. Frames and checksums are the test's own.
 */
#include "harness.h"

#include <stdbool.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/random.h"
#include "datapath/host/traffic.h"
#include "datapath/workloads/udp_server.h"

#define PAYLOAD_MAX 1472u
#define HEADERS 42u
#define MBUFS 255u
#define N_TRAFFICS 5u

static struct rte_mempool *pool;

static const uint8_t guest[6] = UDP_NET_GUEST_MAC, client[6] = {0x52, 0x54, 0, 0xab, 0xcd, 0xef};

static int
start(void **state)
{
	if (harness_start(state))
		return -1;
	pool = rte_pktmbuf_pool_create("udp", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t
get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t
sum16(const uint8_t *bytes, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Over pseudo header, UDP header and payload, RFC 768; all ones when it is right. */
static uint32_t
udp_sum(const uint8_t *frame, uint32_t header_bytes)
{
	uint32_t udp_bytes = get16(frame + 14 + header_bytes + 4);

	return sum16(frame + 14 + header_bytes, udp_bytes, sum16(frame + 26, 8, 17 + udp_bytes));
}

/* A datagram of a foreign client; options: bytes of IPv4 options. Returns its length. */
static uint16_t
make(uint8_t *frame, uint32_t payload_bytes, uint32_t options, bool with_checksum,
     struct random_state *random)
{
	uint32_t header_bytes = 20 + options, ip_bytes = header_bytes + 8 + payload_bytes;
	uint8_t *ip = frame + 14, *udp = ip + header_bytes;

	memset(frame, 0, 14 + header_bytes + 8);
	memcpy(frame, guest, 6);
	memcpy(frame + 6, client, 6);
	put16(frame + 12, 0x0800);
	ip[0] = (uint8_t)(0x40 | header_bytes / 4);
	put16(ip + 2, ip_bytes);
	put16(ip + 4, (uint32_t)random_below(random, 65536));
	ip[8] = 17;
	ip[9] = 17;
	memcpy(ip + 12, (const uint8_t[]){192, 168, 7, 9, 10, 18, 0, 1}, 8);
	memset(ip + 20, 1, options); /* no operation */
	put16(ip + 10, ~sum16(ip, header_bytes, 0));
	put16(udp, 40000);
	put16(udp + 2, 7);
	put16(udp + 4, 8 + payload_bytes);
	for (uint32_t i = 0; i < payload_bytes; i++)
		udp[8 + i] = (uint8_t)random_next(random);
	if (with_checksum) {
		uint32_t sum = ~udp_sum(frame, header_bytes) & 0xffff;

		put16(udp + 6, sum ? sum : 0xffff);
	}
	return (uint16_t)(14 + ip_bytes);
}

/* The frame in segments of at most that many bytes. */
static struct rte_mbuf *
mbuf_of(const uint8_t *frame, uint32_t n, uint32_t segment)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool);

	assert_non_null(head);
	for (uint32_t at = 0; at < n; at += segment) {
		uint16_t part = (uint16_t)RTE_MIN(segment, n - at);
		struct rte_mbuf *mbuf = at ? rte_pktmbuf_alloc(pool) : head;

		assert_non_null(mbuf);
		memcpy(rte_pktmbuf_append(mbuf, part), frame + at, part);
		if (at)
			assert_int_equal(rte_pktmbuf_chain(head, mbuf), 0);
	}
	return head;
}

static uint16_t
serve(struct udp_server *server, struct rte_mbuf **mbuf)
{
	_Alignas(8) struct workload_state state = {0};
	uint16_t n;

	memcpy(&state, server, sizeof(*server));
	n = workload_find("udp_echo")->burst(&state, mbuf, 1);
	memcpy(server, &state, sizeof(*server));
	return n;
}

/* The frame is ignored, and freed. */
static void
ignored(struct udp_server *server, const uint8_t *frame, uint32_t n)
{
	struct rte_mbuf *mbuf = mbuf_of(frame, n, PAYLOAD_MAX + HEADERS);

	assert_int_equal(serve(server, &mbuf), 0);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
}

static void
check_echo(const uint8_t *sent, uint32_t n, uint32_t header_bytes, const struct rte_mbuf *mbuf)
{
	uint8_t whole[PAYLOAD_MAX + HEADERS + 40];
	const uint8_t *back = rte_pktmbuf_read(mbuf, 0, n, whole);
	uint32_t udp = 14 + header_bytes;

	assert_int_equal(mbuf->pkt_len, n);
	assert_memory_equal(back, client, 6);
	assert_memory_equal(back + 6, guest, 6);
	assert_memory_equal(back + 26, sent + 30, 4);
	assert_memory_equal(back + 30, sent + 26, 4);
	assert_int_equal(get16(back + udp), 7);
	assert_int_equal(get16(back + udp + 2), 40000);
	assert_memory_equal(back + udp + 4, sent + udp + 4, n - udp - 4);
	assert_int_equal(sum16(back + 14, header_bytes, 0), 0xffff);
	if (get16(back + udp + 6))
		assert_int_equal(udp_sum(back, header_bytes), 0xffff);
}

static void
every_payload_comes_back(void **state)
{
	static const uint32_t segments[] = {2000, 64, 42 + 20, 101};
	struct random_state random = {1};
	struct udp_server server = {0};
	uint64_t sum = 0, datagrams = 0;

	(void)state;
	for (uint32_t payload = 0; payload <= PAYLOAD_MAX; payload++) {
		for (unsigned int kind = 0; kind < 4; kind++) {
			uint8_t frame[PAYLOAD_MAX + HEADERS + 40];
			uint32_t options = kind == 2 ? 20 : 0;
			uint16_t n = make(frame, payload, options, kind != 1, &random);
			struct rte_mbuf *mbuf = mbuf_of(frame, n, segments[kind]);

			assert_int_equal(serve(&server, &mbuf), 1);
			check_echo(frame, n, 20 + options, mbuf);
			rte_pktmbuf_free(mbuf);
			sum += payload;
			datagrams++;
		}
	}
	assert_int_equal(server.datagrams, datagrams);
	assert_int_equal(server.payload_bytes, sum);
	assert_int_equal(server.foreign + server.damaged + server.arp_answered, 0);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
}

/* What fills a short frame up is not the datagram's, and goes back too. */
static void
padding_is_no_payload(void **state)
{
	struct random_state random = {2};
	struct udp_server server = {0};
	uint8_t frame[60] = {0};
	struct rte_mbuf *mbuf;

	(void)state;
	make(frame, 1, 0, true, &random);
	memset(frame + 43, 0xee, 17);
	mbuf = mbuf_of(frame, 60, 60);
	assert_int_equal(serve(&server, &mbuf), 1);
	assert_int_equal(mbuf->pkt_len, 60);
	assert_int_equal(server.payload_bytes, 1);
	rte_pktmbuf_free(mbuf);
}

/* A flipped bit behind the Ethernet addresses is always seen: there are checksums. */
static void
damage_is_seen(void **state)
{
	struct random_state random = {3};
	struct udp_server server = {0};
	uint8_t frame[200];
	uint16_t n = make(frame, 101, 0, true, &random);

	(void)state;
	for (uint32_t bit = 0; bit < 8u * n; bit++) {
		if (bit / 8 >= 6 && bit / 8 < 12)
			continue;
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ignored(&server, frame, n);
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(server.damaged > 8 * 100);
	assert_int_equal(server.damaged + server.foreign, 8 * (n - 6));
	for (uint32_t length = 1; length < n; length++)
		ignored(&server, frame, length);
	assert_int_equal(server.datagrams, 0);
}

static void
others_are_ignored(void **state)
{
	struct random_state random = {4};
	struct udp_server server = {0};
	uint8_t frame[200];
	uint16_t n = make(frame, 100, 0, false, &random);

	(void)state;
	put16(frame + 36, 8); /* another port */
	ignored(&server, frame, n);
	put16(frame + 36, 7);
	put16(frame + 20, 0x2000); /* the first of some fragments */
	put16(frame + 24, 0);
	put16(frame + 24, ~sum16(frame + 14, 20, 0));
	ignored(&server, frame, n);
	n = make(frame, 100, 0, false, &random);
	frame[0] = 0xff; /* broadcast, more or less */
	ignored(&server, frame, n);
	n = make(frame, 100, 0, false, &random);
	put16(frame + 12, 0x86dd);
	ignored(&server, frame, n);
	assert_int_equal(server.foreign, 4);
	for (unsigned int i = 0; i < 20000; i++) {
		uint32_t length = 1 + (uint32_t)random_below(&random, sizeof(frame));

		/* Random behind a head that is right up to somewhere. */
		make(frame, 100, 0, false, &random);
		for (uint32_t at = (uint32_t)random_below(&random, 42); at < sizeof(frame); at++)
			frame[at] = (uint8_t)random_next(&random);
		struct rte_mbuf *mbuf = mbuf_of(frame, length, 50);

		if (serve(&server, &mbuf))
			rte_pktmbuf_free(mbuf);
	}
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
}

static void
arp_is_answered(void **state)
{
	static const uint8_t request[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0,
					    0xab, 0xcd, 0xef, 8,    6,    0,    1,    8,    0,
					    6,    4,    0,    1,    0x52, 0x54, 0,    0xab, 0xcd,
					    0xef, 10,   18,   0,    2,    0,    0,    0,    0,
					    0,    0,    10,   18,   0,    1};
	struct udp_server server = {0};
	uint8_t frame[60] = {0};
	struct rte_mbuf *mbuf;

	(void)state;
	memcpy(frame, request, sizeof(request));
	mbuf = mbuf_of(frame, 60, 60);
	assert_int_equal(serve(&server, &mbuf), 1);
	const uint8_t *back = rte_pktmbuf_mtod(mbuf, const uint8_t *);

	assert_memory_equal(back, client, 6);
	assert_memory_equal(back + 6, guest, 6);
	assert_int_equal(get16(back + 20), 2);
	assert_memory_equal(back + 22, guest, 6);
	assert_memory_equal(back + 28, request + 38, 4);
	assert_memory_equal(back + 32, client, 6);
	assert_memory_equal(back + 38, request + 28, 4);
	rte_pktmbuf_free(mbuf);
	assert_int_equal(server.arp_answered, 1);
	frame[41] = 3; /* somebody else's address */
	ignored(&server, frame, 60);
	frame[41] = 1;
	frame[21] = 2; /* no request */
	ignored(&server, frame, 60);
	assert_int_equal(server.foreign, 2);
}

/* Through the whole datapath, in each copy mode; the host compares what comes back. */
static void
lanes_echo(void **state)
{
	static const char *const modes[] = {NULL, "shadow", "header"};
	static const char *const names[N_TRAFFICS] = {"payload:1", "payload:17", "64",
						      "payload:333", "imix"};
	struct traffic traffics[N_TRAFFICS];

	(void)state;
	for (unsigned int mode = 0; mode < 3; mode++) {
		struct datapath_config config =
			harness_config(modes[mode] ? harness_bit("bounce_copy") : 0);
		struct lockstep *bench = harness_bench_of("udp_echo");

		if (modes[mode])
			harness_set(&config, "bounce_copy", "mode", modes[mode]);
		struct lane *lane = harness_lane(bench, &config);

		for (unsigned int i = 0; i < N_TRAFFICS; i++) {
			char why[256];

			assert_int_equal(traffic_open(names[i], 1, &traffics[i], why, sizeof(why)),
					 0);
			assert_int_equal(lockstep_set_traffic(bench, &traffics[i]), 0);
			struct slice slice = harness_slice(lane, 1000000);

			assert_int_equal(slice.packets_kept + slice.packets_dropped, 0);
			assert_int_equal(harness_counter(&slice, "udp_echo.datagrams"),
					 slice.counted_packets);
		}
		lockstep_close(bench);
		for (unsigned int i = 0; i < N_TRAFFICS; i++)
			traffic_close(&traffics[i]);
	}
}

static void
lanes_sink(void **state)
{
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));
	struct lockstep *bench = harness_bench_of("udp_sink");
	struct lane *lane = harness_lane(bench, &config);
	struct traffic traffic;
	char why[256];

	(void)state;
	assert_int_equal(traffic_open("payload:500", 1, &traffic, why, sizeof(why)), 0);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	struct slice slice = harness_slice(lane, 1000000);

	assert_int_equal(slice.packets_out + slice.packets_dropped, 0);
	assert_int_equal(slice.packets_kept, slice.packets_in);
	assert_int_equal(harness_counter(&slice, "udp_sink.datagrams"), slice.counted_packets);
	assert_int_equal(harness_counter(&slice, "udp_sink.payload_bytes"),
			 500 * slice.counted_packets);
	lockstep_close(bench);
	traffic_close(&traffic);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_payload_comes_back),
		cmocka_unit_test(padding_is_no_payload),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(others_are_ignored),
		cmocka_unit_test(arp_is_answered),
		cmocka_unit_test(lanes_echo),
		cmocka_unit_test(lanes_sink),
	};

	return cmocka_run_group_tests(tests, start, harness_stop);
}
