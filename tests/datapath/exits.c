/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exit engine and each of its backends: every exit is counted, none is made that
 * was not asked for, a budget is never fallen short of, and what the kernel counts of
 * the micro-VM's exits is what was asked for.
 */
#include "harness.h"

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fidelity.h"
#include "base/options.h"
#include "datapath/exits/exit.h"
#include "datapath/exits/kvm_guest.h"
#include "datapath/exits/kvm_vm.h"
#include "datapath/host/traffic.h"
#include "datapath/sources/source.h"

#define EXITS 1000
#define BUDGET_CYCLES 20000
#define SLICE_NS 500000

/* False, and says so, where the machine lacks something for the backend. */
static bool
works_here(const struct exit_backend *backend)
{
	char why[256];

	if (!backend->lacking || !backend->lacking(why, sizeof(why)))
		return true;
	printf("SKIP: exits %s: %s\n", backend->name, why);
	return false;
}

static struct datapath_config
config_of(unsigned int backend)
{
	struct datapath_config config;

	datapath_config_init(&config);
	config.exits = backend;
	return config;
}

static void
names_follow_the_table(void **state)
{
	unsigned int n = 0;

	(void)state;
	for (; exit_backends[n]; n++)
		assert_string_equal(exit_backend_names[n], exit_backends[n]->name);
	assert_null(exit_backend_names[n]);
	for (unsigned int i = 0; i < EXIT_REASONS; i++)
		assert_string_equal(exit_reason_names[i], exit_counters[i].name);
}

static void
count_exits(unsigned int backend)
{
	struct datapath_config config = config_of(backend);
	struct exit_engine engine;
	uint64_t least = 0;

	assert_int_equal(exit_engine_open(&engine, &config), 0);
	for (unsigned int reason = 0; reason < EXIT_REASONS; reason++) {
		for (unsigned int i = 0; i < EXITS + reason; i++) {
			uint64_t off = engine.bias_cycles + engine.late_cycles;
			uint64_t start = clock_tsc();

			exit_engine_exit(&engine, reason, BUDGET_CYCLES);
			assert_true(clock_tsc() - start + off >= BUDGET_CYCLES);
		}
		least += (EXITS + reason) * (uint64_t)BUDGET_CYCLES;
	}
	for (unsigned int reason = 0; reason < EXIT_REASONS; reason++)
		assert_int_equal(engine.counts.by_reason[reason], EXITS + reason);
	assert_int_equal(engine.counts.failures, 0);
	assert_true(engine.counts.cycles >= least);
	exit_engine_close(&engine);
}

static void
every_exit_is_counted(void **state)
{
	(void)state;
	for (unsigned int i = 0; exit_backends[i]; i++)
		if (works_here(exit_backends[i]))
			count_exits(i);
}

/* A budget of nothing is outlasted by whatever is done. */
static void
overruns_are_counted(void **state)
{
	(void)state;
	for (unsigned int i = 0; exit_backends[i]; i++) {
		struct datapath_config config = config_of(i);
		struct exit_engine engine;

		if (!works_here(exit_backends[i]))
			continue;
		assert_int_equal(exit_engine_open(&engine, &config), 0);
		for (unsigned int k = 0; k < EXITS; k++)
			exit_engine_exit(&engine, EXIT_REASON_DOORBELL, 0);
		assert_int_equal(engine.counts.by_reason[EXIT_REASON_DOORBELL], EXITS);
		assert_int_equal(engine.counts.overruns, EXITS);
		exit_engine_close(&engine);
	}
}

static void
count_call(void *state)
{
	++*(unsigned int *)state;
}

static void
additions_act_and_cost(void **state)
{
	struct datapath_config config = config_of(0);
	unsigned int calls = 0;
	struct exit_addition silent = {.cost_cycles = BUDGET_CYCLES},
			     acting = {.cost_cycles = BUDGET_CYCLES,
				       .act = count_call,
				       .state = &calls};
	struct exit_engine engine;

	(void)state;
	assert_int_equal(exit_engine_open(&engine, &config), 0);
	exit_engine_exit(&engine, EXIT_REASON_PSC, 0);
	exit_engine_add(&engine, &silent);
	exit_engine_add(&engine, &acting);
	for (unsigned int i = 0; i < EXITS; i++) {
		uint64_t off = engine.bias_cycles + engine.late_cycles;
		uint64_t start = clock_tsc();

		exit_engine_exit(&engine, i % EXIT_REASONS, BUDGET_CYCLES);
		assert_true(clock_tsc() - start + off >= 3 * BUDGET_CYCLES);
	}
	assert_int_equal(silent.exits, EXITS);
	assert_int_equal(acting.exits, EXITS);
	assert_int_equal(calls, EXITS);
	exit_engine_close(&engine);
}

