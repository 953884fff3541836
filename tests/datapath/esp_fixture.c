/* SPDX-License-Identifier: BSD-3-Clause */
#include "esp_fixture.h"

#include <stdio.h>
#include <string.h>

#include "datapath/host/traffic.h"
#include "datapath/workloads/udp_net.h"

#define MBUFS 255u

static struct rte_mempool *pool;

int
esp_start(void **state)
{
	if (harness_start(state))
		return -1;
	pool = rte_pktmbuf_pool_create("esp", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

struct esp_options
esp_kind(unsigned int kind)
{
	return (struct esp_options){.mode = kind & 1,
				    .cipher = kind >> 1 & 1,
				    .esn = kind >> 2 & 1,
				    .window = 64,
				    .spi_in = 4097,
				    .spi_out = 4098};
}

uint16_t
esp_datagram(uint8_t *frame, uint16_t payload_bytes, struct random_state *random)
{
	udp_headers_write((struct udp_headers *)frame, UDP_NET_CLIENT_PORT, payload_bytes);
	memset(frame + UDP_HEADERS_BYTES, 0, UDP_FRAME_BYTES_MIN);
	for (uint16_t i = 0; i < payload_bytes; i++)
		frame[UDP_HEADERS_BYTES + i] = (uint8_t)random_next(random);
	return (uint16_t)(UDP_HEADERS_BYTES + payload_bytes);
}

struct rte_mbuf *
esp_mbuf_of(const void *bytes, uint16_t n)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	assert_non_null(mbuf);
	memcpy(rte_pktmbuf_append(mbuf, n), bytes, n);
	return mbuf;
}

void
esp_expect_all_back(void)
{
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
}

static uint64_t
counter(const struct slice *slice, const char *counters, const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "%s.%s", counters, name);
	return harness_counter(slice, text);
}

void
esp_expect_echo(const struct datapath_config *config, const char *traffic_text,
		const char *counters)
{
	struct lockstep *bench = harness_bench_of("ipsec_echo");
	struct lane *lane = harness_lane(bench, config);
	struct traffic traffic;
	char why[256];

	assert_int_equal(traffic_open(traffic_text, 1, &traffic, why, sizeof(why)), 0);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int k = 0; k < 2; k++) {
		struct slice slice = harness_slice(lane, 300000);

		assert_int_equal(slice.packets_kept + slice.packets_dropped, 0);
		assert_int_equal(counter(&slice, counters, "esp_opened"), slice.counted_packets);
		assert_int_equal(counter(&slice, counters, "esp_sealed"), slice.counted_packets);
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}
