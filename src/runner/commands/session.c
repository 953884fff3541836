/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cpus.h"
#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "runner/commands/progress.h"
#include "runner/measure/worker.h"
#include "runner/report/report.h"
#include "runner/results/results.h"

struct session {
	const struct session_options *options;
	const struct experiment *experiment;
	struct results *results; /* NULL until the first worker is ready */
	struct progress progress;
	bool huge_pages; /* the first worker measured on them */
	char scratch[SCRATCH_PATH_BYTES];
	uint32_t n_done; /* trials */
	int cpu;
	bool folder_refused; /* results cannot go where they were to go */
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
	/* Who reads the progress, or the tables, may leave; the run is finished all the same. */
	signal(SIGPIPE, SIG_IGN);
}

/* A message takes the place of the progress line, which comes back below it. */
static void
print_message(enum log_level level, const char *text, void *progress)
{
	progress_wipe(progress);
	log_print(level, text);
}

static void
show_progress(struct session *session, uint32_t restart, const struct cell *cell)
{
	const struct experiment *experiment = session->experiment;
	uint32_t trials = experiment->n_cells * experiment->measure.restarts;
	char what[CELL_NAME_BYTES + 128];

	snprintf(what, sizeof(what), "%s over %s, restart %u of %u", cell->configuration,
		 cell->traffic_label, restart + 1, experiment->measure.restarts);
	progress_show(&session->progress, what, (double)session->n_done / trials);
}

/* The folder appears when the first process is ready to measure: until then nothing was run. */
static int
note_ready(struct session *session, const struct worker_ready *ready)
{
	const struct results_platform platform = {
		.dpdk_version = datapath_dpdk_version(),
		.page_kind = datapath_page_kind(ready->machine.huge_pages),
		.placement = ready->machine.placement,
	};

	if (session->results) {
		if (ready->machine.huge_pages == session->huge_pages)
			return 0;
		log_error(
			"this restart would measure on %s, the first one did on %s, and the two do "
			"not compare: run again while nothing else takes huge pages, or with "
			"FOLIO_NO_HUGE=1",
			datapath_page_kind(ready->machine.huge_pages),
			datapath_page_kind(session->huge_pages));
		return -ENOMEM;
	}
	session->huge_pages = ready->machine.huge_pages;
	if (!ready->machine.huge_pages)
		log_warning(
			"measuring on 4 KiB pages: translation misses of the core's own TLB make "
			"copies dearer, at 64 B about threefold (./bootstrap sets huge pages)");
	int error = results_create(session->options->out_dir, session->experiment, &platform,
				   &session->results);

	session->folder_refused = error && error != -ENOMEM && error != -ENOSPC && error != -EIO;
	return error;
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

enum exit_status
session_run(const struct session_options *options, const struct experiment *experiment,
	    int *stop_signal)
{
	struct session session = {
		.options = options,
		.experiment = experiment,
	};
	enum exit_status status;
	int error;

	/* The last core: interrupts and other work tend to the first. */
	cpus_allowed(&session.cpu);
	catch_signals();
	error = run_restarts(&session);
	if (!error)
		status = report(&session);
	else
		/* Where the results were to go is the user's to mend, like the configuration. */
		status = session.folder_refused ? EXIT_BAD_USAGE : EXIT_MACHINE_LACKS;
	if (error && session.results) {
		results_finish(session.results, caught_signal ? "stopped" : "failed");
		log_note("%s after %u of %u trials; folio report %s shows them",
			 caught_signal ? "stopped" : "failed", session.n_done,
			 experiment->n_cells * experiment->measure.restarts,
			 results_path(session.results));
	}
	if (session.results)
		results_close(session.results);
	*stop_signal = caught_signal;
	return status;
}
