/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/ipsec_ends.h"

#include <string.h>

#include <rte_branch_prediction.h>

int
ipsec_ends_open(struct ipsec_ends *ends, const struct esp_options *options, bool guest)
{
	struct esp_spec in, out;
	int error;

	memset(ends, 0, sizeof(*ends));
	esp_spec_of(options, guest, &in);
	esp_spec_of(options, !guest, &out);
	error = ipsec_sa_open(&in, false, options->crypto, &ends->in);
	if (!error)
		error = ipsec_sa_open(&out, true, options->crypto, &ends->out);
	if (error)
		ipsec_ends_close(ends);
	return error;
}

void
ipsec_ends_close(struct ipsec_ends *ends)
{
	ipsec_sa_close(ends->in);
	ipsec_sa_close(ends->out);
	ends->in = ends->out = NULL;
}

uint16_t
ipsec_ends_receive(struct ipsec_ends *ends, struct rte_mbuf **bufs, uint16_t n,
		   struct rte_mbuf **plain, uint16_t *n_plain)
{
	uint16_t n_esp = 0;

	*n_plain = 0;
	for (uint16_t i = 0; i < n; i++) {
		if (likely(ipsec_ends_is_esp(bufs[i])))
			bufs[n_esp++] = bufs[i];
		else
			plain[(*n_plain)++] = bufs[i];
	}
	return ipsec_sa_open_frames(ends->in, bufs, n_esp, &ends->counters);
}
