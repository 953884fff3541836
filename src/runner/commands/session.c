/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/log.h"
#include "base/scratch.h"
#include "datapath/eal.h"
#include "runner/commands/progress.h"
#include "runner/commands/stop_signal.h"
#include "runner/measure/conditions.h"
#include "runner/measure/exit_watch.h"
#include "runner/measure/run_budget.h"
#include "runner/measure/schedule.h"
#include "runner/measure/worker.h"
#include "runner/report/report.h"
#include "runner/results/results.h"

/* Until a run that measures on huge pages gives up on those that other programs took. */
#define HUGE_PAGES_PATIENCE_MS 120000
/* Of one restart's process, when other programs take huge pages each time. */
#define STARTS_MAX 5

struct session {
	const struct session_options *options;
	const struct experiment *experiment;
	struct results *results; /* NULL until the first worker is ready, or a run is resumed */
	struct schedule *schedule;
	struct run_budget budget;
	bool *wanted; /* by cell, of the restart under way */
	struct progress progress;
	struct conditions conditions;
	struct exit_watch watch;
	bool ready;      /* the first worker was */
	bool huge_pages; /* it measured on them, and so do all others */
	char scratch[SCRATCH_PATH_BYTES];
	int cpu;
	bool folder_refused; /* results cannot go where they were to go */
};

/* A message takes the place of the progress line, which comes back below it. */
static void
print_message(enum log_level level, const char *text, void *arg)
{
	struct session *session = arg;

	progress_wipe(&session->progress);
	log_print(level, text);
	if (level == LOG_ERROR && session->options->reason)
		snprintf(session->options->reason, SESSION_REASON_BYTES, "%s", text);
}

static void
show_progress(struct session *session, uint32_t restart, const struct cell *cell)
{
	const struct measure *measure = &session->experiment->measure;
	bool extra = run_budget_is_extra(&session->budget, restart);
	char what[CELL_NAME_BYTES + 128];

	if (extra)
		snprintf(what, sizeof(what), "%s over %s, restart %u, until +-%.2g%%",
			 cell->configuration, cell->traffic_label, restart + 1,
			 100 * measure->precision);
	else
		snprintf(what, sizeof(what), "%s over %s, restart %u of %u", cell->configuration,
			 cell->traffic_label, restart + 1, measure->restarts);
	progress_show(&session->progress, what, run_budget_share_done(&session->budget, extra));
}

/* What is in the folder need not be measured again. */
static int
take_done(struct session *session)
{
	const struct done_trials *done = results_done(session->results);
	uint32_t first = results_first_restart(session->results);

	schedule_clear(session->schedule);
	for (size_t i = 0; i < done->n; i++) {
		const struct done_trial *trial = &done->at[i];

		if (trial->restart < first)
			continue;
		if (trial->restart - first >= schedule_restarts_max(session->schedule)) {
			log_error("%s/trials.csv: damaged: found restart %u, which the "
				  "configuration does not allow",
				  results_path(session->results), trial->restart);
			return -EBADMSG;
		}
		schedule_add(session->schedule, trial->cell, trial->restart - first,
			     trial->guest_ratio, trial->duration_ns);
	}
	return 0;
}

/* Returns 0; -EAGAIN: a new block, in which other cells are to be measured; or another -errno. */
static int
open_results(struct session *session, const struct results_platform *platform)
{
	int error;

	if (!session->results) {
		error = results_create(session->options->out_dir, session->experiment, platform,
				       &session->results);
		session->folder_refused = error && error != -ENOMEM && error != -ENOSPC &&
					  error != -EIO;
		return error;
	}
	error = results_continue(session->results, platform);
	if (error != 1)
		return error;
	error = take_done(session);
	return error ? error : -EAGAIN;
}

/*
 * The folder appears, or is written to again, when the first process is ready to measure: until
 * then nothing was run. As open_results().
 */
