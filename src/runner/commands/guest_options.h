/* SPDX-License-Identifier: BSD-3-Clause */
/* What `folio guest` is told. */
#ifndef FOLIO_RUNNER_GUEST_OPTIONS_H
#define FOLIO_RUNNER_GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/options.h"
#include "datapath/config.h"

struct workload;

/* Words for a rate, by their place in the option's choices. */
enum guest_rate_word { GUEST_RATE_MAX, GUEST_RATE_CAPTURE };

struct guest_options_given {
	char socket[OPTION_TEXT_BYTES];
	bool client;
	char preset[OPTION_TEXT_BYTES];
	char costs[OPTION_TEXT_BYTES];
	char workload[OPTION_TEXT_BYTES];
	char cpu[OPTION_TEXT_BYTES];
	uint64_t duration_ns;
	char traffic[OPTION_TEXT_BYTES]; /* "": it forwards */
	uint64_t rate;
	uint64_t settle_ns;
	uint32_t flows;
	uint32_t count;
};

/* The same, understood. */
struct guest_plan {
	struct guest_options_given given;
	struct datapath_config config;
	const struct workload *workload;
	int cpus[QUEUES_MAX + 1];
	unsigned int n_cpus;
	int crypto_cpu; /* of esp_crypto inline; -1: any */
};

/*
 * Reads and checks a command line; every wrong option is reported by log_error() with
 * what was found and what is allowed. Returns 0; 1 when help is asked for; -EINVAL.
 */
int guest_plan_parse(int argc, char **argv, struct guest_plan *plan);

/* One line for each option. */
void guest_plan_help(FILE *to);

#endif
