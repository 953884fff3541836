/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends each frame back to where it came from: the least that an application can do. */
#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "datapath/workloads/workload.h"

static uint16_t
macswap_burst(struct workload_state *state, struct rte_mbuf **bufs, uint16_t n)
{
	(void)state;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_ether_hdr *eth = rte_pktmbuf_mtod(bufs[i], struct rte_ether_hdr *);
		struct rte_ether_addr source = eth->src_addr;

		eth->src_addr = eth->dst_addr;
		eth->dst_addr = source;
	}
	return n;
}

static bool
macswap_matches(const uint8_t *sent, uint16_t sent_bytes, const uint8_t *back, uint16_t back_bytes)
{
	const size_t address = RTE_ETHER_ADDR_LEN, addresses = 2 * address;

	return back_bytes == sent_bytes && !memcmp(sent, back + address, address) &&
	       !memcmp(sent + address, back, address) &&
	       !memcmp(sent + addresses, back + addresses, sent_bytes - addresses);
}

extern const struct workload workload_macswap;

const struct workload workload_macswap = {
	.name = "macswap",
	.help = "swap the Ethernet addresses and send back",
	.answers = true,
	.burst = macswap_burst,
	.matches = macswap_matches,
};
