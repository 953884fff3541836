/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of configurations against the reference. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/fidelity.h"
#include "runner/report/format.h"
#include "runner/report/noise.h"
#include "runner/report/report.h"

static const struct document_column columns[] = {
	{"configuration", false},
	{" guest  95% interval", false},
	{" ratio to reference", false},
	{"host", true},
	{"pairs", true},
	{"fidelity", false},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

const char *
report_traffic_name(const struct run_cell *cell, char *buf, size_t size)
{
	bool is_size = cell->frame_size[strspn(cell->frame_size, "0123456789")] == '\0';

	snprintf(buf, size, "%s%s", cell->frame_size, is_size ? " B" : "");
	return buf;
}

static bool
same_traffic(const struct run_cell *a, const struct run_cell *b)
{
	return !strcmp(a->workload, b->workload) && !strcmp(a->frame_size, b->frame_size);
}

static void
set_label(struct document_row *row, const char *name, const struct run_cell *cell)
{
	snprintf(row->cells[0], sizeof(row->cells[0]), "%s%s%s", name, cell->variant[0] ? ", " : "",
		 cell->variant);
}

/* The estimate of that metric, or none. */
static struct estimate
value_of(const struct report *report, const struct run_cell *cell, const char *metric)
{
	const struct summary_row *row = summary_find(&report->summary, cell, metric);

	return row ? row->value : estimate_none();
}

/* The reference, as the pairs of one cell have it. */
static void
add_reference(const struct report *report, struct document *document, const struct run_cell *cell)
{
	struct estimate guest = value_of(report, cell, side_metrics[SIDE_GUEST].reference_cost);
	struct estimate host = value_of(report, cell, side_metrics[SIDE_HOST].reference_cost);
	struct document_row row = {0};

	set_label(&row, cell->reference, cell);
	format_cycles_estimate(&guest, row.cells[1], sizeof(row.cells[1]));
	snprintf(row.cells[2], sizeof(row.cells[2]), "reference");
	format_cycles(host.value, row.cells[3], sizeof(row.cells[3]));
	snprintf(row.cells[4], sizeof(row.cells[4]), "%zu", (size_t)guest.n);
	fidelity_format(cell->reference_fidelity, row.cells[5], sizeof(row.cells[5]));
	document_row(document, &row);
}

/* From its A/A controls, one for each variant that it has; without any, from the cell at hand. */
static void
add_references(const struct report *report, struct document *document,
	       const struct run_cell *listed)
{
	bool found = false;

	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell->role != CELL_CONTROL || !same_traffic(cell, listed) || !cell->n_series)
			continue;
		add_reference(report, document, cell);
		found = true;
	}
	if (!found)
		add_reference(report, document, listed);
}

static void
format_ratio_cell(struct report *report, const struct run_cell *cell, char *buf, size_t size)
{
	const struct summary_row *row =
		summary_find(&report->summary, cell, side_metrics[SIDE_GUEST].cost);
	bool other_fidelity = cell->fidelity != cell->reference_fidelity;
	char text[DOCUMENT_CELL_BYTES / 2];
	bool imprecise;

	if (!row || row->ratio.n == 0) {
		snprintf(buf, size, "not measured");
		return;
	}
	imprecise = !summary_row_is_precise(&report->summary, row);
	if (noise_distinguishable(&report->summary, cell, SIDE_GUEST))
		format_ratio_estimate(&row->ratio, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "not distinguishable");
	snprintf(buf, size, "%s%s%s%s", text, other_fidelity || imprecise ? " " : "",
		 other_fidelity ? "†" : "", imprecise ? "‡" : "");
	report->used_dagger |= other_fidelity;
	report->used_double_dagger |= imprecise;
}

static void
add_configuration(struct report *report, struct document *document, const struct run_cell *cell)
{
	struct estimate guest = value_of(report, cell, side_metrics[SIDE_GUEST].cost);
	struct estimate host = value_of(report, cell, side_metrics[SIDE_HOST].cost);
	struct document_row row = {0};

	set_label(&row, cell->configuration, cell);
	format_cycles_estimate(&guest, row.cells[1], sizeof(row.cells[1]));
	format_ratio_cell(report, cell, row.cells[2], sizeof(row.cells[2]));
	format_cycles(host.value, row.cells[3], sizeof(row.cells[3]));
	snprintf(row.cells[4], sizeof(row.cells[4]), "%zu", (size_t)guest.n);
	fidelity_format(cell->fidelity, row.cells[5], sizeof(row.cells[5]));
	document_row(document, &row);
}

static const char *
format_floor(double share, char *buf, size_t size)
{
	if (isnan(share))
		snprintf(buf, size, "not measured");
	else
		snprintf(buf, size, "%.2f%%", 100 * share);
	return buf;
}

static void
add_noise(const struct report *report, struct document *document, const struct run_cell *place)
{
	struct noise_floor f = noise_floor_of(&report->summary, place->workload, place->frame_size);
	char same[SIDES][32], across[SIDES][32];

	for (int side = 0; side < SIDES; side++) {
		format_floor(f.same_device[side], same[side], sizeof(same[side]));
		format_floor(f.across_devices[side], across[side], sizeof(across[side]));
	}
	document_text(document,
		      "Noise floor (A/A): guest %s on one device, %s across two; host %s and %s.",
		      same[SIDE_GUEST], across[SIDE_GUEST], same[SIDE_HOST], across[SIDE_HOST]);
}

static bool
is_first_of_traffic(const struct run *run, const struct run_cell *cell)
{
	for (uint32_t i = 0; i < cell->id; i++)
		if (run->cells[i].role == CELL_LISTED && same_traffic(&run->cells[i], cell))
			return false;
	return true;
}

/* Does its ratio, or what it costs, have an interval that says next to nothing? */
static bool
is_vague(const struct report *report, const struct run_cell *cell)
{
	const struct summary_row *row =
		summary_find(&report->summary, cell, side_metrics[SIDE_GUEST].cost);

	return row && (estimate_is_vague(&row->value, row->value.value) ||
		       estimate_is_vague(&row->ratio, row->ratio.value));
}

static void
add_traffic(struct report *report, struct document *document, const struct run_cell *first)
{
	char name[DOCUMENT_CELL_BYTES];
	bool vague = false;

	document_heading(document, 3, "%s", report_traffic_name(first, name, sizeof(name)));
	document_table(document, columns, N_COLUMNS);
	add_references(report, document, first);
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell->role != CELL_LISTED || !same_traffic(cell, first))
			continue;
		add_configuration(report, document, cell);
		vague |= is_vague(report, cell);
	}
	add_noise(report, document, first);
	if (vague)
		report_vague(document);
}

void
report_configurations(struct report *report, struct document *document)
{
	const struct run *run = &report->run;

	document_heading(document, 2, "Cycles per packet, %s: geometric means of restarts' medians",
			 run->manifest.workload);
	for (uint32_t i = 0; i < run->n_cells; i++)
		if (run->cells[i].role == CELL_LISTED && is_first_of_traffic(run, &run->cells[i]))
			add_traffic(report, document, &run->cells[i]);
}
