/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an application does with a packet beyond its workload: a set number of cycles, spun
 * out before the workload has the burst. A port without it has the workload alone: the choice
 * is made at set-up.
 */
#ifndef FOLIO_DATAPATH_WORK_H
#define FOLIO_DATAPATH_WORK_H

#include <stdint.h>

#include "base/counter.h"
#include "datapath/sources/spend.h"
#include "datapath/workloads/workload.h"

struct work {
	uint64_t cycles_per_packet; /* 0: none */
	struct spender spender;
	struct application then; /* gets the burst next */
	uint64_t packets, cycles;
};

/* Over struct work. */
extern const struct counter work_counters[];

void work_open(struct work *work, uint64_t cycles_per_packet);

/* The application with the work before it, where there is any. work must not move from now on. */
struct application work_before(struct work *work, struct application application);

#endif
