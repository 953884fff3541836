/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/suite_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/report/format.h"
#include "runner/report/report.h"
#include "runner/report/report_verdicts.h"
#include "runner/results/suite_file.h"

static const struct document_column columns[] = {
	{"run", false}, {"of the paper", false}, {"status", false}, {"others' CPU time", true}};

struct suite_report {
	struct folder folder;
	struct suite_entries entries;
	struct report reports[SUITE_RUNS_MAX];
	struct report *opened[SUITE_RUNS_MAX]; /* into reports; NULL: there is nothing to report */
	size_t n_opened;
	struct paper paper;
	int paper_error; /* of reading that */
};

static int
open_reports(struct suite_report *suite)
{
	for (size_t i = 0; i < suite->entries.n; i++) {
		char path[FOLDER_PATH_BYTES + NAME_BYTES];
		int err;

		if (!folder_has(&suite->folder, suite->entries.at[i].name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", suite->folder.path,
			 suite->entries.at[i].name);
		err = report_open(path, &suite->reports[i]);
		if (err == -ENODATA)
			continue;
		if (err)
			return err;
		suite->opened[i] = &suite->reports[i];
		suite->n_opened++;
	}
	if (suite->n_opened)
		return 0;
	log_error("%s: none of its %zu runs was measured", suite->folder.path, suite->entries.n);
	return -ENODATA;
}

static void
close_suite(struct suite_report *suite)
{
	for (size_t i = 0; i < suite->entries.n; i++)
		if (suite->opened[i])
			report_close(suite->opened[i]);
	paper_close(&suite->paper);
	folder_close(&suite->folder);
	free(suite);
}

static void
add_runs(const struct suite_report *suite, struct document *document)
{
	document_heading(document, 2, "Runs");
	document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < suite->entries.n; i++) {
		const struct suite_entry *entry = &suite->entries.at[i];
		const struct report *report = suite->opened[i];
		struct document_row row = {0};

		snprintf(row.cells[0], sizeof(row.cells[0]), "%s", entry->name);
		snprintf(row.cells[1], sizeof(row.cells[1]), "%s",
			 report ? report->run.manifest.paper : "");
		snprintf(row.cells[2], sizeof(row.cells[2]), "%s", entry->status);
		if (report)
			format_share(report->run.manifest.others_share, row.cells[3],
				     sizeof(row.cells[3]));
		document_row(document, &row);
	}
	for (size_t i = 0; i < suite->entries.n; i++)
		if (suite->entries.at[i].reason[0])
			document_text(document, "%s: %s.", suite->entries.at[i].name,
				      suite->entries.at[i].reason);
	document_text(document,
		      "others' CPU time: what other programs took of this machine meanwhile; "
		      "latencies of two processes that poll are theirs too.");
}

static bool
is_of_paper(const struct suite_report *suite)
{
	for (size_t i = 0; i < suite->entries.n; i++)
		if (suite->opened[i] && *suite->opened[i]->run.manifest.paper)
			return true;
	return false;
}

static void
add_verdicts(const struct suite_report *suite, struct document *document)
{
	if (!is_of_paper(suite))
		return;
	document_heading(document, 2, "Beside the paper");
	if (suite->paper_error)
		document_text(document, PAPER_UNREAD);
	else
		report_verdicts((const struct report *const *)suite->opened, suite->entries.n,
				&suite->paper, NULL, document);
}

/* The first run's machine is all runs': they are of one call. */
static const struct report *
first_report(const struct suite_report *suite)
{
	size_t i = 0;

	while (!suite->opened[i])
		i++;
	return suite->opened[i];
}

static void
add_head(const struct suite_report *suite, struct document *document)
{
	const char *base = strrchr(suite->folder.path, '/');

	document_heading(document, 1, "%s: %zu runs on %s",
			 base && base[1] ? base + 1 : suite->folder.path, suite->entries.n,
			 first_report(suite)->run.manifest.machine.cpu_model);
	for (size_t i = 0; i < suite->entries.n; i++)
		if (suite->opened[i])
			report_headline(suite->opened[i], document);
	add_verdicts(suite, document);
	add_runs(suite, document);
}

/* What the paper's figures are of; all that was measured stands in the run's own report. */
static void
add_run(const struct report *report, const char *name, struct document *document)
{
	report_head(report, document);
	document_text(document, "All of this run: %s/report.html.", name);
	report_search(report, document);
	report_latency(report, document);
	report_figures(report, name, document);
}

static int
write_whole(struct suite_report *suite)
{
	struct document *document = document_new();
	int err;

	if (!document)
		return -ENOMEM;
	add_head(suite, document);
	for (size_t i = 0; i < suite->entries.n; i++)
		if (suite->opened[i])
			add_run(suite->opened[i], suite->entries.at[i].name, document);
	report_meaning(first_report(suite), document);
	report_manifest(first_report(suite), document);
	err = report_write(&suite->folder, document, "folio");
	document_free(document);
	return err;
}

static int
print_gist(const struct suite_report *suite, FILE *out)
{
	struct document *document = document_new();
	int err = document ? 0 : -ENOMEM;

	if (!err) {
		add_head(suite, document);
		err = document_print(document, DOCUMENT_TEXT, out);
	}
	document_free(document);
	fprintf(out, "\nReport   %s/report.html\n", suite->folder.path);
	return err;
}

int
suite_report_make(const char *path, FILE *out)
{
	struct suite_report *suite = calloc(1, sizeof(*suite));
	int err = suite ? folder_open(&suite->folder, path) : -ENOMEM;

	if (err) {
		free(suite);
		return err;
	}
	err = suite_file_read(&suite->folder, &suite->entries);
	if (!err)
		err = open_reports(suite);
	if (!err) {
		suite->paper_error = paper_open(paper_dir(), &suite->paper);
		err = write_whole(suite);
	}
	if (!err)
		err = print_gist(suite, out);
	err = err ? err : suite->paper_error;
	close_suite(suite);
	return err;
}

bool
suite_report_is(const struct folder *folder)
{
	return folder_has(folder, SUITE_FILE);
}
