/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/session.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/scratch.h"
#include "runner/commands/progress.h"
#include "runner/measure/worker.h"
#include "runner/report/report.h"
#include "runner/results/results.h"

struct session {
	const struct session_options *options;
	const struct experiment *experiment;
	struct results *results; /* NULL until the first worker is ready */
	struct progress progress;
	struct worker_ready platform; /* what the first worker said */
	char scratch[SCRATCH_PATH_BYTES];
	uint32_t n_done; /* trials */
	int cpu;
};

static volatile sig_atomic_t caught_signal;

static void
note_signal(int number)
{
	caught_signal = number;
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

/* A message takes the place of the progress line, which comes back below it. */
static void
print_message(enum log_level level, const char *text, void *progress)
{
	progress_wipe(progress);
	log_print(level, text);
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
note_ready(struct session *session, const struct worker_ready *ready)
{
	const struct results_platform platform = {
		.dpdk_version = session->platform.dpdk_version,
		.page_kind = session->platform.page_kind,
	};

	if (session->results) {
		if (strcmp(ready->page_kind, session->platform.page_kind))
			log_warning("this restart measures on %s, the first one did on %s: they do "
				    "not compare",
				    ready->page_kind, session->platform.page_kind);
		return 0;
	}
	session->platform = *ready;
	return results_create(session->options->out_dir, session->experiment, &platform,
			      &session->results);
}

static int
take_trials(struct session *session, struct worker *worker, uint32_t restart)
{
	static struct trial trial;
	int got;

	while ((got = worker_next(worker, &trial)) == 1) {
		int error = results_add(session->results, &trial);

		if (error)
			return error;
		session->n_done++;
		show_progress(session, restart, &session->experiment->cells[trial.cell]);
		/* A signal that came while no read was under way. */
		if (caught_signal)
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
		error = note_ready(session, &ready);
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
	log_set_sink(print_message, &session->progress);
	for (uint32_t i = 0; i < session->experiment->measure.restarts && !error; i++)
		error = caught_signal ? -EINTR : run_restart(session, i);
	progress_wipe(&session->progress);
	log_set_sink(NULL, NULL);
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

enum exit_status
session_run(const struct session_options *options, const struct experiment *experiment,
	    int *stop_signal)
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
		results_finish(session.results, caught_signal ? "stopped" : "failed");
	if (session.results)
		results_close(session.results);
	*stop_signal = caught_signal;
	return status;
}
