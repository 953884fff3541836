/* SPDX-License-Identifier: BSD-3-Clause */
/* One side's ends of both associations, the guest's or its peer's, and what they count. */
#ifndef FOLIO_DATAPATH_IPSEC_ENDS_H
#define FOLIO_DATAPATH_IPSEC_ENDS_H

#include <rte_mbuf.h>

#include "datapath/ipsec/ipsec_sa.h"

struct ipsec_ends {
	struct ipsec_sa *in, *out;
	struct esp_counters counters;
};

/* As options say of the guest. Returns 0 or -errno after log_error(). */
int ipsec_ends_open(struct ipsec_ends *ends, const struct esp_options *options, bool guest);
void ipsec_ends_close(struct ipsec_ends *ends);

/* Is it a frame in ESP that may be opened: of one segment? */
static inline bool
ipsec_ends_is_esp(const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 &&
	       esp_is_announced(rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *),
				mbuf->data_len);
}

/*
 * Opens what of n (at most IPSEC_BURST_MAX) received frames is ESP. Those that opened come first
 * in bufs; returns how many. What is none comes into plain, its number into n_plain; the
 * others are freed and counted.
 */
uint16_t ipsec_ends_receive(struct ipsec_ends *ends, struct rte_mbuf **bufs, uint16_t n,
			    struct rte_mbuf **plain, uint16_t *n_plain);

#endif
