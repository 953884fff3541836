/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the files of a run's folder to what a user reads: summary.csv,
 * attribution.csv, the figures, report.md and report.html, and the same text on the terminal.
 * The run itself and `folio report` both come this way.
 */
#ifndef FOLIO_RUNNER_REPORT_H
#define FOLIO_RUNNER_REPORT_H

#include <stdio.h>

#include "runner/paper/paper.h"
#include "runner/report/attribution.h"
#include "runner/report/document.h"
#include "runner/report/summary.h"

/*
 * Makes all of it anew from manifest.json, plan.csv and trials.csv in the folder
 * at path; the text goes to out, unless that is NULL. Figures that cannot be drawn are no error. The
 * caller sees to it that nobody else writes there. Returns 0; -EBADMSG (a file
 * is damaged), -ENODATA (no trials), -ENOPKG (all was made, but the paper's figures cannot be
 * read) or another -errno after log_error().
 */
int report_make(const char *path, FILE *out);

/* What a report is made from. */
struct report {
	struct folder *folder; /* owned */
	struct run run;
	struct summary summary;
	struct attribution attribution;
	struct paper paper;
	int paper_error; /* of reading that; its section says so */
	/* Marks that the tables have used, and that want a footnote. */
	bool used_dagger, used_double_dagger;
};

/*
 * Reads the run in the folder at path. Returns 0 or -errno as report_make(). *report wants
 * report_close() after success, and stays where it is until then: its parts point to each other.
 */
int report_open(const char *path, struct report *report);
void report_close(struct report *report);

/* Adds all that stands before the figures. */
void report_tables(struct report *report, struct document *document);

/* Adds the figures that were drawn. folder: the run's, seen from the report's; "": the same. */
void report_figures(const struct report *report, const char *folder, struct document *document);

/* Writes report.md and report.html into the folder. Returns 0 or -errno after log_error(). */
int report_write(const struct folder *folder, const struct document *document, const char *title);

/* Adds the title, what was measured on what, and what is missing of the plan. */
void report_head(const struct report *report, struct document *document);

/* Adds what came out, in a sentence. */
void report_headline(const struct report *report, struct document *document);

/* Adds a table per traffic: every listed configuration against the reference. */
void report_configurations(struct report *report, struct document *document);

/* Adds a table per traffic: packets per second and loss, where two processes ran. */
void report_throughput(const struct report *report, struct document *document);

/* Adds a table per traffic: the highest rates with no and with some loss, where they were searched. */
void report_search(const struct report *report, struct document *document);

/* Adds a table per traffic and rate: latencies, where two processes ran at a rate. */
void report_latency(const struct report *report, struct document *document);

/* Adds a table per traffic, and its claims, where the run is held against one of the paper's. */
void report_paper(const struct report *report, struct document *document);

/* Adds a table per traffic: what each source costs, from both ends. */
void report_breakdown(struct report *report, struct document *document);

/*
 * The two parts of it for Shapley values: what the columns mean, and the table of a
 * place, which must have such values.
 */
void report_shapley_meaning(struct document *document, bool is_fraction);
void report_shapley_place(const struct report *report, struct document *document,
			  const struct run_cell *place);

/* Adds the break-even costs of modelled sources, where there are any. */
void report_breakeven(struct report *report, struct document *document);

/* Adds what marks, cycles and the ideal mean; after the tables, which use the marks. */
void report_meaning(const struct report *report, struct document *document);

/* Adds the manifest's gist. */
void report_manifest(const struct report *report, struct document *document);

/* Has the place an attribution of the latency that the client sees? */
bool report_has_client(const struct report *report, const struct run_cell *place);

/* The row's cost, or "not distinguishable"; nothing for NULL. cell: DOCUMENT_CELL_BYTES. */
void report_fill_cost(const struct attribution_row *row, char *cell);

/* Adds a line on what to do about the table above, whose intervals say next to nothing. */
void report_vague(struct document *document);

/* A heading with the place's traffic and variant. */
void report_place_heading(struct document *document, const struct run_cell *place);

/* "64 B" for a frame size, otherwise the traffic's label. Returns buf. */
const char *report_traffic_name(const struct run_cell *cell, char *buf, size_t size);

#endif
