/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of topologies. */
#include "runner/measure/bench.h"

#include <stddef.h>
#include <string.h>

extern const struct bench_ops bench_lockstep, bench_two_process;

const struct bench_ops *const benches[] = {
	&bench_lockstep,
	&bench_two_process,
	NULL,
};

const struct bench_ops *
bench_find(const char *topology)
{
	const struct bench_ops *const *bench = benches;

	while (*bench && strcmp((*bench)->topology, topology))
		bench++;
	return *bench;
}
