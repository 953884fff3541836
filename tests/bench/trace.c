/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What seeing an exit costs: the same exits of a micro-VM without a probe and with each of them,
 * in turns; the probes' own figure; and an emulated exit's count, in cycles.
 *   bench_trace [EXITS OF A RUN]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/exit_area.h"
#include "micro_vm.h"
#include "probes/probe.h"

#define ROUNDS 5
#define RUNS 40 /* of a round; the fastest counts: the others met the scheduler */
#define ADDS 1000000

/* Of a port write that the kernel answers by itself: the shortest exit there is here. */
static double
exit_ns(struct micro_vm *vm, uint32_t exits)
{
	double best_ns = INFINITY;

	for (int run = 0; run < RUNS; run++) {
		uint64_t start_ns = clock_monotonic_ns();

		if (micro_vm_exit(vm, MICRO_VM_DOORBELL, exits, 0))
			return NAN;
		best_ns = fmin(best_ns, (double)(clock_monotonic_ns() - start_ns) / exits);
	}
	return best_ns;
}

static double
median(double *values, size_t n)
{
	qsort(values, n, sizeof(values[0]), compare_doubles);
	return values[n / 2];
}

/* Each round: without, with. */
static void
compare_probe(struct micro_vm *vm, uint32_t exits, const struct probe *probe)
{
	double without_ns[ROUNDS], more_ns[ROUNDS];
	struct probe_filter filter = PROBE_ALL;
	double own_ns = NAN;

	filter.pid = getpid();
	filter.events = PROBE_EVENTS_KVM;
	for (int i = 0; i < ROUNDS; i++) {
		struct probe_session session;

		without_ns[i] = exit_ns(vm, exits);
		if (probe_session_open(&session, probe->name, &filter)) {
			printf("%-8s  %s\n", probe->name,
			       session.n_skips ? session.skips[0].why : "not here");
			return;
		}
		more_ns[i] = exit_ns(vm, exits) - without_ns[i];
		if (i == ROUNDS - 1)
			own_ns = probe_session_cost_ns(&session);
		probe_session_close(&session);
	}
	printf("%-8s  %8.0f  %+8.0f  %8.0f\n", probe->name, median(without_ns, ROUNDS),
	       median(more_ns, ROUNDS), own_ns);
}

static double
add_cycles(void)
{
	static const char *const names[] = {"doorbell"};
	struct exit_lane *lane = exit_lane_take(names, 1);
	double cycles[ROUNDS];

	for (int i = 0; lane && i < ROUNDS; i++) {
		uint64_t start = clock_tsc();

		for (uint64_t k = 0; k < ADDS; k++) {
			exit_lane_add(lane, 0, 2000 + (k & 1023));
			__asm__ volatile("" ::: "memory");
		}
		cycles[i] = (double)(clock_tsc() - start) / ADDS;
	}
	exit_lane_give_back(lane);
	return lane ? median(cycles, ROUNDS) : NAN;
}

int
main(int argc, char **argv)
{
	uint32_t exits = argc > 1 ? (uint32_t)atoi(argv[1]) : 200;
	struct micro_vm vm;
	int error = micro_vm_open(&vm);

	printf("an emulated exit is counted in %.1f cycles\n", add_cycles());
	if (error) {
		printf("no exits to KVM: /dev/kvm: %s\n", strerror(-error));
		return 0;
	}
	printf("probe      exit, ns  with it     its own figure, ns per event\n");
	for (size_t i = 0; probes[i]; i++)
		compare_probe(&vm, exits, probes[i]);
	micro_vm_close(&vm);
	return 0;
}
