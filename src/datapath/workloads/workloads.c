/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of workloads. */
#include <stddef.h>
#include <string.h>

#include "datapath/workloads/workload.h"

extern const struct workload workload_macswap;

const struct workload *const workloads[] = {
	&workload_macswap,
	NULL,
};

const struct workload *
workload_find(const char *name)
{
	for (const struct workload *const *w = workloads; *w; w++)
		if (!strcmp((*w)->name, name))
			return *w;
	return NULL;
}
