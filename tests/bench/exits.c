/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an exit of each backend takes, beside plain spin: alone, with a budget of
 * nothing, timed one by one; how many a second that makes; and how well a budget is
 * met, back to back by the batch, so that the clock around them is not charged. "over"
 * stands where the action outlasts the budget in most exits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compare.h"
#include "datapath/config.h"
#include "datapath/exits/exit.h"

#define SINGLES 2001
#define BATCHES 101
#define BATCH 16

static const uint64_t budgets_cycles[] = {500, 1000, 2000, 5000, 10000, 20000, 100000};

#define N_BUDGETS (sizeof(budgets_cycles) / sizeof(budgets_cycles[0]))

/* A backend, or one of kvm's ways to leave. */
struct subject {
	const char *name;
	enum exit_reason reason;
	uint32_t kvm_doorbell;
};

static const struct subject plain[] = {{"", EXIT_REASON_DOORBELL, KVM_DOORBELL_MMIO}, {0}};
static const struct subject ways_of_kvm[] = {
	{" MMIO", EXIT_REASON_DOORBELL, KVM_DOORBELL_MMIO},
	{" port", EXIT_REASON_DOORBELL, KVM_DOORBELL_PIO},
	{" ioeventfd + HLT", EXIT_REASON_DOORBELL, KVM_DOORBELL_IOEVENTFD},
	{" HLT", EXIT_REASON_IDLE, KVM_DOORBELL_MMIO},
	{0},
};

static void
print_alone(struct exit_engine *engine, enum exit_reason reason)
{
	static uint64_t took_cycles[SINGLES];
	uint64_t sum_cycles = 0;

	for (int i = 0; i < SINGLES; i++) {
		uint64_t start = clock_tsc();

		exit_engine_exit(engine, reason, 0);
		took_cycles[i] = clock_tsc() - start;
		sum_cycles += took_cycles[i];
	}
	qsort(took_cycles, SINGLES, sizeof(took_cycles[0]), compare_u64s);
	printf("%8" PRIu64 " %8" PRIu64 " %10.0f ", took_cycles[SINGLES / 2],
	       took_cycles[SINGLES * 99 / 100],
	       (double)clock_tsc_hz() * SINGLES / (double)sum_cycles);
}

static void
print_budget(struct exit_engine *engine, enum exit_reason reason, uint64_t budget_cycles)
{
	uint64_t took_cycles[BATCHES], overruns = engine->counts.overruns;

	for (int i = 0; i < BATCHES; i++) {
		uint64_t start = clock_tsc();

		for (int k = 0; k < BATCH; k++)
			exit_engine_exit(engine, reason, budget_cycles);
		took_cycles[i] = (clock_tsc() - start) / BATCH;
	}
	qsort(took_cycles, BATCHES, sizeof(took_cycles[0]), compare_u64s);
	if (engine->counts.overruns - overruns > BATCHES * BATCH / 2)
		printf(" %8s", "over");
	else
		printf(" %+7.2f%%",
		       100 * ((double)took_cycles[BATCHES / 2] / (double)budget_cycles - 1));
}

static int
run(unsigned int backend, const struct subject *subject)
{
	struct datapath_config config;
	struct exit_engine engine;
	char name[64];

	datapath_config_init(&config);
	config.exits = backend;
	config.kvm_doorbell = subject->kvm_doorbell;
	if (exit_engine_open(&engine, &config))
		return -1;
	snprintf(name, sizeof(name), "%s%s", exit_backend_names[backend], subject->name);
	printf("%-20s ", name);
	print_alone(&engine, subject->reason);
	for (size_t i = 0; i < N_BUDGETS; i++)
		print_budget(&engine, subject->reason, budgets_cycles[i]);
	printf("%s\n", engine.counts.failures ? "  (some failed)" : "");
	exit_engine_close(&engine);
	return 0;
}

static int
run_backend(unsigned int backend)
{
	const struct exit_backend *of = exit_backends[backend];
	const struct subject *subject = strcmp(of->name, "kvm") ? plain : ways_of_kvm;
	int error = 0;
	char why[256];

	if (of->lacking && of->lacking(why, sizeof(why))) {
		printf("%-20s %s\n", of->name, why);
		return 0;
	}
	for (; !error && subject->name; subject++)
		error = run(backend, subject);
	return error;
}

int
main(void)
{
	int error = 0;

	printf("TSC cycles at %.3f GHz; budgets: what %d x %d exits took beyond, median\n",
	       (double)clock_tsc_hz() / 1e9, BATCHES, BATCH);
	printf("%-20s %8s %8s %10s ", "exits", "p50", "p99", "per s");
	for (size_t i = 0; i < N_BUDGETS; i++)
		printf(" %8" PRIu64, budgets_cycles[i]);
	puts("");
	for (unsigned int i = 0; !error && exit_backends[i]; i++)
		error = run_backend(i);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
