/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What came out, in a sentence or two: the configuration of most interest against the
 * reference, by the figure that the run is about: latencies where there is a rate, the
 * search's throughput where there is one, guest cycles otherwise.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fidelity.h"
#include "runner/config/presets.h"
#include "runner/report/format.h"
#include "runner/report/noise.h"
#include "runner/report/report.h"

#define PLACES_MAX 4
#define SENTENCE_BYTES 2048

/* In the order in which a run is about them. */
static const struct {
	const char *metric, *text;
} subjects[] = {
	{METRIC_THROUGHPUT "pdr_conditional_pps", "throughput"},
	{METRIC_LATENCY "mean_ns", "mean latency"},
	{"guest_cycles_per_packet", "guest cycles per packet"},
};

#define N_SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

static const struct summary_row *
find_ratio(const struct report *report, const struct run_cell *cell, size_t subject)
{
	const struct summary_row *row =
		summary_find(&report->summary, cell, subjects[subject].metric);

	return row && row->ratio.n ? row : NULL;
}

/* FOLIO where it is listed, else the first that is. */
static const char *
choose_configuration(const struct run *run)
{
	const char *first = NULL;

	for (uint32_t i = 0; i < run->n_cells; i++) {
		const struct run_cell *cell = &run->cells[i];

		if (cell->role != CELL_LISTED || !cell->n_series)
			continue;
		if (!strcmp(cell->configuration, "folio"))
			return cell->configuration;
		first = first ? first : cell->configuration;
	}
	return first;
}

static size_t
choose_subject(const struct report *report, const char *configuration)
{
	for (size_t s = 0; s < N_SUBJECTS; s++)
		for (uint32_t i = 0; i < report->run.n_cells; i++) {
			const struct run_cell *cell = &report->run.cells[i];

			if (cell->role == CELL_LISTED &&
			    !strcmp(cell->configuration, configuration) &&
			    find_ratio(report, cell, s))
				return s;
		}
	return N_SUBJECTS;
}

/* Latencies and cycles have a control; of throughput the interval alone decides. */
static bool
is_apart(const struct report *report, const struct run_cell *cell, size_t subject,
	 const struct estimate *ratio)
{
	static const enum side sides[N_SUBJECTS] = {SIDES, SIDE_CLIENT, SIDE_GUEST};
	double floor = sides[subject] == SIDES ?
			       0 :
			       noise_floor_for(&report->summary, cell, sides[subject]);

	return noise_apart(ratio, 1, floor, 1);
}

/* "1.208 (1.130..1.290) at 64 B". */
static void
put_place(const struct run_cell *cell, const struct estimate *ratio, FILE *file)
{
	char traffic[DOCUMENT_CELL_BYTES], value[32], low[32], high[32];

	fprintf(file, "%s (%s..%s) at %s%s%s", format_ratio(ratio->value, value, sizeof(value)),
		format_ratio(ratio->ci_low, low, sizeof(low)),
		format_ratio(ratio->ci_high, high, sizeof(high)),
		report_traffic_name(cell, traffic, sizeof(traffic)), *cell->variant ? ", " : "",
		cell->variant);
}

/* What is apart is told, up to PLACES_MAX of it. Returns a cell of the configuration. */
static const struct run_cell *
put_places(const struct report *report, const char *configuration, size_t subject, FILE *file)
{
	const struct run_cell *first = NULL;
	unsigned int apart = 0, others = 0;

	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];
		const struct summary_row *row = find_ratio(report, cell, subject);

		if (cell->role != CELL_LISTED || strcmp(cell->configuration, configuration) || !row)
			continue;
		first = first ? first : cell;
		if (!is_apart(report, cell, subject, &row->ratio)) {
			others++;
		} else if (apart++ < PLACES_MAX) {
			fputs(apart > 1 ? "; " : "", file);
			put_place(cell, &row->ratio, file);
		}
	}
	if (apart > PLACES_MAX)
		fprintf(file, "; and %u more below", apart - PLACES_MAX);
	if (others)
		fprintf(file, "%snot distinguishable from 1 in %s%u of %u comparisons",
			apart ? "; " : "", apart ? "the other " : "", others, apart + others);
	return first;
}

void
report_headline(const struct report *report, struct document *document)
{
	const char *configuration = choose_configuration(&report->run);
	size_t subject = configuration ? choose_subject(report, configuration) : N_SUBJECTS;
	char sentence[SENTENCE_BYTES] = "", own[FIDELITY_TEXT_BYTES], other[FIDELITY_TEXT_BYTES];
	const struct run_cell *cell;
	FILE *file;

	if (subject == N_SUBJECTS)
		return;
	file = fmemopen(sentence, sizeof(sentence), "w");
	if (!file)
		return;
	cell = put_places(report, configuration, subject, file);
	fclose(file);
	document_text(document, "%s, %s: %s over %s is %s (95%% intervals; %s against %s).",
		      report->run.manifest.name, subjects[subject].text, configuration,
		      cell->reference, sentence, fidelity_format(cell->fidelity, own, sizeof(own)),
		      fidelity_format(cell->reference_fidelity, other, sizeof(other)));
}
