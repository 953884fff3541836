/* SPDX-License-Identifier: BSD-3-Clause */
/* The UDP echo server's two halves, for workloads that bring datagrams to it by other ways. */
#ifndef FOLIO_DATAPATH_UDP_ECHO_H
#define FOLIO_DATAPATH_UDP_ECHO_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct workload_state;

/* As in struct workload; the state begins with struct udp_server. */
uint16_t udp_echo_burst(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n);
bool udp_echo_matches(const uint8_t *sent, uint16_t sent_bytes, const uint8_t *back,
		      uint16_t back_bytes);

#endif