static int
note_ready(struct session *session, const struct worker_ready *ready)
{
	const struct results_platform platform = {
		.dpdk_version = datapath_dpdk_version(),
		.page_kind = datapath_page_kind(ready->machine.huge_pages),
		.placement = ready->machine.placement,
		.sibling = session->conditions.sibling_text,
		.others_share_before = session->conditions.others_share,
	};

	if (session->ready)
		return 0;
	session->ready = true;
	session->huge_pages = ready->machine.huge_pages;
	if (!ready->machine.huge_pages)
		log_warning(
			"measuring on 4 KiB pages: translation misses of the core's own TLB make "
			"copies dearer, at 64 B about threefold (./bootstrap sets huge pages)");
	return open_results(session, &platform);
}

/* The median over its pairs, of those that have one; NAN where none has. */
static double
guest_ratio(const struct trial *trial)
{
	double ratios[TRIAL_PAIRS_MAX];
	size_t n = 0;

	for (uint32_t i = 0; i < trial->n_pairs; i++)
		if (isfinite(trial->pairs[i].guest_ratio))
			ratios[n++] = trial->pairs[i].guest_ratio;
	return stats_median(ratios, n);
}

static int
take_trials(struct session *session, struct worker *worker, uint32_t restart)
{
	static struct trial trial;
	int got;

	while ((got = worker_next(worker, &trial)) == 1) {
		int error;

		exit_watch_complete(&session->watch, &trial);
		error = results_add(session->results, &trial);
		if (error)
			return error;
		schedule_add(session->schedule, trial.cell, restart, guest_ratio(&trial),
			     trial.duration_ns);
		show_progress(session, restart, &session->experiment->cells[trial.cell]);
		/* A signal that came while no read was under way. */
		if (stop_signal_caught())
			return -EINTR;
	}
	return got;
}

static uint32_t
first_restart(const struct session *session)
{
	return session->results ? results_first_restart(session->results) : 0;
}

/*
 * On pages of two kinds restarts would not compare. Others' runs give back what they take
 * after a restart of theirs, which lasts well under a minute as a rule.
 */
static struct page_wish
page_wish(const struct session *session)
{
	struct page_wish wish = {.choice = PAGES_ANY, .patience_ms = HUGE_PAGES_PATIENCE_MS};

	if (session->ready)
		wish.choice = session->huge_pages ? PAGES_HUGE : PAGES_PLAIN;
	return wish;
}

/* Starts the worker and waits until it is ready. *worker wants worker_stop() if that returns 0. */
static int
begin_worker(const struct trials_options *options, struct worker *worker,
	     struct worker_ready *ready)
{
	int error;

	for (int starts_left = STARTS_MAX;;) {
		error = worker_start(worker, options);
		if (error)
			return error;
		error = worker_wait_ready(worker, ready);
		if (!error)
			return 0;
		worker_stop(worker);
		if (error != -ERESTART || !--starts_left)
			return error;
		log_note("another program took huge pages while the measuring process started: "
			 "it is started again");
	}
}

static int
run_restart(struct session *session, uint32_t restart)
{
	const struct trials_options options = {
		.experiment = session->experiment,
		.socket_dir = session->scratch,
		.wanted = session->wanted,
		/* Restarts that only some cells get, to be more precise, need no more searches. */
		.search = !run_budget_is_extra(&session->budget, restart),
		.restart = first_restart(session) + restart,
		.budget_ns = run_budget_of_restart_ns(&session->budget, restart),
		.cpu = session->cpu,
		.pages = page_wish(session),
		.watch = &session->watch,
	};
	uint64_t started_ns = clock_monotonic_ns();
	struct worker_ready ready;
	struct worker worker;
	int error;

	exit_watch_forget(&session->watch);
	error = begin_worker(&options, &worker, &ready);
	if (error)
		return error;
	run_budget_add_start(&session->budget, restart, clock_monotonic_ns() - started_ns);
	error = note_ready(session, &ready);
	if (!error)
		error = take_trials(session, &worker, restart);
	worker_stop(&worker);
	return error;
}

