/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/esp_frame.h"

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
