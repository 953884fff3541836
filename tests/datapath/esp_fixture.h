/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of ESP share: kinds of it, datagrams and mbufs for them, and lanes that echo. */
#ifndef FOLIO_TESTS_ESP_FIXTURE_H
#define FOLIO_TESTS_ESP_FIXTURE_H

#include "harness.h"

#include <rte_mbuf.h>

#include "base/random.h"
#include "datapath/host/udp_frame.h"

#define ESP_PAYLOAD_MAX 1472u

/* CMocka's group fixture, with harness_stop(): the datapath and a pool of mbufs. */
int esp_start(void **state);

/* Kind i: each of the lowest three bits one choice, so that they come in every combination. */
struct esp_options esp_kind(unsigned int kind);

/* A datagram of the client's, filled up as Ethernet wants it. Returns its length without that. */
uint16_t esp_datagram(uint8_t *frame, uint16_t payload_bytes, struct random_state *random);

/* An mbuf with these n bytes. */
struct rte_mbuf *esp_mbuf_of(const void *bytes, uint16_t n);

/* Every mbuf is back in the pool, or the test fails. */
void esp_expect_all_back(void);

/*
 * ipsec_echo over that traffic in that configuration: each frame comes back, and the slice's
 * counters COUNTERS.esp_opened and COUNTERS.esp_sealed have it.
 */
void esp_expect_echo(const struct datapath_config *config, const char *traffic_text,
		     const char *counters);

#endif
