/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/esp_frame.h"

#include "datapath/ipsec/esp_options.h"
#include "datapath/workloads/udp_net.h"

#define OUTER_TIME_TO_LIVE 64u

uint32_t
esp_cipher_bytes(const struct esp_headers *headers, uint32_t frame_bytes, uint32_t spi,
		 struct esp_counters *counters)
{
	const uint32_t around = ESP_HEADERS_BYTES + ESP_TAG_BYTES;
	uint32_t bytes = sizeof(struct rte_ether_hdr) + rte_be_to_cpu_16(headers->ip.total_length);

	if (frame_bytes < ESP_HEADERS_BYTES || bytes > frame_bytes ||
	    bytes < around + esp_padded_bytes(0) || (bytes - around) % ESP_ALIGN_BYTES) {
		counters->truncated++;
		return 0;
	}
	if (headers->esp.spi != rte_cpu_to_be_32(spi)) {
		counters->wrong_spi++;
		return 0;
	}
	return bytes - around;
}

void
esp_outer_headers(const struct esp_spec *spec, struct esp_headers *headers)
{
	const struct rte_ether_addr client = {UDP_NET_CLIENT_MAC}, guest = {UDP_NET_GUEST_MAC};
	const rte_be32_t client_ip = RTE_BE32(UDP_NET_CLIENT_ADDRESS),
			 guest_ip = RTE_BE32(UDP_NET_GUEST_ADDRESS);

	*headers = (struct esp_headers){
		.ethernet = {.dst_addr = spec->to_guest ? guest : client,
			     .src_addr = spec->to_guest ? client : guest,
			     .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4)},
		.ip = {.version_ihl = RTE_IPV4_VHL_DEF,
		       .time_to_live = OUTER_TIME_TO_LIVE,
		       .next_proto_id = IPPROTO_ESP,
		       .src_addr = spec->to_guest ? client_ip : guest_ip,
		       .dst_addr = spec->to_guest ? guest_ip : client_ip},
	};
}
