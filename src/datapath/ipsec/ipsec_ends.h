/* SPDX-License-Identifier: BSD-3-Clause */
/* One side's ends of both associations, the guest's or its peer's, and what they count. */
#ifndef FOLIO_DATAPATH_IPSEC_ENDS_H
#define FOLIO_DATAPATH_IPSEC_ENDS_H

#include "datapath/ipsec/ipsec_sa.h"

struct ipsec_ends {
	struct ipsec_sa *in, *out;
	struct esp_counters counters;
};

/* As options say of the guest. Returns 0 or -errno after log_error(). */
int ipsec_ends_open(struct ipsec_ends *ends, const struct esp_options *options, bool guest);
void ipsec_ends_close(struct ipsec_ends *ends);

#endif
