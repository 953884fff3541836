/* SPDX-License-Identifier: BSD-3-Clause */
/* folio trace: which VM exits there are, how often and for how long; now, or in a recorded trace. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/import.h"
#include "runner/commands/commands.h"
#include "runner/commands/exit_screen.h"
#include "runner/commands/option_args.h"
#include "runner/commands/trace_folder.h"
#include "runner/commands/trace_guest.h"
#include "runner/commands/trace_live.h"
#include "runner/commands/trace_options.h"
#include "runner/exit_status.h"

static void
print_usage(FILE *to)
{
	fprintf(to, "usage: folio trace [OPTION]...\n\n"
		    "Shows which VM exits happen, how often, for how long.\n\n");
	option_args_help(trace_option_specs, to);
	fprintf(to,
		"\nExit status: %d done, %d bad usage or a damaged trace, %d this machine "
		"cannot do it.\n",
		EXIT_DONE, EXIT_BAD_USAGE, EXIT_MACHINE_LACKS);
}

static void
print_import(const struct trace_options *options, const struct trace_import *import)
{
	const struct exit_view view = {
		.table = &import->table,
		.seconds = (double)(import->last_ns - import->first_ns) / 1e9,
	};

	printf("%s: %llu events in %.6g s; %llu lost, %llu unmatched\n\n", options->import,
	       (unsigned long long)import->events, view.seconds, (unsigned long long)import->lost,
	       (unsigned long long)import->unmatched);
	exit_screen_print(&view, stdout);
}

static enum exit_status
status_of(int err)
{
	switch (err) {
	case 0:
		return EXIT_DONE;
	case -EINVAL:
	case -ENOENT:
	case -EACCES:
	case -ENODATA:
	case -ENOTEMPTY:
		return EXIT_BAD_USAGE;
	default:
		return EXIT_MACHINE_LACKS;
	}
}

static int
import_and_print(const struct trace_options *options, struct exit_table *table)
{
	struct trace_import import;
	int err = trace_import_read(options->import, (pid_t)options->pid, &import);

	if (!err)
		print_import(options, &import);
	*table = import.table;
	if (!err && *options->guest)
		err = trace_guest_print(options);
	return err;
}

static enum exit_status
trace(const struct trace_options *options)
{
	struct exit_table table = {0};
	struct folder folder;
	int err = *options->output ? folder_create(&folder, options->output) : 0;

	if (err)
		return EXIT_BAD_USAGE;
	err = *options->import ? import_and_print(options, &table) :
				 trace_live_run(options, &table);
	if (!err && *options->output)
		err = trace_folder_write(&folder, &table);
	exit_table_free(&table);
	if (*options->output)
		folder_close(&folder);
	if (err && *options->output && folder.made)
		rmdir(folder.path);
	return status_of(err);
}

/* "" is what a script makes of a variable that is not set: it means no other trace, and not all. */
static int
refuse_empty(const struct trace_options *options, uint32_t given)
{
	for (size_t i = 0; trace_option_specs[i].name; i++) {
		const struct option_spec *spec = &trace_option_specs[i];

		if (!(given >> i & 1) || spec->type != OPTION_TEXT ||
		    *((const char *)options + spec->offset))
			continue;
		log_error("--%s: found '', allowed: a name", spec->name);
		return -EINVAL;
	}
	return 0;
}

int
cmd_trace(int argc, char **argv)
{
	struct trace_options options;
	uint32_t given;
	int err = option_args_parse(trace_option_specs, &options, argc, argv, &given);

	if (err > 0) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	if (!err)
		err = refuse_empty(&options, given);
	if (!err && *options.import && (options.live || options.duration_ns || *options.probe)) {
		log_error("--import: found with --live, --duration or --probe, which are for "
			  "exits that happen now");
		err = -EINVAL;
	}
	if (!err && *options.guest && (!*options.import || options.pid)) {
		log_error("--guest: found %s, wanted: the host's trace of that VM, by --import and "
			  "without --pid",
			  options.pid ? "--pid" : "no --import");
		err = -EINVAL;
	}
	return err ? EXIT_BAD_USAGE : trace(&options);
}
