/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/cpus.h"

#include <sched.h>
#include <stddef.h>

/* Linux's own limit (NR_CPUS). */
#define CPUS_MAX 8192

unsigned int
cpus_allowed(int *last)
{
	cpu_set_t *allowed = CPU_ALLOC(CPUS_MAX);
	size_t bytes = CPU_ALLOC_SIZE(CPUS_MAX);
	unsigned int n = 0;
	int highest = -1;

	if (allowed && sched_getaffinity(0, bytes, allowed) == 0) {
		for (int i = 0; i < CPUS_MAX; i++) {
			if (!CPU_ISSET_S(i, bytes, allowed))
				continue;
			highest = i;
			n++;
		}
	}
	CPU_FREE(allowed);
	if (last)
		*last = highest;
	return n ? n : 1;
}
