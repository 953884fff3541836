/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/suite_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "datapath/config.h"
#include "runner/config/captures.h"
#include "runner/report/suite_report.h"
#include "runner/results/suite_file.h"

#define RUN_PATH_BYTES (FOLDER_PATH_BYTES + NAME_BYTES + sizeof("/config.yaml"))

struct suite_session {
	const struct session_options *options;
	const struct suite *suite;
	struct folder folder;
	struct suite_entries entries;
	struct experiment *experiments[SUITE_RUNS_MAX];
};

/* Is there a run to go on with? It has its configuration as it was resolved then. */
static bool
has_begun(const struct suite_session *session, size_t run)
{
	char name[NAME_BYTES + sizeof("/manifest.json")];

	snprintf(name, sizeof(name), "%s/manifest.json", session->suite->runs[run].name);
	return session->options->resume_dir && folder_has(&session->folder, name);
}

static int
open_experiment(struct suite_session *session, size_t run)
{
	const struct suite *suite = session->suite;
	char path[RUN_PATH_BYTES];
	bool begun = has_begun(session, run);
	int error;

	snprintf(path, sizeof(path), "%s/%s/config.yaml", session->folder.path,
		 suite->runs[run].name);
	error = experiment_open(begun ? path : suite->runs[run].config, costs_dir(), suite->set.set,
				begun ? 0 : suite->set.n, &session->experiments[run]);
	return error ? error : captures_check(session->experiments[run]);
}

static int
open_experiments(struct suite_session *session)
{
	int error = 0;

	for (size_t i = 0; !error && i < session->suite->n_runs; i++) {
		if (session->options->resume_dir)
			error = suite_run_check(&session->folder, session->suite->runs[i].name);
		if (!error)
			error = open_experiment(session, i);
	}
	return error;
}

static bool
has_secret(const struct suite *suite)
{
	for (size_t i = 0; i < suite->set.n; i++) {
		const char *key = suite->set.set[i].key, *last = strrchr(key, '.');
		const struct option_spec *option =
			options_find(datapath_options, last ? last + 1 : key);

		if (option && option->secret)
			return true;
	}
	return false;
}

static int
write_config(struct suite_session *session)
{
	char *text = NULL;
	size_t size;
	int error = suite_write(session->suite, &text, &size);

	if (error)
		log_error("%s/config.yaml: out of memory", session->folder.path);
	else
		error = has_secret(session->suite) ?
				folder_write_private(&session->folder, "config.yaml", text, size) :
				folder_write(&session->folder, "config.yaml", text, size);
	free(text);
	return error;
}

/* The suite's own folder, which is there before its first run is. */
static int
open_folder(struct suite_session *session)
{
	const struct session_options *options = session->options;
	int error;

	if (!options->resume_dir)
		return folder_create_for(&session->folder, session->suite->name, options->out_dir);
	error = folder_open(&session->folder, options->resume_dir);
	return error ? error : folder_lock(&session->folder);
}

static void
init_entries(struct suite_session *session)
{
	session->entries.n = session->suite->n_runs;
	for (size_t i = 0; i < session->suite->n_runs; i++) {
		struct suite_entry *entry = &session->entries.at[i];

		memcpy(entry->name, session->suite->runs[i].name, sizeof(entry->name));
		snprintf(entry->status, sizeof(entry->status), "not begun");
	}
}

static enum exit_status
run_one(struct suite_session *session, size_t run, int *stop_signal)
{
	struct suite_entry *entry = &session->entries.at[run];
	char path[RUN_PATH_BYTES];
	struct session_options options = {
		.progress = session->options->progress,
		.reason = entry->reason,
	};
	enum exit_status status;

	snprintf(path, sizeof(path), "%s/%s", session->folder.path, entry->name);
	if (has_begun(session, run))
		options.resume_dir = path;
	else
		options.out_dir = path;
	log_note("%s (%zu of %zu)", entry->name, run + 1, session->entries.n);
	status = session_run(&options, session->experiments[run], stop_signal);
	snprintf(entry->status, sizeof(entry->status), "%s",
		 *stop_signal        ? "stopped" :
		 status == EXIT_DONE ? "done" :
				       "failed");
	if (status == EXIT_DONE)
		entry->reason[0] = '\0';
	return status;
}

/* Returns the status of the last that failed, where none was done. */
static enum exit_status
run_all(struct suite_session *session, int *stop_signal)
{
	enum exit_status failure = EXIT_DONE;
	bool any = false;

	for (size_t i = 0; i < session->entries.n && !*stop_signal; i++) {
		enum exit_status status = run_one(session, i, stop_signal);

		any |= status == EXIT_DONE;
		failure = status == EXIT_DONE ? failure : status;
		if (suite_file_write(&session->folder, &session->entries))
			return EXIT_MACHINE_LACKS;
	}
	if (*stop_signal)
		log_note("folio run --resume %s goes on", session->folder.path);
	return any ? EXIT_DONE : failure;
}

static enum exit_status
run_suite(struct suite_session *session, int *stop_signal)
{
	enum exit_status status;

	init_entries(session);
	if (write_config(session) || suite_file_write(&session->folder, &session->entries))
		return EXIT_MACHINE_LACKS;
	status = run_all(session, stop_signal);
	if (status == EXIT_DONE && suite_report_make(session->folder.path, session->options->out))
		status = EXIT_MACHINE_LACKS;
	return status;
}

enum exit_status
suite_session_run(const struct session_options *options, const struct suite *suite,
		  int *stop_signal)
{
	struct suite_session session = {.options = options, .suite = suite, .folder = {.fd = -1}};
	enum exit_status status;
	int error;

	*stop_signal = 0;
	if (options->resume_dir) {
		error = open_folder(&session);
		error = error ? error : open_experiments(&session);
	} else {
		error = open_experiments(&session);
		error = error ? error : open_folder(&session);
	}
	status = error ? exit_status_refused(error) : run_suite(&session, stop_signal);
	for (size_t i = 0; i < suite->n_runs; i++)
		experiment_close(session.experiments[i]);
	if (session.folder.fd >= 0)
		folder_close(&session.folder);
	return status;
}
