/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `folio run`: checks everything first, then measures in fresh processes, one
 * for each restart, writes every trial as it comes, and reports from the files.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scratch.h"
#include "datapath/host/traffic.h"
#include "runner/commands/commands.h"
#include "runner/exit_status.h"
#include "runner/config/experiment.h"
#include "runner/commands/progress.h"
#include "runner/report/report.h"
#include "runner/results/results.h"
#include "runner/measure/worker.h"

#define ASSIGNMENTS_MAX 64

struct run_options {
	const char *config;
	const char *out_dir; /* NULL: results/<name>-<time> */
	bool progress;
	struct assignment set[ASSIGNMENTS_MAX];
	size_t n_set;
};

/* A run under way. */
struct session {
	const struct run_options *options;
	const struct experiment *experiment;
	struct results *results; /* NULL until the first worker is ready */
	struct progress progress;
	char scratch[SCRATCH_PATH_BYTES];
	uint32_t n_done; /* trials */
	int cpu;
};

static volatile sig_atomic_t stop_signal;

static void
note_signal(int number)
{
	stop_signal = number;
}

/* Without SA_RESTART: the read of the worker's pipe returns, and the run ends in order. */
static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = note_signal};
	const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

static void
print_usage(FILE *out)
{
	fputs("usage: folio run CONFIG [--out DIR] [--set KEY=VALUE]... [--quick] [--no-progress]\n"
	      "\n"
	      "Measures what CONFIG asks for and writes tables and figures.\n"
	      "\n"
	      "  --out DIR        results go to DIR, new or empty (default results/NAME-TIME)\n"
	      "  --set KEY=VALUE  overrides a key of CONFIG, such as measure.pairs=8\n"
	      "  --quick          one restart of 4 pairs: does it run, roughly\n"
	      "  --no-progress    no progress line\n"
	      "\n"
	      "Exit status: 0 done, 2 bad usage or configuration, 3 this machine cannot do it.\n",
	      out);
}

static int
add_assignment(struct run_options *options, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		log_error("--set: found '%s', KEY=VALUE is wanted", text);
		return -EINVAL;
	}
	if (options->n_set == ASSIGNMENTS_MAX) {
		log_error("--set: at most %d times", ASSIGNMENTS_MAX);
		return -EINVAL;
	}
	*equals = '\0';
	options->set[options->n_set++] = (struct assignment){text, equals + 1};
	return 0;
}

static void
add_quick(struct run_options *options)
{
	static char pairs[] = "measure.pairs=4", restarts[] = "measure.restarts=1";

	add_assignment(options, pairs);
	add_assignment(options, restarts);
}

/* Finishes what the command line leaves open. Returns 0 or -EINVAL after log_error(). */
static int
complete_options(int argc, char **argv, bool quick, struct run_options *options)
{
	if (optind + 1 != argc) {
		print_usage(stderr);
		return -EINVAL;
	}
	options->config = argv[optind];
	if (quick)
		add_quick(options);
	return 0;
}

/* Returns 0; 1 when help was printed; -EINVAL after log_error(). */
static int
parse_options(int argc, char **argv, struct run_options *options)
{
	static const struct option longs[] = {
		{"out", required_argument, NULL, 'o'},     {"set", required_argument, NULL, 's'},
		{"quick", no_argument, NULL, 'q'},         {"no-progress", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},          {0},
	};
	bool quick = false;
	int letter;

	*options = (struct run_options){.progress = true};
	while ((letter = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (letter) {
		case 'o':
			options->out_dir = optarg;
			break;
		case 's':
			if (add_assignment(options, optarg))
				return -EINVAL;
			break;
		case 'q':
			quick = true;
			break;
		case 'n':
			options->progress = false;
			break;
		case 'h':
			print_usage(stdout);
			return 1;
		default:
			print_usage(stderr);
			return -EINVAL;
		}
	}
	return complete_options(argc, argv, quick, options);
}

/* Capture files are read whole: what is wrong with one shows before anything runs. */
static int
check_traffic(const struct experiment *experiment)
{
	char why[512];

	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const char *text = experiment->cells[i].traffic;
		struct traffic traffic;

		if (i && !strcmp(text, experiment->cells[i - 1].traffic))
			continue;
		int error = traffic_open(text, experiment->measure.seed, &traffic, why, sizeof(why));

		if (error) {
			log_error("%s: traffic: %s", experiment->path, why);
			return error;
		}
		traffic_close(&traffic);
	}
	return 0;
}

