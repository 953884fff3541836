/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/core.h"

#include <stdint.h>
#include <unistd.h>

#include "base/cpus.h"
#include "runner/results/machine.h"

#define CORES_MAX 64u
#define LOOK_US 100000

int
core_quietest(void)
{
	struct cpu_time from[CORES_MAX], to;
	int cpus[CORES_MAX], quietest = -1;
	uint64_t least = UINT64_MAX;
	unsigned int n = cpus_list(cpus, CORES_MAX);

	for (unsigned int i = 0; i < n; i++)
		cpu_time_read(cpus[i], &from[i]);
	usleep(LOOK_US);
	for (unsigned int i = 0; i < n; i++) {
		cpu_time_read(cpus[i], &to);
		uint64_t taken =
			to.busy_ticks - from[i].busy_ticks + to.steal_ticks - from[i].steal_ticks;

		if (taken > least)
			continue;
		least = taken;
		quietest = cpus[i];
	}
	return quietest;
}
