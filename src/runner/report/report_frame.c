/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands before and behind a report's tables. */
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "runner/report/report.h"
#include "runner/results/pair_metrics.h"

/* What tracing takes of the measured time without being told. */
#define TRACING_SHARE_SAID 0.01

static const struct document_column manifest_columns[] = {{"what", false}, {"value", false}};

static uint32_t
count_measured(const struct run *run)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < run->n_cells; i++)
		n += run->cells[i].n_series > 0;
	return n;
}

/* "3", or "2 to 9" where cells that missed the precision had more. Returns buf. */
static const char *
format_restarts(const struct run *run, char *buf, size_t size)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t i = 0; i < run->n_cells; i++) {
		uint32_t n = run_cell_restarts(&run->cells[i]);

		least = n && n < least ? n : least;
		most = n > most ? n : most;
	}
	if (least < most)
		snprintf(buf, size, "%u to %u restarts", least, most);
	else
		snprintf(buf, size, "%u restart%s", most, most == 1 ? "" : "s");
	return buf;
}

static bool
is_two_process(const struct manifest *manifest)
{
	return manifest->placement[0] != '\0';
}

/* The largest share of a trial that tracing its exits took. */
static double
tracing_share(const struct run *run)
{
	double most = 0;

	for (uint32_t i = 0; i < run->n_cells; i++) {
		const struct series *series = run_cell_series(&run->cells[i], METRIC_TRACING_SHARE);

		for (size_t k = 0; series && k < series->n; k++)
			most = fmax(most, series->points[k].value);
	}
	return most;
}

void
report_head(const struct report *report, struct document *document)
{
	const struct manifest *m = &report->run.manifest;
	uint32_t measured = count_measured(&report->run);
	char slice[64], restarts[48];

	document_heading(document, 1, "%s: %s on %s", m->name, m->topology, m->machine.cpu_model);
	report_headline(report, document);
	document_text(document,
		      "%s of up to %u A B B A pairs of %s slices. %s, %u cores allowed, %s, %s; "
		      "%.1f%% of CPU time was stolen.",
		      format_restarts(&report->run, restarts, sizeof(restarts)), m->measure.pairs,
		      quantity_format(DIMENSION_TIME, (double)m->measure.slice_ns, slice,
				      sizeof(slice)),
		      m->machine.kernel, m->machine.cores, m->page_kind, m->dpdk_version,
		      100 * m->steal_share);
	if (is_two_process(m))
		document_text(document,
			      "Two processes, on cores that are near each other when a restart "
			      "begins: at first %s. The host sends %s.",
			      m->placement, strcmp(m->rate, "max") ? m->rate : "as fast as it can");
	if (measured < report->run.n_cells || strcmp(m->status, "done") != 0)
		document_text(document,
			      "The run's status is '%s': %u of its %u cells were measured.",
			      m->status, measured, report->run.n_cells);
	if (tracing_share(&report->run) > TRACING_SHARE_SAID)
		document_text(
			document,
			"Tracing exits took up to %.1f%% of a trial's time, of configuration and "
			"reference alike.",
			100 * tracing_share(&report->run));
	if (report->run.n_blocks > 1)
		document_text(document,
			      "The run was resumed on another machine or build: these are the "
			      "figures of its last block, of %u (blocks.csv).",
			      report->run.n_blocks);
}

static void
add_footnotes(const struct report *report, struct document *document)
{
	const struct manifest *m = &report->run.manifest;

	if (report->used_dagger)
		document_text(document,
			      "† The two sides of the ratio rest on different kinds of evidence; "
			      "compare their fidelity before you rely on it.");
	if (report->used_double_dagger)
		document_text(document,
			      "‡ The interval is wider than the +-%.2g%% that measure.precision "
			      "asks for.",
			      100 * m->measure.precision);
}

void
report_vague(struct document *document)
{
	document_text(document,
		      "Some intervals are too wide to say much: raise measure.restarts or "
		      "measure.budget on an idle machine.");
}

static const char lockstep_meaning[] =
	"Guest and host take turns on one core and are metered apart: a copy finds its frame in "
	"that core's cache, so that what copying costs here is the least it can.";

static const char two_process_meaning[] =
	"Guest and host are two processes that poll on two cores: each finds the other's last "
	"writes in the other core's cache, and a short burst makes each of its packets dearer. "
	"The guest's figure is of bursts that moved packets; the host's is rte_vhost's part, to "
	"send one packet and to receive one. Where the host is slower than the guest, packets per "
	"second say what the host can do, and the guest's share of busy time what it has left.";

