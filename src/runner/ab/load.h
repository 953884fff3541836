/* SPDX-License-Identifier: BSD-3-Clause */
/* What else the machine did while something was measured. */
#ifndef FOLIO_RUNNER_AB_LOAD_H
#define FOLIO_RUNNER_AB_LOAD_H

#include <stdint.h>

struct load {
	double steal_share; /* of all cores' time: what the hypervisor took */
	double other_cores; /* that processes other than this and its children kept busy, on average */
};

struct load_mark {
	uint64_t total_ticks, busy_ticks, steal_ticks; /* of all cores, since boot */
	double own_s;                                  /* of this process and its ended children */
};

void load_mark(struct load_mark *mark);

/* Since the mark; zeros where the system does not tell. */
struct load load_since(const struct load_mark *mark);

#endif
