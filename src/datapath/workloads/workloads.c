/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of workloads. */
#include <stddef.h>
#include <string.h>

#include "datapath/workloads/workload.h"

extern const struct workload workload_macswap, workload_udp_echo, workload_udp_sink;

const struct workload *const workloads[] = {
	&workload_macswap,
	&workload_udp_echo,
	&workload_udp_sink,
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
