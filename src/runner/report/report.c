/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "runner/report/figures.h"
#include "runner/results/record.h"

void
report_figures(const struct report *report, const char *folder, struct document *document)
{
	char path[FOLDER_PATH_BYTES];

	document_heading(document, 2, "Figures");
	for (const struct figure *f = figures; f->script; f++) {
		if (!figure_exists(report->folder, f))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", f->path);
		document_figure(document, path, f->caption);
	}
}

void
report_tables(struct report *report, struct document *document)
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
write_file(const struct folder *folder, const char *name, const struct document *document,
	   const char *title)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int err = -ENOMEM;

	if (file)
		err = title ? document_print_html(document, title, folder->fd, file) :
			      document_print(document, DOCUMENT_MARKDOWN, file);
	if (file && fclose(file) != 0 && !err)
		err = -ENOMEM;
	if (err)
		log_error("%s/%s: %s", folder->path, name, strerror(-err));
	else
		err = folder_write(folder, name, text, size);
	free(text);
	return err;
}

int
report_write(const struct folder *folder, const struct document *document, const char *title)
{
	int err = write_file(folder, "report.md", document, NULL);

	return err ? err : write_file(folder, "report.html", document, title);
}

static int
write_files(struct report *report)
{
	struct document *document = document_new();
	int err;

	if (!document) {
		log_error("cannot make the report: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	report_tables(report, document);
	report_figures(report, "", document);
	report_manifest(report, document);
	err = report_write(report->folder, document, report->run.manifest.name);
	document_free(document);
	return err;
}

static int
print_text(struct report *report, FILE *out)
{
	struct document *document = document_new();
	int err = document ? 0 : -ENOMEM;

	if (!err) {
		report_tables(report, document);
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

/* A run without exits has the file's first line only. */
static bool
has_exits(const struct folder *folder)
{
	struct stat status;

	return fstatat(folder->fd, "exits.csv", &status, 0) == 0 &&
	       status.st_size > (off_t)strlen(EXITS_COLUMNS "\n");
}

/* A search's, or what came back while as much was sent as the device took. */
static bool
has_throughput(const struct run *run, const struct run_cell *cell)
{
	return run_cell_series(cell, METRIC_SEARCH_TRIALS) ||
	       (run_cell_series(cell, METRIC_PACKETS_PER_SECOND) &&
		!strcmp(run->manifest.rate, "max") && !strstr(cell->variant, "rate="));
}

/* The variant's parts that differ from another's: bit i, the i-th. */
static uint32_t
parts_apart(const char *a, const char *b)
{
	uint32_t apart = 0;

	for (int i = 0; *a && *b && i < 32; i++) {
		size_t length_a = strcspn(a, ","), length_b = strcspn(b, ",");

		if (length_a != length_b || memcmp(a, b, length_a))
			apart |= 1u << i;
		a += length_a + strspn(a + length_a, ", ");
		b += length_b + strspn(b + length_b, ", ");
	}
	return apart;
}

/* Did two keys, of which traffic is one, have several values? */
static bool
is_swept_twice(const struct run *run)
{
	const struct run_cell *first = NULL;
	bool traffics = false;
	uint32_t parts = 0;

	for (uint32_t i = 0; i < run->n_cells; i++) {
		const struct run_cell *cell = &run->cells[i];

		if (cell->role != CELL_LISTED || !cell->n_series)
			continue;
		first = first ? first : cell;
		traffics |= strcmp(cell->frame_size, first->frame_size) != 0;
		parts |= parts_apart(cell->variant, first->variant);
	}
	return traffics + __builtin_popcount(parts) >= 2;
}

/* What of the kinds of figures' material the run has. */
static unsigned int
material_of(const struct report *report)
{
	unsigned int material = MATERIAL_SUMMARY;

	if (is_swept_twice(&report->run))
		material |= MATERIAL_SWEEP;
	if (has_exits(report->folder))
		material |= MATERIAL_EXITS;
	if (report->attribution.n_rows > 0)
		material |= MATERIAL_ATTRIBUTION;
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (has_throughput(&report->run, cell))
			material |= MATERIAL_THROUGHPUT;
		if (run_cell_series(cell, METRIC_LATENCY_FRAMES))
			material |= MATERIAL_LATENCY;
	}
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
	print_err = out ? print_text(report, out) : 0;
	return err ? err : print_err;
}

int
report_open(const char *path, struct report *report)
{
	struct folder *folder = calloc(1, sizeof(*folder));
	int err = folder ? folder_open(folder, path) : -ENOMEM;

	*report = (struct report){.folder = folder};
	if (err)
		goto free_folder;
	err = run_files_read(folder, &report->run);
	if (err)
		goto close_folder;
	err = summary_open(&report->run, &report->summary);
	if (err)
		goto close_run;
	err = attribution_open(&report->summary, &report->attribution);
	if (!err)
		return 0;
	summary_close(&report->summary);
close_run:
	run_files_close(&report->run);
close_folder:
	folder_close(folder);
free_folder:
	free(folder);
	return err;
}

void
report_close(struct report *report)
{
	attribution_close(&report->attribution);
	summary_close(&report->summary);
	run_files_close(&report->run);
	folder_close(report->folder);
	free(report->folder);
}

int
report_make(const char *path, FILE *out)
{
	struct report report;
	int err = report_open(path, &report);

	if (err)
		return err;
	if (*report.run.manifest.paper)
		report.paper_error = paper_open(paper_dir(), &report.paper);
	err = write_and_print(&report, out);
	err = err ? err : report.paper_error;
	paper_close(&report.paper);
	report_close(&report);
	return err;
}
