/* SPDX-License-Identifier: BSD-3-Clause */
/* What `folio host` is told. */
#ifndef FOLIO_RUNNER_HOST_OPTIONS_H
#define FOLIO_RUNNER_HOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/options.h"
#include "datapath/ipsec/esp_options.h"

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
	bool esp;

	/* The same, understood. */
	int core;                       /* to poll on; -1: the present one */
	struct esp_options esp_options; /* of esp: the guest's, by --set */
};

/*
 * Reads and checks a command line; every wrong option is reported by log_error() with
 * what was found and what is allowed. Returns 0; 1 when help is asked for; -EINVAL.
 */
int host_options_parse(int argc, char **argv, struct host_options *options);

/* One line for each option. */
void host_options_help(FILE *to);

#endif
