/* SPDX-License-Identifier: BSD-3-Clause */
/* What may be wrong, told to the user of `folio host` when nothing goes. */
#ifndef FOLIO_RUNNER_HOST_HINTS_H
#define FOLIO_RUNNER_HOST_HINTS_H

#include <stdbool.h>
#include <stdint.h>

struct host_counts;

struct host_hints {
	const char *socket;
	bool server;
	bool max_rate;      /* nothing is ever due, and so not counted as not taken */
	uint64_t settle_ns; /* as in struct host_loop */
	uint32_t longest_bytes;

	/* Its own; zero to begin with. */
	unsigned int seconds, seconds_there;
	unsigned int seconds_suspect; /* for which host_esp_suspicion() has had one */
	bool none_taken;
};

/* Once a second. The counts are another thread's. */
void host_hints_look(struct host_hints *hints, const struct host_counts *counts);

/* When it is over, and there was a guest. */
void host_hints_end(const struct host_hints *hints, const struct host_counts *counts);

#endif
