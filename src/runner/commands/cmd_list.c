/* SPDX-License-Identifier: BSD-3-Clause */
/* folio list WHAT: what can be named in a configuration file or found in results. */
#include <stdio.h>
#include <string.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "datapath/exits/exit.h"
#include "datapath/guest/memory.h"
#include "datapath/sources/source.h"
#include "datapath/workloads/workload.h"
#include "probes/probe.h"
#include "runner/commands/columns.h"
#include "runner/commands/commands.h"
#include "runner/commands/list.h"
#include "runner/config/names.h"
#include "runner/config/presets.h"
#include "runner/exit_status.h"
#include "runner/measure/bench.h"

static void
list_workloads(struct columns *columns)
{
	columns_row(columns, "workload", "what it is");
	for (size_t i = 0; workloads[i]; i++)
		columns_row(columns, workloads[i]->name, workloads[i]->help);
}

static void
list_probes(struct columns *columns)
{
	if (!probes[0]) {
		columns_row(columns, "(this version has no probes)");
		return;
	}
	columns_row(columns, "probe", "what it is");
	for (size_t i = 0; probes[i]; i++)
		columns_row(columns, probes[i]->name, probes[i]->help);
}

static void
list_exits(struct columns *columns)
{
	char fidelity[FIDELITY_TEXT_BYTES], why[COLUMNS_CELL_BYTES - 16], here[COLUMNS_CELL_BYTES];

	columns_row(columns, "exits", "fidelity", "what it is, and whether it works here");
	for (size_t i = 0; exit_backends[i]; i++) {
		const struct exit_backend *backend = exit_backends[i];
		bool works = !backend->lacking || !backend->lacking(why, sizeof(why));

		columns_row(columns, backend->name,
			    fidelity_format(backend->fidelity, fidelity, sizeof(fidelity)),
			    backend->help);
		snprintf(here, sizeof(here), "here: %s", works ? "works" : why);
		columns_row(columns, "", "", here);
	}
}

static void
list_memory(struct columns *columns)
{
	columns_row(columns, "memory", "what it is");
	columns_row(columns, memory_names[0], "huge where DPDK has got huge pages, else plain");
	for (size_t i = 0; memory_providers[i]; i++)
		columns_row(columns, memory_providers[i]->name, memory_providers[i]->help);
}

static void
list_topologies(struct columns *columns)
{
	char slice[128];

	columns_row(columns, "topology", "measure.slice", "what it is");
	for (size_t i = 0; benches[i]; i++)
		columns_row(columns, benches[i]->topology,
			    option_allowed(&benches[i]->slice_option, slice, sizeof(slice)),
			    benches[i]->help);
}

static const struct {
	const char *name;
	void (*list)(struct columns *columns);
	void (*list_more)(struct columns *columns); /* a second table; NULL: none */
} lists[] = {
	{"sources", list_sources, list_options}, {"presets", list_presets, list_factors},
	{"workloads", list_workloads, NULL},     {"probes", list_probes, NULL},
	{"metrics", list_metrics, NULL},         {"exits", list_exits, NULL},
	{"memory", list_memory, NULL},           {"topologies", list_topologies, NULL},
};

#define N_LISTS (sizeof(lists) / sizeof(lists[0]))

static void
print_usage(FILE *file)
{
	fputs("usage: folio list ", file);
	for (size_t i = 0; i < N_LISTS; i++)
		fprintf(file, "%s%s", i ? "|" : "", lists[i].name);
	fputs("\n       folio list presets --diff A B\n\n"
	      "Prints what can be named in a configuration file, or is found in results; with\n"
	      "--diff, where two presets differ.\n",
	      file);
}

static enum exit_status
print_list(void (*list)(struct columns *columns))
{
	struct columns columns = {0};
	int error;

	list(&columns);
	error = columns_print(&columns, stdout);
	columns_close(&columns);
	if (error)
		log_error("list: out of memory");
	return error ? EXIT_MACHINE_LACKS : EXIT_DONE;
}

/* The preset of that name, or NULL after log_error(). */
static const struct preset *
find_preset(const char *name)
{
	const struct preset *preset = preset_find(name);
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};

	names_add_presets(&names);
	if (!preset)
		log_error("list: --diff: found '%.60s', allowed: %s", name,
			  names_allowed(&names, name, allowed, sizeof(allowed)));
	return preset;
}

static enum exit_status
print_difference(const char *a_name, const char *b_name)
{
	const struct preset *a = find_preset(a_name), *b = a ? find_preset(b_name) : NULL;
	struct columns columns = {0};
	int error;

	if (!a || !b)
		return EXIT_BAD_USAGE;
	list_preset_differences(&columns, a, b);
	error = columns_print(&columns, stdout);
	columns_close(&columns);
	if (error)
		log_error("list: out of memory");
	else
		puts("\nY acts: its source is on, with these options (off: no cost was "
		     "published);\n"
		     "N does not act; y seldom, as the guest polls; w on writes only");
	return error ? EXIT_MACHINE_LACKS : EXIT_DONE;
}

static enum exit_status
refuse(const char *name)
{
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};

	for (size_t i = 0; i < N_LISTS; i++)
		names_add(&names, lists[i].name);
	log_error("list: found '%.60s', allowed: %s", name,
		  names_allowed(&names, name, allowed, sizeof(allowed)));
	return EXIT_BAD_USAGE;
}

int
cmd_list(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	if (argc == 5 && !strcmp(argv[1], "presets") && !strcmp(argv[2], "--diff"))
		return print_difference(argv[3], argv[4]);
	if (argc != 2 || argv[1][0] == '-') {
		print_usage(stderr);
		return EXIT_BAD_USAGE;
	}
	for (size_t i = 0; i < N_LISTS; i++) {
		enum exit_status status;

		if (strcmp(lists[i].name, argv[1]))
			continue;
		status = print_list(lists[i].list);
		if (status != EXIT_DONE || !lists[i].list_more)
			return status;
		putchar('\n');
		return print_list(lists[i].list_more);
	}
	return refuse(argv[1]);
}
