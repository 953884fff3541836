/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exactness of what counts in the kernel: a micro-VM makes so many exits of each kind, and each is in the
 * table, once; known waits in user space come back as durations.
 */
#include <inttypes.h>
#include <linux/kvm.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compare.h"
#include "micro_vm.h"
#include "probes/probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TIMES 100000
#define PARTS 20
#define WAITS 101

/* The way from the exit's event to user space and back into KVM_RUN, on a busy machine. */
#define AROUND_NS 15000

static struct micro_vm vm;

/* What a kind of exit is seen as. Hardware's own exits come besides, where the host reports them. */
static const struct {
	uint64_t event;
	uint32_t reason; /* 0: user space is not asked */
} signs[MICRO_VM_KINDS] = {
	[MICRO_VM_OUT] = {TRACE_KVM_PIO, KVM_EXIT_IO},
	[MICRO_VM_IN] = {TRACE_KVM_PIO, KVM_EXIT_IO},
	[MICRO_VM_MMIO_WRITE] = {TRACE_KVM_MMIO, KVM_EXIT_MMIO},
	[MICRO_VM_MMIO_READ] = {TRACE_KVM_MMIO, KVM_EXIT_MMIO},
	[MICRO_VM_HALT] = {TRACE_EVENTS_N, KVM_EXIT_HLT},
	[MICRO_VM_DOORBELL] = {TRACE_KVM_PIO, 0},
	[MICRO_VM_CPUID] = {TRACE_KVM_CPUID, 0},
};

/* The last two do not time. */
static const char *const names[] = {"btf", "classic", "tracefs", "perf", "statistics"};

#define TIMING (COUNT(names) - 2)

static uint64_t
count_of(const struct exit_table *table, enum exit_space space, uint64_t code)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i]->space == space && table->rows[i]->code == code)
			return table->rows[i]->count;
	return 0;
}

/* Returns false where this machine does not have that probe, and says why. */
static bool
open_session(struct probe_session *session, const char *name)
{
	struct probe_filter filter = PROBE_ALL;

	filter.pid = getpid();
	filter.events = PROBE_EVENTS_KVM;
	if (!probe_session_open(session, name, &filter))
		return true;
	print_message("SKIP: probe %s: %s\n", name,
		      session->n_skips ? session->skips[0].why : "not there");
	return false;
}

/* Counters tell how many events there were, and not why the guest came to user space. */
static void
assert_counted_all(const struct exit_table *table, enum micro_vm_kind kind)
{
	uint64_t returns = signs[kind].reason ? TIMES + PARTS : PARTS;

	if (signs[kind].event < TRACE_EVENTS_N && signs[kind].event != TRACE_KVM_MMIO)
		assert_int_equal(count_of(table, EXIT_SPACE_EVENT, signs[kind].event), TIMES);
	assert_int_equal(count_of(table, EXIT_SPACE_EVENT, TRACE_KVM_USERSPACE_EXIT), returns);
}

static uint64_t
statistic(const struct exit_table *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (!strcmp(table->rows[i]->name, name))
			return table->rows[i]->count;
	return 0;
}

/*
 * KVM loads the guest's FPU state once for each run, and counts halts and memory's exits by
 * themselves. An exit more is one that an interrupt of the host's made.
 */
static void
assert_statistics_agree(const struct exit_table *table, enum micro_vm_kind kind)
{
	uint64_t runs = signs[kind].reason ? TIMES + PARTS : PARTS;
	uint64_t halts = signs[kind].reason == KVM_EXIT_HLT ? TIMES + PARTS : PARTS;

	assert_int_equal(statistic(table, "fpu_reload"), runs);
	assert_int_equal(statistic(table, "halt_exits"), halts);
	if (signs[kind].event == TRACE_KVM_MMIO)
		assert_int_equal(statistic(table, "mmio_exits"), TIMES);
	assert_true(statistic(table, "exits") >= runs);
}

