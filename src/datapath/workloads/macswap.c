/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends each frame back to where it came from: the least that an application can do. */
#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "datapath/workloads/workload.h"

static void
macswap_burst(struct rte_mbuf **bufs, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		struct rte_ether_hdr *eth = rte_pktmbuf_mtod(bufs[i], struct rte_ether_hdr *);
		struct rte_ether_addr source = eth->src_addr;

		eth->src_addr = eth->dst_addr;
		eth->dst_addr = source;
	}
}

static bool
macswap_matches(const uint8_t *sent, const uint8_t *back, uint16_t length_bytes)
{
	const size_t address = RTE_ETHER_ADDR_LEN, addresses = 2 * address;

	return !memcmp(sent, back + address, address) && !memcmp(sent + address, back, address) &&
	       !memcmp(sent + addresses, back + addresses, length_bytes - addresses);
}

extern const struct workload workload_macswap;

const struct workload workload_macswap = {
	.name = "macswap",
	.help = "swap the Ethernet addresses and send back",
	.burst = macswap_burst,
	.matches = macswap_matches,
};
