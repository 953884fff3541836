/* SPDX-License-Identifier: BSD-3-Clause */
/* What `folio host` is told. */
#ifndef FOLIO_RUNNER_HOST_OPTIONS_H
#define FOLIO_RUNNER_HOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"

/* Words for a rate, by their place in the option's choices. */
enum host_rate_word { HOST_RATE_MAX, HOST_RATE_CAPTURE };

struct host_options {
	char socket[OPTION_TEXT_BYTES];
	bool server;
	uint32_t queues;
	char traffic[OPTION_TEXT_BYTES];
	uint64_t rate;
	uint32_t flows;
	uint64_t settle_ns;
	uint64_t duration_ns;
	uint32_t count;
	uint32_t cpu;
	bool kicks;
	bool iommu;
};

extern const struct option_spec host_option_specs[];

#endif
