/* SPDX-License-Identifier: BSD-3-Clause */
/* folio run CONFIG: checks everything first, then measures and reports. */
#include <stdbool.h>
#include <stdio.h>

#include "runner/commands/commands.h"
#include "runner/commands/letter_args.h"
#include "runner/commands/session.h"
#include "runner/commands/stop_signal.h"
#include "runner/commands/suite_session.h"
#include "runner/config/assign.h"
#include "runner/config/captures.h"
#include "runner/config/experiment.h"
#include "runner/config/suite.h"
#include "runner/exit_status.h"
#include "runner/results/folder.h"

static const char usage[] =
	"usage: folio run CONFIG [--out DIR] [--set KEY=VALUE]... [--quick] [--no-progress]\n"
	"       folio run --resume DIR [--no-progress]\n"
	"\n"
	"Measures what CONFIG asks for, prints tables, and keeps them with figures and files.\n"
	"A CONFIG with `runs: [FILE, ...]` is a suite of others, which are run one by one and\n"
	"reported together.\n"
	"\n"
	"  --out DIR        results go to DIR, new or empty (default results/NAME-TIME)\n"
	"  --resume DIR     finishes an interrupted run: what is done is not measured again.\n"
	"                   CONFIG and --set may be left out; given, they must be the run's\n"
	"  --set KEY=VALUE  overrides a key of CONFIG, such as measure.pairs=8 or traffic=imix\n"
	"  --quick          one restart of 4 pairs: does it run, and roughly what comes out\n"
	"  --no-progress    no progress line\n"
	"\n"
	"Exit status: 0 done, 2 bad usage or configuration, 3 this machine cannot do it. A signal\n"
	"such as ctrl-C stops it in order, and is what it then ends by (130 in a shell).\n";

struct arguments {
	const char *config;
	char config_of_folder[FOLDER_PATH_BYTES + sizeof("/config.yaml")];
	struct session_options session;
	struct assignments set;
};

static int
add_quick(struct assignments *set)
{
	static char pairs[] = "measure.pairs=4", restarts[] = "measure.restarts=1";
	static char max_restarts[] = "measure.max_restarts=1";

	return assignments_add(set, pairs) || assignments_add(set, restarts) ||
			       assignments_add(set, max_restarts) ?
		       -1 :
		       0;
}

static int
take_option(int letter, void *settings)
{
	struct arguments *arguments = settings;

	switch (letter) {
	case 'o':
		arguments->session.out_dir = optarg;
		return 0;
	case 'r':
		arguments->session.resume_dir = optarg;
		return 0;
	case 's':
		return assignments_add(&arguments->set, optarg);
	case 'q':
		return add_quick(&arguments->set);
	case 'n':
		arguments->session.progress = false;
		return 0;
	}
	return -1;
}

/* The only argument; else, of a run to be resumed, its own configuration. */
static int
choose_config(int n, char **words, struct arguments *arguments)
{
	const char *resume_dir = arguments->session.resume_dir;

	if (n > 1 || (n == 0 && !resume_dir) || (resume_dir && arguments->session.out_dir)) {
		fputs(usage, stderr);
		return -1;
	}
	snprintf(arguments->config_of_folder, sizeof(arguments->config_of_folder), "%s/config.yaml",
		 resume_dir ? resume_dir : "");
	arguments->config = n ? words[0] : arguments->config_of_folder;
	return 0;
}

/* Returns 0; 1 when help was printed; -1 on bad usage. */
static int
parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},
		{"resume", required_argument, NULL, 'r'},
		{"set", required_argument, NULL, 's'},
		{"quick", no_argument, NULL, 'q'},
		{"no-progress", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int parsed;

	*arguments = (struct arguments){.session = {.progress = true, .out = stdout}};
	parsed = letter_args_parse(argc, argv, options, usage, take_option, arguments);
	return parsed ? parsed : choose_config(argc - optind, argv + optind, arguments);
}

static enum exit_status
run_one(const struct arguments *arguments, int *stop_signal)
{
	enum exit_status status = EXIT_BAD_USAGE;
	struct experiment *experiment;
	int error = experiment_open(arguments->config, costs_dir(), arguments->set.set,
				    arguments->set.n, &experiment);

	if (error)
		return exit_status_refused(error);
	if (!captures_check(experiment))
		status = session_run(&arguments->session, experiment, stop_signal);
	experiment_close(experiment);
	return status;
}

static enum exit_status
run_suite(const struct arguments *arguments, int *stop_signal)
{
	enum exit_status status;
	struct suite suite;

	if (suite_open(arguments->config, &arguments->set, &suite))
		return EXIT_BAD_USAGE;
	status = suite_session_run(&arguments->session, &suite, stop_signal);
	suite_close(&suite);
	return status;
}

int
cmd_run(int argc, char **argv)
{
	struct arguments arguments;
	int parsed = parse_arguments(argc, argv, &arguments), stop_signal = 0;
	enum exit_status status;

	if (parsed)
		return parsed > 0 ? EXIT_DONE : EXIT_BAD_USAGE;
	status = suite_is(arguments.config) ? run_suite(&arguments, &stop_signal) :
					      run_one(&arguments, &stop_signal);
	stop_signal_die_of(stop_signal);
	return status;
}
