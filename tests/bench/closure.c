/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Closure: a known cost is injected at every event of a source, and has to be found
 * again (closure_measure.h). For each option that is a cost, three values, alone and
 * with all other sources on; for the #VC exit with each other exit backend that works
 * here, too. Another source's cost is another line of subjects[].
 *
 * A source that does nothing but cost is compared with itself off; one that does more,
 * or exits by a backend that does, with what that costs anyway: a system call or a
 * signal makes the code behind it slower, beyond any budget.
 *
 *   bench_closure [SOURCE]     exit status 0: all ok; 1: some failed; 4: some unclear
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "base/clock.h"
#include "base/compare.h"
#include "base/log.h"
#include "base/scratch.h"
#include "closure_measure.h"
#include "datapath/eal.h"
#include "datapath/exits/exit.h"
#include "datapath/host/traffic.h"
#include "datapath/sources/source.h"

#define SHARED_BYTES (64u << 20)
/* Fewer packets to share an event among than by default: the cost stands out more. */
#define BURST 8

#define EXIT_UNCLEAR 4

struct subject {
	const char *source, *option;
	const char *counter; /* of the events that cost it */
	const char *with;    /* a source that must be on for them to happen; NULL: none */
	bool costs_only;     /* the source does nothing else */
};

/* The first is measured with all exit backends. */
static const struct subject subjects[] = {
	{"vc", "cost", "exits.doorbell", NULL, true},
	{"vc", "decode", "exits.doorbell", NULL, false},
	{"psc", "cost", "exits.psc", NULL, false},
	{"psc", "rmpupdate", "psc.conversions", NULL, false},
	{"psc", "pvalidate", "psc.conversions", NULL, false},
	{"interrupt", "cost", "interrupt.wakes", NULL, false},
	{"rmp_check", "cost", "rmp_check.pages", NULL, false},
	{"vmexit_check", "cost", "vmexit_check.exits", "vc", true},
	{"register_encryption", "cost", "register_encryption.exits", "vc", true},
	{"tlb_check", "cost", "tlb_check.exits", "vc", true},
};

#define N_SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

/* What sources really do is left out, or made cheap: it is not what is looked for, and noise. */
static const struct {
	const char *source, *option, *value;
} quiet[] = {
	{"bounce_alloc", "pool", "8 MiB"},
	{"iotlb", "page", "region"},
	{"psc", "stand_in", "none"},
	{"psc", "per", "burst"},
};

/* Of a backend that does something: the budget that this fits into, and multiples of it. */
static const uint64_t costs_cycles[] = {1000, 5000, 20000};

/* What has a cost costs that much in the reference, too: no spin is shorter than its own set-up. */
#define LEAST_CYCLES 500

static const char *const verdict_names[VERDICTS] = {"ok", "unclear", "FAILED"};
static unsigned int verdicts[VERDICTS];

static uint64_t *
cost_of(struct datapath_config *config, const char *source, const char *option)
{
	int index = source_find(source);
	const struct option_spec *spec = options_find(sources[index]->options, option);

	return (uint64_t *)(void *)(config->sources[index].options + spec->offset);
}

static void
turn_on_all(struct datapath_config *config)
{
	unsigned int source;

	for (unsigned int i = 0; sources[i]; i++) {
		config->sources[i].on = true;
		if (datapath_config_conflict(config, &source) ||
		    datapath_config_other_workload(config, CLOSURE_WORKLOAD) >= 0)
			config->sources[i].on = false;
	}
}

/* Exits have a budget that the backend's action fits into. */
static struct datapath_config
configuration(const struct subject *subject, unsigned int backend, uint64_t budget_cycles, bool all)
{
	struct datapath_config config;
	char why[256];

	datapath_config_init(&config);
	config.burst = BURST;
	config.exits = backend;
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		int index = source_find(quiet[i].source);

		option_parse(options_find(sources[index]->options, quiet[i].option),
			     config.sources[index].options, quiet[i].value, why, sizeof(why));
	}
	*cost_of(&config, "vc", "cost") = budget_cycles;
	*cost_of(&config, "psc", "cost") = budget_cycles;
	if (all)
		turn_on_all(&config);
	config.sources[source_find(subject->source)].on = true;
	if (subject->with)
		config.sources[source_find(subject->with)].on = true;
	return config;
}

/* One cost more than what config has it at; the reference is without the source, or with that. */
static struct injection
injection_of(const struct subject *subject, const struct datapath_config *config, uint64_t cycles)
{
	struct injection injection = {
		.reference = *config, .config = *config, .counter = subject->counter};
	uint64_t *cost_cycles = cost_of(&injection.config, subject->source, subject->option);
	bool against_off = subject->costs_only && config->exits == 0;

	if (against_off) {
		injection.reference.sources[source_find(subject->source)].on = false;
		injection.cycles = (double)(*cost_cycles + cycles);
	} else {
		*cost_cycles = RTE_MAX(*cost_cycles, (uint64_t)LEAST_CYCLES);
		*cost_of(&injection.reference, subject->source, subject->option) = *cost_cycles;
		injection.cycles = (double)cycles;
	}
	*cost_cycles += cycles;
	return injection;
}

