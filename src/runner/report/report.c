/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/report/figures.h"

static void
add_figures(const struct report *report, struct document *document)
{
	document_heading(document, 2, "Figures");
	for (const struct figure *f = figures; f->script; f++)
		if (figure_exists(report->folder, f))
			document_figure(document, f->path, f->caption);
}

static void
add_tables(struct report *report, struct document *document)
{
	report_head(report, document);
	report_configurations(report, document);
	report_throughput(report, document);
	report_search(report, document);
	report_latency(report, document);
	report_paper(report, document);
	report_breakdown(report, document);
	report_breakeven(report, document);
	report_meaning(report, document);
}

static int
print_markdown(const struct report *report, const struct document *document, FILE *file)
{
	(void)report;
	return document_print(document, DOCUMENT_MARKDOWN, file);
}

static int
print_html(const struct report *report, const struct document *document, FILE *file)
{
	return document_print_html(document, report->run.manifest.name, report->folder->fd, file);
}

static const struct {
	const char *name;
	int (*print)(const struct report *report, const struct document *document, FILE *file);
} report_files[] = {{"report.md", print_markdown}, {"report.html", print_html}};

static int
write_file(struct report *report, const struct document *document, size_t which)
{
	const char *name = report_files[which].name;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int err = file ? report_files[which].print(report, document, file) : -ENOMEM;

	if (file && fclose(file) != 0 && !err)
		err = -ENOMEM;
	if (err)
		log_error("%s/%s: %s", report->folder->path, name, strerror(-err));
	else
		err = folder_write(report->folder, name, text, size);
	free(text);
	return err;
}

static int
write_files(struct report *report)
{
	struct document *document = document_new();
	int err = 0;

	if (!document) {
		log_error("cannot make the report: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	add_tables(report, document);
	add_figures(report, document);
	report_manifest(report, document);
	for (size_t i = 0; !err && i < sizeof(report_files) / sizeof(report_files[0]); i++)
		err = write_file(report, document, i);
	document_free(document);
	return err;
}

static int
print_text(struct report *report, FILE *out)
{
	struct document *document = document_new();
	int err = document ? 0 : -ENOMEM;

	if (!err) {
		add_tables(report, document);
		err = document_print(document, DOCUMENT_TEXT, out);
	}
	if (err)
		log_error("cannot print the report: %s", strerror(-err));
	document_free(document);
	fprintf(out, "\nFiles    %s\n", report->folder->path);
	for (const struct figure *f = figures; f->script; f++)
		if (figure_exists(report->folder, f))
			fprintf(out, "Figure   %s/%s\n", report->folder->path, f->path);
	return err;
}

/* What of the kinds of figures' material the run has. */
static unsigned int
material_of(const struct report *report)
{
	unsigned int material = MATERIAL_SUMMARY;

	if (folder_has(report->folder, "exits.csv"))
		material |= MATERIAL_EXITS;
	if (report->attribution.n_rows > 0)
		material |= MATERIAL_ATTRIBUTION;
	for (uint32_t i = 0; i < report->run.n_cells; i++)
		if (run_cell_series(&report->run.cells[i], METRIC_LATENCY_FRAMES))
			material |= MATERIAL_LATENCY;
	return material;
}

/* A folder that cannot be written to can still be read from: the tables are printed in any case. */
static int
write_and_print(struct report *report, FILE *out)
{
	int err = summary_write(&report->summary, report->folder), print_err;

	if (!err)
		err = attribution_write(&report->attribution, report->folder);
	if (!err)
		figures_draw(report->folder, material_of(report));
	if (!err)
		err = write_files(report);
	print_err = print_text(report, out);
	return err ? err : print_err;
}

int
report_make(const char *path, FILE *out)
{
	struct folder folder;
	struct report report = {.folder = &folder};
	int err = folder_open(&folder, path);

	if (err)
		return err;
	err = run_files_read(&folder, &report.run);
	if (err)
		goto close_folder;
	err = summary_open(&report.run, &report.summary);
	if (err)
		goto close_run;
	err = attribution_open(&report.summary, &report.attribution);
	if (err)
		goto close_summary;
	err = write_and_print(&report, out);
	attribution_close(&report.attribution);
close_summary:
	summary_close(&report.summary);
close_run:
	run_files_close(&report.run);
close_folder:
	folder_close(&folder);
	return err;
}
