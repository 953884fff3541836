/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of a security association, by DPDK's librte_ipsec and its crypto device: it
 * seals frames into ESP, or opens them, in place, in the mbufs that they are in. One
 * thread's.
 */
#ifndef FOLIO_DATAPATH_IPSEC_SA_H
#define FOLIO_DATAPATH_IPSEC_SA_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/ipsec/esp_frame.h"
#include "datapath/ipsec/esp_options.h"

struct ipsec_sa;
struct rte_mbuf;

#define IPSEC_BURST_MAX 32u

/* ESP_CRYPTO_DIRECT is as ESP_CRYPTO_CPU here. Returns 0 or -errno after log_error(). */
int ipsec_sa_open(const struct esp_spec *spec, bool seals, enum esp_crypto crypto,
		  struct ipsec_sa **out);
/* NULL is allowed. */
void ipsec_sa_close(struct ipsec_sa *sa);

/*
 * Turns n (at most IPSEC_BURST_MAX) frames, Ethernet and IPv4 in one segment, into ESP.
 * The first ones of bufs, whose number it returns, are those that were; the others are
 * freed and counted.
 */
uint16_t ipsec_sa_seal(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n,
		       struct esp_counters *counters);

/*
 * Turns n (at most IPSEC_BURST_MAX) frames for which esp_is_announced(), each in one
 * segment, into what they carry, Ethernet and IPv4. As above.
 */
uint16_t ipsec_sa_open_frames(struct ipsec_sa *sa, struct rte_mbuf **bufs, uint16_t n,
			      struct esp_counters *counters);

#endif
