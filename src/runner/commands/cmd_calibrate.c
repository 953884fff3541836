/* SPDX-License-Identifier: BSD-3-Clause */
/* folio calibrate: what this machine's primitives cost, as a table and as a cost profile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/fidelity.h"
#include "base/log.h"
#include "runner/calibrate/calibrate.h"
#include "runner/calibrate/profile.h"
#include "runner/commands/commands.h"
#include "runner/commands/option_args.h"
#include "runner/commands/progress.h"
#include "runner/config/experiment.h"
#include "runner/exit_status.h"
#include "runner/report/document.h"
#include "runner/report/format.h"

/* For each primitive, and for all of them: the last begun may outlast the end. */
#define ROW_NS 500000000u
#define TOTAL_NS 50000000000u
#define QUICK_ROW_NS 80000000u
#define QUICK_TOTAL_NS 12000000000u

struct arguments {
	char out[OPTION_TEXT_BYTES];
	bool quick;
	bool no_progress;
	uint32_t core;
};

#define AT(member) .offset = offsetof(struct arguments, member)

static const struct option_spec options[] = {
	{.name = "out",
	 .type = OPTION_TEXT,
	 AT(out),
	 .help = "write a cost profile to this file NAME.yaml, which must not be there yet"},
	{.name = "quick", .type = OPTION_SWITCH, AT(quick), .help = "a sixth of the time"},
	{.name = "core",
	 .type = OPTION_COUNT,
	 AT(core),
	 .max = 8191,
	 .help = "measure on that core; else on the last one that this process may run on"},
	{.name = "no-progress",
	 .type = OPTION_SWITCH,
	 AT(no_progress),
	 .help = "no line of what is under way"},
	{0},
};

static void
print_usage(FILE *to)
{
	fputs("usage: folio calibrate [OPTION]...\n"
	      "\n"
	      "Measures what exits, page-table work, copies, notifications and round trips "
	      "between\n"
	      "cores cost on this machine, and prints a table. Changes nothing; takes some 20 s,\n"
	      "more on a busy machine.\n"
	      "\n",
	      to);
	option_args_help(options, to);
	fputs("\nExit status: 0 done; 2 bad usage; 3 this machine cannot do it.\n", to);
}

static int
parse(int argc, char **argv, struct arguments *arguments, int *cpu)
{
	uint32_t given;
	int error = option_args_parse(options, arguments, argc, argv, &given);

	if (error)
		return error;
	cpus_allowed(cpu);
	if (option_args_given(options, given, "core")) {
		*cpu = (int)arguments->core;
		if (!cpus_has(*cpu)) {
			log_error("--core: found '%d', allowed: a core that this process may run "
				  "on",
				  *cpu);
			return -EINVAL;
		}
	}
	if (option_args_given(options, given, "out"))
		return profile_check(arguments->out);
	return 0;
}

static void
tell(const char *group, double share, void *arg)
{
	progress_show(arg, group, share);
}

static void
add_row(struct document *document, const struct primitive *p)
{
	struct document_row row = {0};

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", p->name);
	format_cycles(p->p50_cycles, row.cells[1], sizeof(row.cells[1]));
	format_cycles(p->p99_cycles, row.cells[2], sizeof(row.cells[2]));
	format_ns(p->p50_cycles * 1e9 / (double)clock_tsc_hz(), row.cells[3], sizeof(row.cells[3]));
	snprintf(row.cells[4], sizeof(row.cells[4]), "%u", p->n);
	fidelity_format(p->fidelity, row.cells[5], sizeof(row.cells[5]));
	document_row(document, &row);
}

static void
add_lacking(struct document *document, const struct calibration *c)
{
	static const struct document_column columns[] = {{"primitive", false}, {"because", false}};
	struct document_row row = {0};
	bool begun = false;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct primitive *p = &c->primitives[i];

		if (p->n)
			continue;
		if (!begun) {
			document_heading(document, 3, "not measured");
			document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
		}
		begun = true;
		snprintf(row.cells[0], sizeof(row.cells[0]), "%s", p->name);
		snprintf(row.cells[1], sizeof(row.cells[1]), "%s", p->lack);
		document_row(document, &row);
	}
}

static void
add_group(struct document *document, const struct calibration *c, uint32_t group)
{
	static const struct document_column columns[] = {
		{"primitive", false}, {"p50 cycles", true}, {"p99 cycles", true},
		{"p50", true},        {"n", true},          {"fidelity", false},
	};
	bool begun = false;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct primitive *p = &c->primitives[i];

		if (p->group != group || !p->n)
			continue;
		if (!begun) {
			document_heading(document, 3, "%s", calibration_groups[group].name);
			document_text(document, "%s", calibration_groups[group].help);
			document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
		}
		begun = true;
		add_row(document, p);
	}
}

static int
print_table(const struct calibration *c)
{
	struct document *document = document_new();
	int error;

	if (!document)
		return -ENOMEM;
	document_text(document,
		      "Core %d. TSC %.1f MHz, measured %.1f MHz. p50, p99: of n samples, less what "
		      "the clock itself takes.",
		      c->cpu, (double)clock_tsc_hz() / 1e6, c->tsc_hz / 1e6);
	for (uint32_t group = 0; calibration_groups[group].name; group++)
		add_group(document, c, group);
	add_lacking(document, c);
	error = document_print(document, DOCUMENT_TEXT, stdout);
	document_free(document);
	return error;
}

static enum exit_status
run(const struct arguments *arguments, int cpu)
{
	struct calibration calibration;
	struct progress progress;
	int error;

	progress_start(&progress, arguments->no_progress ? NULL : stderr, 0);
	error = calibrate(&calibration, cpu, arguments->quick ? QUICK_ROW_NS : ROW_NS,
			  arguments->quick ? QUICK_TOTAL_NS : TOTAL_NS, tell, &progress);
	progress_wipe(&progress);
	if (!error)
		error = print_table(&calibration);
	if (!error && arguments->out[0])
		error = profile_write(&calibration, arguments->out);
	calibration_close(&calibration);
	if (!error && arguments->out[0])
		printf("\n%s is written; `costs: NAME` finds it in %s.\n", arguments->out,
		       costs_dir());
	return error ? EXIT_MACHINE_LACKS : EXIT_DONE;
}

int
cmd_calibrate(int argc, char **argv)
{
	struct arguments arguments = {0};
	int cpu, parsed = parse(argc, argv, &arguments, &cpu);

	if (parsed > 0)
		print_usage(stdout);
	if (parsed)
		return parsed > 0 ? EXIT_DONE : EXIT_BAD_USAGE;
	return run(&arguments, cpu);
}