static void
assert_saw_all(const struct exit_table *table, enum micro_vm_kind kind)
{
	uint64_t halts = signs[kind].reason == KVM_EXIT_HLT ? TIMES + PARTS : PARTS;

	if (signs[kind].event < TRACE_EVENTS_N)
		assert_int_equal(count_of(table, EXIT_SPACE_EVENT, signs[kind].event), TIMES);
	if (signs[kind].reason && signs[kind].reason != KVM_EXIT_HLT)
		assert_int_equal(count_of(table, EXIT_SPACE_USERSPACE, signs[kind].reason), TIMES);
	assert_int_equal(count_of(table, EXIT_SPACE_USERSPACE, KVM_EXIT_HLT), halts);
}

/* In parts, with a halt behind each, so that who reads a ring comes to read it. */
static void
assert_kind_is_exact(struct probe_session *open, size_t n, enum micro_vm_kind kind)
{
	struct exit_table tables[COUNT(names)] = {0};

	for (int part = 0; part < PARTS; part++) {
		assert_int_equal(micro_vm_exit(&vm, kind, TIMES / PARTS, 0), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(probe_session_read(&open[i], &tables[i]), 0);
	}
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(open[i].lost, 0);
		if (!strcmp(open[i].probe->name, "statistics"))
			assert_statistics_agree(&tables[i], kind);
		else if (!strcmp(open[i].probe->name, "perf"))
			assert_counted_all(&tables[i], kind);
		else
			assert_saw_all(&tables[i], kind);
		exit_table_free(&tables[i]);
	}
}

/* All at the same time: they must not disturb each other. */
static void
every_probe_is_exact(void **state)
{
	struct probe_session open[COUNT(names)];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		n += open_session(&open[n], names[i]);
	if (!n)
		skip();
	for (enum micro_vm_kind kind = 0; kind < MICRO_VM_KINDS; kind++)
		assert_kind_is_exact(open, n, kind);
	for (size_t i = 0; i < n; i++) {
		/* The last halt is still with user space. */
		assert_true(open[i].unmatched <= 1);
		probe_session_close(&open[i]);
	}
}

/* Of that probe: user space's answers take so long, and nothing else of note happens. */
static void
assert_wait_is_found(struct probe_session *session, uint64_t wait_ns)
{
	static uint64_t waits_ns[WAITS];
	struct exit_table table = {0};
	const struct exit_latency *latency;
	double expected_ns, found_ns;

	vm.waits_ns = waits_ns;
	assert_int_equal(micro_vm_exit(&vm, MICRO_VM_OUT, WAITS, wait_ns), 0);
	vm.waits_ns = NULL;
	qsort(waits_ns, WAITS, sizeof(waits_ns[0]), compare_u64s);
	assert_int_equal(probe_session_read(session, &table), 0);
	latency = &exit_table_row(&table, EXIT_SPACE_USERSPACE, KVM_EXIT_IO, NULL)->latency;
	assert_int_equal(latency->n, WAITS);
	expected_ns = (double)waits_ns[WAITS / 2];
	found_ns = exit_latency_quantile_ns(latency, 0.5);
	if (!(fabs(found_ns - expected_ns) <= expected_ns * EXIT_HISTOGRAM_ERROR + AROUND_NS))
		fail_msg("%s: found %g ns, expected %g ns", session->probe->name, found_ns,
			 expected_ns);
	/* The least one is known by its bucket, once others came before. */
	assert_true(exit_latency_min_ns(latency) >=
		    (double)wait_ns * (1 - 1.0 / EXIT_HISTOGRAM_STEPS));
	exit_table_free(&table);
}

static void
waits_come_back(void **state)
{
	static const uint64_t waits_ns[] = {50000, 300000, 2000000};
	struct probe_session session;

	(void)state;
	for (size_t i = 0; i < TIMING; i++) {
		if (!open_session(&session, names[i]))
			continue;
		for (size_t k = 0; k < COUNT(waits_ns); k++)
			assert_wait_is_found(&session, waits_ns[k]);
		probe_session_close(&session);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_probe_is_exact),
		cmocka_unit_test(waits_come_back),
	};
	int error = micro_vm_open(&vm);

	if (error) {
		printf("SKIP: /dev/kvm: %s\n", strerror(-error));
		return 77;
	}
	error = cmocka_run_group_tests(tests, NULL, NULL);
	micro_vm_close(&vm);
	return error;
}
