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
	report_breakdown(report, document);
	report_breakeven(report, document);
	report_meaning(report, document);
}

static int
write_markdown(struct report *report)
{
	struct document *document = document_new();
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int err = document && file ? 0 : -ENOMEM;

	if (!err) {
		add_tables(report, document);
		add_figures(report, document);
		report_manifest(report, document);
		err = document_print(document, DOCUMENT_MARKDOWN, file);
	}
	if (file && fclose(file) != 0 && !err)
		err = -ENOMEM;
	if (err)
		log_error("%s/report.md: %s", report->folder->path, strerror(-err));
	else
		err = folder_write(report->folder, "report.md", text, size);
	document_free(document);
	free(text);
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
	unsigned int material = 0;

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
		err = write_markdown(report);
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
