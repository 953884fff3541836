/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/placement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/cpus.h"
#include "base/log.h"
#include "runner/measure/round_trip.h"

/* Cores that are tried; so many hold a neighbour and cores of the same socket. */
#define CANDIDATES_MAX 16

#define TRIPS 2000

/*
 * Between two cores a round trip moves the line at least twice through a cache that
 * they share, some 80 cycles each; siblings share the first-level cache (measured: 49
 * to 73 cycles against 230 and more).
 */
#define SIBLING_CYCLES_MAX 150

/* The median of TRIPS. Returns 0 or -errno. */
static int
round_trip(int from_cpu, int to_cpu, double *cycles)
{
	double trips[TRIPS];
	int error = round_trip_measure(from_cpu, to_cpu, trips, TRIPS);

	if (error)
		return error;
	qsort(trips, TRIPS, sizeof(trips[0]), compare_doubles);
	*cycles = trips[TRIPS / 2];
	return 0;
}

struct candidate {
	double cycles;
	int cpu;
};

static int
compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return compare_doubles(&x->cycles, &y->cycles);
}

/* From the nearest to the farthest. Returns how many, or -errno. */
static int
measure_candidates(const struct placement *placement, struct candidate *candidates)
{
	int cpus[CANDIDATES_MAX + 1], error = 0, n = 0;
	unsigned int n_cpus = cpus_list(cpus, CANDIDATES_MAX + 1);

	for (unsigned int i = 0; !error && i < n_cpus && n < CANDIDATES_MAX; i++) {
		if (cpus[i] == placement->guest_cpu)
			continue;
		candidates[n].cpu = cpus[i];
		error = round_trip(placement->guest_cpu, cpus[i], &candidates[n++].cycles);
	}
	qsort(candidates, (size_t)n, sizeof(candidates[0]), compare_candidates);
	return error ? error : n;
}

/* The next core behind the host's, or else a sibling, of which there are some before it. */
static int
place_crypto(struct placement *placement, const struct candidate *candidates, int n, int host)
{
	if (n < 2) {
		log_error("esp_crypto inline wants a third core, for a thread that polls between "
			  "guest and host, and this process may run on 2 only; esp_crypto: cpu "
			  "needs two");
		return -ENODEV;
	}
	placement->crypto_cpu = candidates[host + 1 < n ? host + 1 : host - 1].cpu;
	return 0;
}

int
placement_find(struct placement *placement, bool crypto)
{
	struct candidate candidates[CANDIDATES_MAX];
	int n = measure_candidates(placement, candidates), chosen = 0;

	if (n <= 0) {
		log_error("two processes that poll want a core each, and this one may run on core "
			  "%d only%s%s; topology: lockstep needs one core",
			  placement->guest_cpu, n ? ": " : "", n ? strerror(-n) : "");
		return n ? n : -ENODEV;
	}
	while (chosen < n - 1 && candidates[chosen].cycles < SIBLING_CYCLES_MAX)
		chosen++;
	placement->host_cpu = candidates[chosen].cpu;
	placement->round_trip_cycles = candidates[chosen].cycles;
	placement->siblings = candidates[chosen].cycles < SIBLING_CYCLES_MAX;
	placement->crypto_cpu = -1;
	return crypto ? place_crypto(placement, candidates, n, chosen) : 0;
}

int
placement_sibling(int cpu, struct sibling *sibling)
{
	const struct placement at = {.guest_cpu = cpu};
	struct candidate candidates[CANDIDATES_MAX];
	int n = measure_candidates(&at, candidates);

	*sibling = (struct sibling){.cpu = -1};
	if (n <= 0)
		return n;
	sibling->round_trip_cycles = candidates[0].cycles;
	if (candidates[0].cycles < SIBLING_CYCLES_MAX)
		sibling->cpu = candidates[0].cpu;
	return 0;
}

const char *
sibling_format(const struct sibling *sibling, char *buf, size_t size)
{
	if (sibling->cpu >= 0)
		snprintf(buf, size, "core %d, %.0f cycles there and back", sibling->cpu,
			 sibling->round_trip_cycles);
	else if (sibling->round_trip_cycles > 0)
		snprintf(buf, size, "none: %.0f cycles to the nearest core and back",
			 sibling->round_trip_cycles);
	else
		snprintf(buf, size, "none: there is no other core");
	return buf;
}

const char *
placement_format(const struct placement *placement, char *buf, size_t size)
{
	int n = snprintf(buf, size,
			 "guest on core %d, host on core %d%s, %.0f cycles there and back",
			 placement->guest_cpu, placement->host_cpu,
			 placement->siblings ? ", its sibling thread" : "",
			 placement->round_trip_cycles);

	if (placement->crypto_cpu >= 0 && n >= 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, ", crypto on core %d", placement->crypto_cpu);
	return buf;
}