/* The last core that this process may use: interrupts and other work tend to the first. */
static int
choose_cpu(void)
{
	cpu_set_t allowed;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -1;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &allowed))
			cpu = i;
	return cpu;
}

static void
show_progress(struct session *session, uint32_t restart, const struct cell *cell)
{
	const struct experiment *experiment = session->experiment;
	uint32_t trials = experiment->n_cells * experiment->measure.restarts;
	char what[192];

	snprintf(what, sizeof(what), "%s over %s, restart %u of %u", cell->configuration,
		 cell->traffic_label, restart + 1, experiment->measure.restarts);
	progress_show(&session->progress, what, (double)session->n_done / trials);
}

/* The folder appears when the first process is ready to measure: until then nothing was run. */
static int
create_results(struct session *session, const struct worker_ready *ready)
{
	const struct results_platform platform = {
		.dpdk_version = ready->dpdk_version,
		.page_kind = ready->page_kind,
	};

	if (session->results)
		return 0;
	return results_create(session->options->out_dir, session->experiment, &platform,
			      &session->results);
}

static int
take_trials(struct session *session, struct worker *worker, uint32_t restart)
{
	static struct trial trial;
	int got;

	while ((got = worker_next(worker, &trial)) == 1) {
		const struct cell *cell = &session->experiment->cells[trial.cell];
		int error = results_add(session->results, &trial);

		if (error)
			return error;
		session->n_done++;
		show_progress(session, restart, cell);
		/* A signal that came while no read was under way. */
		if (stop_signal)
			return -EINTR;
	}
	return got;
}

static int
run_restart(struct session *session, uint32_t restart)
{
	const struct trials_options options = {
		.experiment = session->experiment,
		.socket_dir = session->scratch,
		.restart = restart,
		.budget_ns = session->experiment->measure.budget_ns /
			     session->experiment->measure.restarts,
		.cpu = session->cpu,
	};
	struct worker_ready ready;
	struct worker worker;
	int error = worker_start(&worker, &options);

	if (error)
		return error;
	error = worker_wait_ready(&worker, &ready);
	if (!error)
		error = create_results(session, &ready);
	if (!error)
		error = take_trials(session, &worker, restart);
	worker_stop(&worker);
	return error;
}

static int
run_restarts(struct session *session)
{
	int error = scratch_open(session->scratch);

	if (error) {
		log_error("folder for sockets in /tmp: %s", strerror(-error));
		return error;
	}
	progress_start(&session->progress, session->options->progress ? stderr : NULL);
	for (uint32_t i = 0; i < session->experiment->measure.restarts && !error; i++)
		error = run_restart(session, i);
	progress_wipe(&session->progress);
	scratch_close(session->scratch);
	return error;
}

static enum exit_status
report(struct session *session)
{
	int error = results_finish(session->results, "done");

	if (!error)
		error = report_make(results_path(session->results), stdout);
	return error ? EXIT_MACHINE_LACKS : EXIT_DONE;
}

/* What is wrong with where the results are to go is the user's to mend, like the configuration. */
static enum exit_status
status_of(int error, const struct session *session)
{
	bool folder = error == -ENOTEMPTY || error == -EBUSY || error == -EACCES ||
		      error == -EROFS || error == -ENOTDIR || error == -ENOENT;

	return !session->results && folder ? EXIT_BAD_USAGE : EXIT_MACHINE_LACKS;
}

static enum exit_status
run(const struct run_options *options, const struct experiment *experiment)
{
	struct session session = {
		.options = options,
		.experiment = experiment,
		.cpu = choose_cpu(),
	};
	enum exit_status status;
	int error;

	catch_signals();
	error = run_restarts(&session);
	if (!error)
		status = report(&session);
	else
		status = status_of(error, &session);
	if (error && session.results)
		results_finish(session.results, stop_signal ? "stopped" : "failed");
	if (session.results)
		results_close(session.results);
	return status;
}

/* A signal's sender is to see that the signal did it. */
static void
die_of_signal(void)
{
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
}

int
cmd_run(int argc, char **argv)
{
	struct run_options options;
	struct experiment *experiment;
	int parsed = parse_options(argc, argv, &options);
	enum exit_status status;

	if (parsed)
		return parsed > 0 ? EXIT_DONE : EXIT_BAD_USAGE;
	if (experiment_open(options.config, costs_dir(), options.set, options.n_set, &experiment))
		return EXIT_BAD_USAGE;
	if (check_traffic(experiment))
		status = EXIT_BAD_USAGE;
	else
		status = run(&options, experiment);
	experiment_close(experiment);
	if (stop_signal)
		die_of_signal();
	return status;
}