/* Is there time for what is wanted beyond the restarts that every cell gets? */
static bool
begin_extra(struct session *session)
{
	if (!run_budget_allows(&session->budget, session->wanted))
		return false;
	if (!session->progress.at_most) {
		progress_wipe(&session->progress);
		run_budget_begin_extra(&session->budget);
		progress_start(&session->progress, session->progress.file, 0);
		session->progress.at_most = true;
	}
	return true;
}

static int
run_all(struct session *session)
{
	uint32_t restart = 0;

	while (restart < schedule_restarts_max(session->schedule)) {
		if (stop_signal_caught())
			return -EINTR;
		if (!schedule_wanted(session->schedule, restart, session->wanted)) {
			restart++;
			continue;
		}
		if (run_budget_is_extra(&session->budget, restart) && !begin_extra(session))
			return 0;
		int error = run_restart(session, restart);

		if (error && error != -EAGAIN)
			return error;
		restart = error ? 0 : restart + 1;
	}
	return 0;
}

static int
run_restarts(struct session *session)
{
	int error = scratch_open(session->scratch);

	if (error) {
		log_error("folder for sockets in /tmp: %s", strerror(-error));
		return error;
	}
	conditions_read(session->cpu, &session->conditions);
	conditions_warn_before(&session->conditions);
	progress_start(&session->progress, session->options->progress ? stderr : NULL,
		       run_budget_share_done(&session->budget, false));
	log_set_sink(print_message, session);
	exit_watch_open(&session->watch, session->experiment);
	error = run_all(session);
	exit_watch_close(&session->watch);
	progress_wipe(&session->progress);
	log_set_sink(NULL, NULL);
	scratch_close(session->scratch);
	return error;
}

/* Where the results were to go is the user's to mend, like the configuration. */
static int
resume(struct session *session)
{
	int error = results_resume(session->options->resume_dir, session->experiment,
				   &session->results);

	if (!error)
		error = take_done(session);
	session->folder_refused = error && error != -ENOMEM && error != -EIO;
	return error;
}

static int
open_session(struct session *session)
{
	uint32_t n_cells = session->experiment->n_cells;

	session->schedule = schedule_new(session->experiment);
	session->wanted = calloc(n_cells, sizeof(*session->wanted));
	if (!session->schedule || !session->wanted) {
		log_error("not enough memory to plan %u cells", n_cells);
		return -ENOMEM;
	}
	session->budget = (struct run_budget){.experiment = session->experiment,
					      .schedule = session->schedule};
	return session->options->resume_dir ? resume(session) : 0;
}

static void
close_session(struct session *session)
{
	if (session->results)
		results_close(session->results);
	schedule_free(session->schedule);
	free(session->wanted);
}

static enum exit_status
report(struct session *session)
{
	bool is_new = !results_finished(session->results);
	int error = is_new ? results_finish(session->results, "done") : 0;

	if (is_new)
		conditions_warn_after(results_manifest(session->results));
	if (!error)
		error = report_make(results_path(session->results), session->options->out);
	if (!error)
		return EXIT_DONE;
	/* What was done before is in files that anybody may have changed since. */
	return is_new || error == -ENOPKG ? EXIT_MACHINE_LACKS : EXIT_BAD_USAGE;
}

/* A run that was resumed but never ready has its files as they were. */
static void
note_end(struct session *session)
{
	const char *word = stop_signal_caught() ? "stopped" : "failed";

	if (session->ready)
		results_finish(session->results, word);
	log_note("%s after %u trials; folio run --resume %s goes on, folio report %s shows them",
		 word, schedule_trials(session->schedule), results_path(session->results),
		 results_path(session->results));
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
	/* Who reads the progress, or the tables, may leave; the run is finished all the same. */
	stop_signal_catch();
	error = open_session(&session);
	if (!error && !(session.results && results_finished(session.results)))
		error = run_restarts(&session);
	if (!error)
		status = report(&session);
	else
		status = session.folder_refused ? EXIT_BAD_USAGE : EXIT_MACHINE_LACKS;
	if (error && session.results)
		note_end(&session);
	close_session(&session);
	*stop_signal = stop_signal_caught();
	return status;
}