static bool
has_levels(const struct run *run)
{
	for (uint32_t i = 0; i < run->n_cells; i++)
		if (strstr(run->cells[i].variant, "cost_level="))
			return true;
	return false;
}

static bool
is_on(const struct run *run, const char *source_with_options)
{
	for (uint32_t i = 0; i < run->n_cells; i++)
		if (strstr(run->cells[i].options, source_with_options))
			return true;
	return false;
}

/* Only of what the run has. */
static void
add_sources(const struct run *run, struct document *document)
{
	if (is_on(run, "iotlb("))
		document_text(
			document,
			"iotlb: a miss and a strict unmapping are each a vhost-user message "
			"between threads, answered in software; what they cost depends on how "
			"many cores there are.");
	if (is_on(run, "vc(") || is_on(run, "psc("))
		document_text(document,
			      "vc and psc: on SNP hardware some of it was never published "
			      "(configs/costs).");
}

void
report_meaning(const struct report *report, struct document *document)
{
	const struct manifest *m = &report->run.manifest;

	document_heading(document, 2, "What the numbers are");
	add_footnotes(report, document);
	document_text(
		document,
		"Cycles are TSC cycles at %.2f GHz. %s Each restart gives the median of its "
		"pairs. Cycles, ratios and rates are the geometric means of those; what a source "
		"costs is a difference, so that sums hold: its mean is the plain one. Intervals "
		"are 95%%, Student's t over the restarts, of geometric means over their "
		"logarithms (with one restart: over parts of it, so that they speak of that "
		"process alone). A ratio comes from the pairs, and is not the quotient of two "
		"columns.",
		(double)m->machine.tsc_hz / 1e9,
		is_two_process(m) ? two_process_meaning : lockstep_meaning);
	add_sources(&report->run, document);
	if (has_levels(&report->run))
		document_text(document,
			      "cost_level: each cost of the profile at its lowest, or at its "
			      "highest. What nobody has measured has a range there and no other "
			      "value: these rows are its bounds, swept and not measured.");
	if (strstr(m->page_kind, "4 KiB"))
		document_text(document,
			      "On 4 KiB pages copies cost more than on huge ones, at 64 B "
			      "about three times as much.");
	if (!strcmp(m->reference, "ideal"))
		document_text(document, "ideal = emulated TIO: a vhost-user device reaches the "
					"application's buffers. "
					"Memory encryption, RMP checks and IDE are not emulated.");
}

static void
add_fact(struct document *document, const char *what, const char *value)
{
	struct document_row row = {0};

	snprintf(row.cells[0], sizeof(row.cells[0]), "%s", what);
	snprintf(row.cells[1], sizeof(row.cells[1]), "%s", value[0] ? value : "-");
	document_row(document, &row);
}

void
report_manifest(const struct report *report, struct document *document)
{
	const struct manifest *m = &report->run.manifest;
	char text[DOCUMENT_CELL_BYTES];

	document_heading(document, 2, "Where and how it was measured");
	document_table(document, manifest_columns, 2);
	snprintf(text, sizeof(text), "%.60s, commit %.60s", m->tool_version, m->git_commit);
	add_fact(document, "folio", text);
	add_fact(document, "configuration", m->config_path);
	add_fact(document, "configuration's hash", m->config_hash);
	add_fact(document, "cost profile", m->costs);
	snprintf(text, sizeof(text), "%u", m->measure.seed);
	add_fact(document, "seed", text);
	add_fact(document, "started", m->started);
	add_fact(document, "finished", m->finished);
	add_fact(document, "host", m->machine.host);
	add_fact(document, "CPU", m->machine.cpu_model);
	add_fact(document, "kernel", m->machine.kernel);
	add_fact(document, "governor", m->machine.governor);
	add_fact(document, "clock source", m->machine.clock_source);
	snprintf(text, sizeof(text), "%.60s%s", m->machine.pmu,
		 strcmp(m->machine.pmu, "none") ? "" : " (n/a)");
	add_fact(document, "counters of the CPU (PMU)", text);
	add_fact(document, "sibling thread of the measuring core", m->sibling);
	snprintf(text, sizeof(text), "%.1f%% just before, %.1f%% meanwhile",
		 100 * m->others_share_before, 100 * m->others_share);
	add_fact(document, "CPU time that other programs took", text);
	add_fact(document, "memory of the shared regions", m->page_kind);
	add_fact(document, "DPDK", m->dpdk_version);
	if (is_two_process(m))
		add_fact(document, "placement", m->placement);
}
