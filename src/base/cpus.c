/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/cpus.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>

/* Linux's own limit (NR_CPUS). */
#define CPUS_MAX 8192

unsigned int
cpus_list(int *cpus, unsigned int max)
{
	cpu_set_t *allowed = CPU_ALLOC(CPUS_MAX);
	size_t bytes = CPU_ALLOC_SIZE(CPUS_MAX);
	unsigned int n = 0;

	if (allowed && sched_getaffinity(0, bytes, allowed) == 0)
		for (int i = 0; i < CPUS_MAX && n < max; i++)
			if (CPU_ISSET_S((size_t)i, bytes, allowed))
				cpus[n++] = i;
	CPU_FREE(allowed);
	return n;
}

unsigned int
cpus_allowed(int *last)
{
	static int cpus[CPUS_MAX];
	unsigned int n = cpus_list(cpus, CPUS_MAX);

	if (last)
		*last = n ? cpus[n - 1] : -1;
	return n ? n : 1;
}

bool
cpus_has(long cpu)
{
	static int cpus[CPUS_MAX];
	unsigned int n = cpus_list(cpus, CPUS_MAX);

	while (n)
		if (cpus[--n] == cpu)
			return true;
	return false;
}

int
cpu_pin(int cpu)
{
	cpu_set_t *set = CPU_ALLOC((size_t)cpu + 1);
	size_t bytes = CPU_ALLOC_SIZE((size_t)cpu + 1);
	int error;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(bytes, set);
	CPU_SET_S((size_t)cpu, bytes, set);
	error = sched_setaffinity(0, bytes, set) < 0 ? -errno : 0;
	CPU_FREE(set);
	return error;
}