static int
run_subject(const struct closure_setting *setting, const struct subject *subject,
	    const struct datapath_config *config, uint64_t budget_cycles, const char *where)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", subject->source, subject->option);
	for (size_t i = 0; i < sizeof(costs_cycles) / sizeof(costs_cycles[0]); i++) {
		const struct injection injection = injection_of(
			subject, config, config->exits ? budget_cycles << i : costs_cycles[i]);
		struct closure_result result;

		if (closure_find(setting, &injection, &result))
			return -1;
		enum closure_verdict verdict = closure_judge(&injection, &result);

		verdicts[verdict]++;
		printf("%-25s %-8s %-6s %9.0f %11.1f %+8.2f%%  [%.0f, %.0f]  %s\n", name,
		       exit_backend_names[config->exits], where, injection.cycles,
		       result.found_cycles, 100 * (result.found_cycles / injection.cycles - 1),
		       result.quartile_cycles[0], result.quartile_cycles[1],
		       verdict_names[verdict]);
	}
	return 0;
}

/* What an exit's action takes by itself fits into this, several times. */
static int
find_budget(unsigned int backend, uint64_t *budget_cycles)
{
	static uint64_t took_cycles[1001];
	const size_t n = sizeof(took_cycles) / sizeof(took_cycles[0]);
	struct datapath_config config;
	struct exit_engine engine;

	datapath_config_init(&config);
	config.exits = backend;
	if (exit_engine_open(&engine, &config))
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint64_t start = clock_tsc();

		exit_engine_exit(&engine, EXIT_REASON_DOORBELL, 0);
		took_cycles[i] = clock_tsc() - start;
	}
	exit_engine_close(&engine);
	qsort(took_cycles, n, sizeof(took_cycles[0]), compare_u64s);
	*budget_cycles = RTE_MAX((uint64_t)LEAST_CYCLES, 4 * took_cycles[n / 2]);
	return 0;
}

static int
run_backend(const struct closure_setting *setting, unsigned int backend, const char *source)
{
	uint64_t budget_cycles;
	int error = find_budget(backend, &budget_cycles);

	for (size_t i = 0; !error && i < (backend ? 1 : N_SUBJECTS); i++) {
		const struct subject *subject = &subjects[i];

		if (source && strcmp(source, subject->source) != 0)
			continue;
		for (int all = 0; !error && all < 2; all++) {
			const struct datapath_config config =
				configuration(subject, backend, budget_cycles, all);

			error = run_subject(setting, subject, &config, budget_cycles,
					    all ? "all" : "alone");
		}
	}
	return error;
}

static int
run(const char *scratch, const char *source)
{
	struct traffic traffic;
	const struct closure_setting setting = {scratch, &traffic};
	char why[256];
	int error = 0;

	if (traffic_open("64", 1, &traffic, why, sizeof(why))) {
		log_error("%s", why);
		return -1;
	}
	printf("%-25s %-8s %-6s %9s %11s %9s  %s\n", "cost", "exits", "with", "injected", "found",
	       "off by", "[quartiles of pairs]  verdict");
	for (unsigned int i = 0; !error && exit_backends[i]; i++) {
		if (exit_backends[i]->lacking && exit_backends[i]->lacking(why, sizeof(why)))
			printf("exits %s: %s\n", exit_backends[i]->name, why);
		else
			error = run_backend(&setting, i, source);
	}
	traffic_close(&traffic);
	return error;
}

int
main(int argc, char **argv)
{
	char scratch[SCRATCH_PATH_BYTES];
	int error;

	if (scratch_open(scratch))
		return EXIT_FAILURE;
	error = datapath_start(-1, scratch, SHARED_BYTES);
	if (!error) {
		printf("TSC cycles an event at %.3f GHz, 64 B, bursts of %d, %s, %s\n",
		       (double)clock_tsc_hz() / 1e9, BURST,
		       datapath_page_kind(datapath_huge_pages()), datapath_dpdk_version());
		error = run(scratch, argc > 1 ? argv[1] : NULL);
		printf("%u ok, %u unclear, %u failed\n", verdicts[VERDICT_OK],
		       verdicts[VERDICT_UNCLEAR], verdicts[VERDICT_FAILED]);
	}
	scratch_close(scratch);
	if (error || verdicts[VERDICT_FAILED])
		return EXIT_FAILURE;
	return verdicts[VERDICT_UNCLEAR] ? EXIT_UNCLEAR : EXIT_SUCCESS;
}
