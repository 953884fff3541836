/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of configurations against the reference. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/fidelity.h"
#include "runner/format.h"
#include "runner/noise.h"
#include "runner/place.h"
#include "runner/report.h"

static const struct document_column columns[] = {
	{"configuration", false},
	{" guest  95% interval", false},
	{" ratio to reference", false},
	{"host", true},
	{"fidelity", false},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

const char *
report_place_name(const struct run_cell *place, char *buf, size_t size)
{
	bool is_size = place->frame_size[strspn(place->frame_size, "0123456789")] == '\0';

	snprintf(buf, size, "%s%s%s%s", place->frame_size, is_size ? " B" : "",
		 place->variant[0] ? ", " : "", place->variant);
	return buf;
}

/* The estimate of that metric, or none. */
static struct estimate
value_of(const struct report *report, const struct run_cell *cell, const char *metric)
{
	const struct summary_row *row = summary_find(&report->summary, cell, metric);

	return row ? row->value : estimate_none();
}

/* The reference itself: as its A/A control measured it, or else as the first configuration's pairs did. */
static void
add_reference(struct report *report, struct document *document, const struct run_cell *place)
{
	const struct run_cell *cell = place;
	struct estimate guest, host;
	struct document_row row = {0};

	for (uint32_t i = 0; i < report->run.n_cells; i++)
		if (report->run.cells[i].role == CELL_CONTROL && report->run.cells[i].n_series &&
		    cell_same_place(&report->run.cells[i], place))
			cell = &report->run.cells[i];
	guest = value_of(report, cell, side_metrics[SIDE_GUEST].reference_cycles);
	host = value_of(report, cell, side_metrics[SIDE_HOST].reference_cycles);
	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", place->reference);
	format_cycles_estimate(&guest, row.cells[1], sizeof(row.cells[1]));
	snprintf(row.cells[2], sizeof(row.cells[2]), "reference");
	format_cycles(host.value, row.cells[3], sizeof(row.cells[3]));
	fidelity_format(place->reference_fidelity, row.cells[4], sizeof(row.cells[4]));
	document_row(document, &row);
}

static void
format_ratio_cell(struct report *report, const struct run_cell *cell, char *buf, size_t size)
{
	const struct summary_row *row =
		summary_find(&report->summary, cell, side_metrics[SIDE_GUEST].cycles);
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
	struct estimate guest = value_of(report, cell, side_metrics[SIDE_GUEST].cycles);
	struct estimate host = value_of(report, cell, side_metrics[SIDE_HOST].cycles);
	struct document_row row = {0};

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", cell->configuration);
	format_cycles_estimate(&guest, row.cells[1], sizeof(row.cells[1]));
	format_ratio_cell(report, cell, row.cells[2], sizeof(row.cells[2]));
	format_cycles(host.value, row.cells[3], sizeof(row.cells[3]));
	fidelity_format(cell->fidelity, row.cells[4], sizeof(row.cells[4]));
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
	char same[2][32], across[2][32];

	for (int side = 0; side < SIDES; side++) {
		format_floor(f.same_device[side], same[side], sizeof(same[side]));
		format_floor(f.across_devices[side], across[side], sizeof(across[side]));
	}
	document_text(document,
		      "Noise floor (A/A): guest %s on one device, %s across two; host %s and %s.",
		      same[SIDE_GUEST], across[SIDE_GUEST], same[SIDE_HOST], across[SIDE_HOST]);
}

static bool
is_first_of_place(const struct run *run, const struct run_cell *cell)
{
	for (uint32_t i = 0; i < cell->id; i++)
		if (run->cells[i].role == CELL_LISTED && cell_same_place(&run->cells[i], cell))
			return false;
	return true;
}

static void
add_place(struct report *report, struct document *document, const struct run_cell *place)
{
	char name[DOCUMENT_CELL_BYTES];

	document_heading(document, 3, "%s", report_place_name(place, name, sizeof(name)));
	document_table(document, columns, N_COLUMNS);
	add_reference(report, document, place);
	for (uint32_t i = 0; i < report->run.n_cells; i++) {
		const struct run_cell *cell = &report->run.cells[i];

		if (cell->role == CELL_LISTED && cell_same_place(cell, place) &&
		    strcmp(cell->configuration, place->reference) != 0)
			add_configuration(report, document, cell);
	}
	add_noise(report, document, place);
}

void
report_configurations(struct report *report, struct document *document)
{
	const struct run *run = &report->run;

	document_heading(document, 2, "Cycles per packet, %s: medians", run->manifest.workload);
	for (uint32_t i = 0; i < run->n_cells; i++)
		if (run->cells[i].role == CELL_LISTED && is_first_of_place(run, &run->cells[i]))
			add_place(report, document, &run->cells[i]);
}