static int traps;

static void
count_trap(int number)
{
	(void)number;
	traps++;
}

/* What was there before comes back, and gets what is not an exit meanwhile. */
static void
traps_of_others_are_handed_on(void **state)
{
	struct sigaction action = {.sa_handler = count_trap}, old, now;
	struct datapath_config config = config_of(0);
	struct exit_engine first, second;

	(void)state;
	while (strcmp(exit_backend_names[config.exits], "signal") != 0)
		config.exits++;
	assert_int_equal(sigaction(SIGTRAP, &action, &old), 0);
	assert_int_equal(exit_engine_open(&first, &config), 0);
	assert_int_equal(exit_engine_open(&second, &config), 0);
	exit_engine_exit(&first, EXIT_REASON_IDLE, 0);
	assert_int_equal(traps, 0);
	raise(SIGTRAP);
	assert_int_equal(traps, 1);
	exit_engine_close(&first);
	exit_engine_exit(&second, EXIT_REASON_IDLE, 0);
	assert_int_equal(traps, 1);
	exit_engine_close(&second);
	assert_int_equal(sigaction(SIGTRAP, &old, &now), 0);
	assert_ptr_equal(now.sa_handler, count_trap);
}

/* The statistic of that name among a vCPU's (KVM's documentation, 4.133). */
static uint64_t
kernel_count(int stats, const char *name)
{
	struct kvm_stats_header header;
	uint64_t count = 0;
	bool found = false;

	assert_int_equal(pread(stats, &header, sizeof(header), 0), sizeof(header));
	size_t size = sizeof(struct kvm_stats_desc) + header.name_size;
	struct kvm_stats_desc *desc = malloc(size);

	assert_non_null(desc);
	for (uint32_t i = 0; !found && i < header.num_desc; i++) {
		assert_int_equal(pread(stats, desc, size, header.desc_offset + (off_t)(i * size)),
				 size);
		found = !strcmp(desc->name, name);
	}
	if (found)
		assert_int_equal(pread(stats, &count, sizeof(count),
				       header.data_offset + desc->offset),
				 sizeof(count));
	free(desc);
	assert_true(found);
	return count;
}

static const struct {
	enum kvm_leave leave;
	const char *counted; /* the kernel's name for it */
	bool not_everywhere; /* where the kernel interprets the guest it does not count them */
} leaves[] = {
	{KVM_LEAVE_PIO, "io_exits", true},
	{KVM_LEAVE_MMIO, "mmio_exits", false},
	{KVM_LEAVE_HLT, "halt_exits", false},
	/* The kernel counts no MMIO that it handles, but the exit that parks behind it. */
	{KVM_LEAVE_IOEVENTFD, "halt_exits", false},
};

static void
kernel_counts_the_same(void **state)
{
	struct kvm_vm *vm;
	char why[256];
	uint64_t events;

	(void)state;
	if (kvm_vm_lacking(why, sizeof(why))) {
		printf("SKIP: %s\n", why);
		skip();
	}
	assert_int_equal(kvm_vm_open(&vm), 0);
	int stats = ioctl(vm->vcpu, KVM_GET_STATS_FD, 0);

	if (stats < 0) {
		puts("SKIP: this kernel gives no statistics of a vCPU (KVM_GET_STATS_FD)");
		kvm_vm_close(vm);
		skip();
	}
	for (unsigned int i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		uint64_t before = kernel_count(stats, leaves[i].counted), counted;

		for (unsigned int k = 0; k < EXITS; k++) {
			const struct kvm_ghcb_exit exit = {0x100 + i, k, ~(uint64_t)k};

			assert_true(kvm_vm_exit(vm, leaves[i].leave, &exit));
			assert_memory_equal(vm->memory + GUEST_GHCB + GHCB_SW_EXITCODE, &exit,
					    sizeof(exit));
		}
		counted = kernel_count(stats, leaves[i].counted) - before;
		if (counted || !leaves[i].not_everywhere)
			assert_int_equal(counted, EXITS);
		else
			printf("this kernel does not count %s\n", leaves[i].counted);
	}
	assert_int_equal(vm->memory[GUEST_GHCB + GHCB_VALID_BYTE], GHCB_VALID_BITS);
	assert_int_equal(read(vm->doorbell, &events, sizeof(events)), sizeof(events));
	assert_int_equal(events, EXITS);
	close(stats);
	kvm_vm_close(vm);
}

