/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a BPF probe costs per event, measured where it runs: a thread is given its own name
 * again and again, which is a tracepoint, without and with a program that does there what it
 * does at exits and entries. Runs with and without take turns, and the median of
 * the pairs' differences counts.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include <bpf/libbpf.h>

#include "base/clock.h"
#include "base/compare.h"
#include "probes/bpf_exits.h"

#define PAIRS 5
#define EVENTS 1000
#define ROUNDS 5 /* of a run; the fastest counts, the others were interrupted */

static double
rename_ns(const char *name)
{
	uint64_t best_ns = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start_ns = clock_monotonic_ns(), took_ns;

		for (int i = 0; i < EVENTS; i++)
			prctl(PR_SET_NAME, name);
		took_ns = clock_monotonic_ns() - start_ns;
		best_ns = took_ns < best_ns ? took_ns : best_ns;
	}
	return (double)best_ns / EVENTS;
}

static int
measure(struct bpf_exits *exits, bool classic, double *ns_per_event)
{
	double extra_ns[PAIRS];
	char name[16];

	if (prctl(PR_GET_NAME, name))
		return -errno;
	for (int i = 0; i < PAIRS; i++) {
		double without_ns = rename_ns(name);
		struct bpf_link *link = bpf_exits_attach_rename(exits, classic);

		if (!link)
			return -errno;
		extra_ns[i] = rename_ns(name) - without_ns;
		bpf_link__destroy(link);
	}
	qsort(extra_ns, PAIRS, sizeof(extra_ns[0]), compare_doubles);
	*ns_per_event = extra_ns[PAIRS / 2];
	return 0;
}

static int
cost(bool classic, double *ns_per_event)
{
	struct bpf_exits exits;
	int error = bpf_exits_open_rename(&exits, classic);

	if (error)
		return error;
	error = measure(&exits, classic, ns_per_event);
	bpf_exits_release(&exits);
	return error;
}

int
bpf_cost_btf(double *ns_per_event)
{
	return cost(false, ns_per_event);
}

int
bpf_cost_classic(double *ns_per_event)
{
	return cost(true, ns_per_event);
}
