/* SPDX-License-Identifier: BSD-3-Clause */
/* folio ab: two builds of folio, interleaved on this machine. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "runner/ab/match.h"
#include "runner/ab/report.h"
#include "runner/ab/subjects.h"
#include "runner/commands/ab_arguments.h"
#include "runner/commands/commands.h"
#include "runner/commands/stop_signal.h"
#include "runner/config/captures.h"
#include "runner/config/experiment.h"
#include "runner/exit_status.h"

/* What is worth a word to who reads the verdict. */
#define STEAL_WARNING 0.02

/* What that build will be told to measure. NULL: refused, after log_error(). */
static struct experiment *
open_experiment(const struct ab_options *ab, int side)
{
	const struct ab_build *build = &ab->builds[side];
	struct experiment *experiment;

	if (experiment_open(ab->config, costs_dir(), build->set, build->n_set, &experiment))
		return NULL;
	if (!subjects_keep(experiment) && !captures_check(experiment))
		return experiment;
	experiment_close(experiment);
	return NULL;
}

static int
junit(const struct ab_match *match, const struct ab_options *ab, FILE *file)
{
	(void)ab;
	return ab_write_junit(match, file);
}

static int
csv(const struct ab_match *match, const struct ab_options *ab, FILE *file)
{
	(void)ab;
	return ab_write_csv(match, file);
}

static int
markdown(const struct ab_match *match, const struct ab_options *ab, FILE *file)
{
	struct document *document = ab_report(match, ab);
	int error = document ? document_print(document, DOCUMENT_MARKDOWN, file) : -ENOMEM;

	document_free(document);
	return error;
}

/* path NULL: not asked for. */
static int
write_file(const char *path, const struct ab_match *match, const struct ab_options *ab,
	   int (*write)(const struct ab_match *match, const struct ab_options *ab, FILE *file))
{
	FILE *file = path ? fopen(path, "we") : NULL;
	int error = 0;

	if (!path)
		return 0;
	if (!file) {
		error = -errno;
	} else {
		error = write(match, ab, file);
		if (fclose(file) && !error)
			error = -errno;
	}
	if (error)
		log_error("%s: %s", path, strerror(-error));
	return error;
}

static int
print(const struct ab_match *match, const struct ab_options *ab)
{
	struct document *document = ab_report(match, ab);
	int error = document ? document_print(document, DOCUMENT_TEXT, stdout) : -ENOMEM;

	document_free(document);
	return error;
}

static enum exit_status
report(const struct ab_match *match, const struct ab_arguments *arguments)
{
	static const enum exit_status statuses[] = {
		[AB_INCONCLUSIVE] = EXIT_INCONCLUSIVE,
		[AB_UNCHANGED] = EXIT_DONE,
		[AB_IMPROVED] = EXIT_DONE,
		[AB_REGRESSED] = EXIT_VERDICT_FAILED,
	};
	const struct ab_options *ab = &arguments->ab;

	if (match->steal_share > STEAL_WARNING)
		log_warning("%.0f%% of CPU time was stolen by the hypervisor: it takes longer to "
			    "be sure",
			    100 * match->steal_share);
	if (print(match, ab) || write_file(arguments->markdown, match, ab, markdown) ||
	    write_file(arguments->junit, match, ab, junit) ||
	    write_file(arguments->csv, match, ab, csv))
		return EXIT_MACHINE_LACKS;
	return statuses[ab_match_verdict(match)];
}

/* A build that does not do what it must is the user's to mend. */
static enum exit_status
status_of(int error)
{
	return error == -ECHILD || error == -EPROTO ? EXIT_BAD_USAGE : EXIT_MACHINE_LACKS;
}

static enum exit_status
run(const struct ab_arguments *arguments, int *stop_signal)
{
	struct experiment *experiments[2] = {open_experiment(&arguments->ab, 0), NULL};
	enum exit_status status = EXIT_BAD_USAGE;
	struct ab_match match;

	if (experiments[0])
		experiments[1] = open_experiment(&arguments->ab, 1);
	if (experiments[1]) {
		int error = ab_match_run(&arguments->ab, experiments[0], &match, stop_signal);

		status = error ? status_of(error) : report(&match, arguments);
		if (!error)
			ab_match_close(&match);
	}
	for (int i = 0; i < 2; i++)
		experiment_close(experiments[i]);
	return status;
}

int
cmd_ab(int argc, char **argv)
{
	static struct ab_arguments arguments;
	int parsed = ab_arguments_parse(argc, argv, &arguments), stop_signal = 0;
	enum exit_status status;

	if (parsed)
		return parsed > 0 ? EXIT_DONE : EXIT_BAD_USAGE;
	status = run(&arguments, &stop_signal);
	stop_signal_die_of(stop_signal);
	return status;
}
