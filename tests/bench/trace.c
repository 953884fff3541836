/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What seeing an exit costs who makes it: the same exits of a micro-VM, unseen and seen in turns,
 * by each of our probes, by other tools, and by nobody (A/A). How many events a second the best
 * probe counts without losing one. And what counting an emulated exit costs.
 *   bench_trace [EXITS OF A RUN]
 */
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/exit_area.h"
#include "micro_vm.h"
#include "probes/bpf_exits.h"
#include "probes/probe.h"
#include "trace_peers.h"

#define ROUNDS 9
#define RUNS 40 /* of a round; the fastest counts: the others met the scheduler */
#define ADDS 1000000
#define VMS_MAX 4
#define RATE_EXITS 500000u
#define RENAMES 4000000u

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

/* What sees exits: one of our probes, a peer, or nobody. */
struct watcher {
	const struct probe *probe;
	const struct trace_peer *peer;
	struct probe_session session;
};

static int
watch(struct watcher *watcher, char *why, size_t size)
{
	struct probe_filter filter = PROBE_ALL;
	int error = 0;

	filter.pid = getpid();
	filter.events = PROBE_EVENTS_KVM;
	if (watcher->peer)
		return watcher->peer->open(why, size);
	if (watcher->probe)
		error = probe_session_open(&watcher->session, watcher->probe->name, &filter);
	if (error)
		snprintf(why, size, "%s",
			 watcher->session.n_skips ? watcher->session.skips[0].why : "not here");
	return error;
}

static void
unwatch(struct watcher *watcher)
{
	if (watcher->peer)
		watcher->peer->close();
	else if (watcher->probe)
		probe_session_close(&watcher->session);
}

/* Unseen, seen, unseen: what an exit takes more, a round. */
static void
compare(struct micro_vm *vm, uint32_t exits, struct watcher *watcher, const char *name)
{
	double unseen_ns[ROUNDS], more_ns[ROUNDS];
	char why[160] = "";

	for (int i = 0; i < ROUNDS; i++) {
		double before_ns = exit_ns(vm, exits), seen_ns;

		if (watch(watcher, why, sizeof(why))) {
			printf("%-23s %s\n", name, why);
			return;
		}
		seen_ns = exit_ns(vm, exits);
		unwatch(watcher);
		unseen_ns[i] = fmin(before_ns, exit_ns(vm, exits));
		more_ns[i] = seen_ns - unseen_ns[i];
	}
	qsort(more_ns, ROUNDS, sizeof(more_ns[0]), compare_doubles);
	printf("%-23s %8.0f %+9.0f %+9.0f %+9.0f  %d\n", name, median(unseen_ns, ROUNDS),
	       more_ns[ROUNDS / 2], more_ns[ROUNDS / 4], more_ns[ROUNDS - 1 - ROUNDS / 4], ROUNDS);
}

static void
compare_all(struct micro_vm *vm, uint32_t exits)
{
	struct watcher nobody = {0};

	printf("\nOf an exit, in ns, which is one kvm_pio; kvm:* sees several events more:\n"
	       "seen by                   unseen      more  quartiles             n\n");
	compare(vm, exits, &nobody, "nobody (A/A)");
	for (size_t i = 0; probes[i]; i++)
		compare(vm, exits, &(struct watcher){.probe = probes[i]}, probes[i]->name);
	for (size_t i = 0; trace_peers[i].name; i++)
		compare(vm, exits, &(struct watcher){.peer = &trace_peers[i]}, trace_peers[i].name);
}

static void *
make_exits(void *arg)
{
	micro_vm_exit(arg, MICRO_VM_DOORBELL, RATE_EXITS, 0);
	return NULL;
}

/* n VMs at once, each in a thread of its own. */
static void
count_at_full_rate(struct micro_vm *vms, size_t n)
{
	struct probe_filter filter = PROBE_ALL;
	struct exit_table table = {0};
	struct probe_session session;
	pthread_t threads[VMS_MAX];
	uint64_t start_ns, took_ns, counted;

	filter.pid = getpid();
	if (probe_session_open(&session, NULL, &filter))
		return;
	start_ns = clock_monotonic_ns();
	for (size_t i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, make_exits, &vms[i]);
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	took_ns = clock_monotonic_ns() - start_ns;
	probe_session_read(&session, &table);
	counted = exit_table_row(&table, EXIT_SPACE_EVENT, TRACE_KVM_PIO, NULL)->count;
	printf("%zu VMs, %s: %.2f M events/s; %" PRIu64 " of %zu counted, %" PRIu64 " lost\n", n,
	       session.probe->name, (double)session.events * 1e3 / (double)took_ns, counted,
	       n * (size_t)RATE_EXITS, session.lost);
	exit_table_free(&table);
	probe_session_close(&session);
}

static void
count_at_full_rates(void)
{
	struct micro_vm vms[VMS_MAX];
	size_t n = 0;

	printf("\n");
	while (n < VMS_MAX && !micro_vm_open(&vms[n]))
		count_at_full_rate(vms, ++n);
	while (n)
		micro_vm_close(&vms[--n]);
}

/* A machine may not make so many exits to KVM: a thread's new name is seen by the same program. */
static void
count_renames(void)
{
	struct bpf_exits exits;
	struct probe_session session = {.state = &exits};
	struct exit_table table = {0};
	uint64_t start_ns, took_ns;
	struct bpf_link *link;

	if (bpf_exits_open_rename(&exits, false))
		return;
	link = bpf_counts_open(&exits) ? NULL : bpf_exits_attach_rename(&exits, false);
	start_ns = clock_monotonic_ns();
	for (uint32_t i = 0; link && i < RENAMES; i++)
		prctl(PR_SET_NAME, i & 1 ? "bench_trace" : "trace_bench");
	took_ns = clock_monotonic_ns() - start_ns;
	bpf_link__destroy(link);
	if (link && !bpf_counts_read(&session, &table))
		printf("1 thread's names, btf: %.2f M events/s; %" PRIu64 " of %u counted, %" PRIu64
		       " lost\n",
		       (double)RENAMES * 1e3 / (double)took_ns, session.events, RENAMES,
		       session.lost);
	exit_table_free(&table);
	bpf_exits_release(&exits);
}

static void
count_emulated(void)
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
	printf("an emulated exit is counted in %.1f cycles (median of %d)\n",
	       lane ? median(cycles, ROUNDS) : NAN, ROUNDS);
}

int
main(int argc, char **argv)
{
	uint32_t exits = argc > 1 ? (uint32_t)atoi(argv[1]) : 200;
	struct micro_vm vm;
	int error = micro_vm_open(&vm);

	setvbuf(stdout, NULL, _IOLBF, 0);
	count_emulated();
	if (error) {
		printf("no exits to KVM: /dev/kvm: %s\n", strerror(-error));
		return 0;
	}
	compare_all(&vm, exits);
	micro_vm_close(&vm);
	count_at_full_rates();
	count_renames();
	return 0;
}