static unsigned int
open_descriptors(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += !(ioctl(fd, 0, 0) < 0 && errno == EBADF);
	return n;
}

static void *
exit_often(void *arg)
{
	struct exit_engine *engine = arg;

	for (unsigned int i = 0; i < EXITS; i++)
		exit_engine_exit(engine, i % EXIT_REASONS, 0);
	return NULL;
}

/* Engines share nothing, may be used by another thread than opened them, and leave nothing. */
static void
engines_are_apart(void **state)
{
	unsigned int before = open_descriptors();

	(void)state;
	for (unsigned int i = 0; exit_backends[i]; i++) {
		struct datapath_config config = config_of(i);
		struct exit_engine engines[3];
		pthread_t threads[3];

		if (!works_here(exit_backends[i]))
			continue;
		for (int k = 0; k < 3; k++)
			assert_int_equal(exit_engine_open(&engines[k], &config), 0);
		for (int k = 0; k < 3; k++)
			assert_int_equal(pthread_create(&threads[k], NULL, exit_often, &engines[k]),
					 0);
		for (int k = 0; k < 3; k++) {
			uint64_t exits = 0;

			pthread_join(threads[k], NULL);
			for (unsigned int reason = 0; reason < EXIT_REASONS; reason++)
				exits += engines[k].counts.by_reason[reason];
			assert_int_equal(exits, EXITS);
			assert_int_equal(engines[k].counts.failures, 0);
			exit_engine_close(&engines[k]);
		}
	}
	assert_int_equal(open_descriptors(), before);
}

/* A doorbell a refill and one a send: with every backend as many as with spin. */
static void
doorbells_are_counted(void **state)
{
	struct lockstep *bench = harness_bench();
	struct traffic traffic;
	char why[256];

	(void)state;
	assert_int_equal(traffic_open("64", 1, &traffic, why, sizeof(why)), 0);
	assert_int_equal(lockstep_set_traffic(bench, &traffic), 0);
	for (unsigned int i = 0; exit_backends[i]; i++) {
		struct datapath_config config = harness_config(harness_bit("vc"));

		if (!works_here(exit_backends[i]))
			continue;
		config.exits = i;
		assert_int_equal(datapath_config_fidelity(&config) & exit_backends[i]->fidelity,
				 exit_backends[i]->fidelity);
		struct lane *lane = harness_lane(bench, &config);
		struct slice slice = harness_slice(lane, SLICE_NS);

		assert_true(slice.counted_packets > 0);
		assert_int_equal(harness_counter(&slice, "exits.doorbell") * config.burst,
				 2 * slice.counted_packets);
		assert_int_equal(harness_counter(&slice, "exits.failures"), 0);
	}
	lockstep_close(bench);
	traffic_close(&traffic);
}

static void
an_option_without_effect_is_refused(void **state)
{
	struct datapath_config config = config_of(0);
	struct option_conflict conflict;

	(void)state;
	config.kvm_doorbell = KVM_DOORBELL_IOEVENTFD;
	assert_true(datapath_config_option_conflict(&config, &conflict));
	assert_string_equal(conflict.option, "kvm_doorbell");
	while (strcmp(exit_backend_names[config.exits], "kvm") != 0)
		config.exits++;
	assert_false(datapath_config_option_conflict(&config, &conflict));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_follow_the_table),
		cmocka_unit_test(every_exit_is_counted),
		cmocka_unit_test(overruns_are_counted),
		cmocka_unit_test(additions_act_and_cost),
		cmocka_unit_test(traps_of_others_are_handed_on),
		cmocka_unit_test(kernel_counts_the_same),
		cmocka_unit_test(engines_are_apart),
		cmocka_unit_test(doorbells_are_counted),
		cmocka_unit_test(an_option_without_effect_is_refused),
	};

	return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
