/* SPDX-License-Identifier: BSD-3-Clause */
/* The paper's figures and claims as data, and what a recorded run makes of them. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "datapath/sources/source.h"
#include "runner/commands/commands.h"
#include "runner/config/experiment.h"
#include "runner/config/presets.h"
#include "runner/exit_status.h"
#include "runner/paper/paper.h"
#include "runner/paper/verdict.h"
#include "runner/report/report.h"
#include "sample_run.h"

/* In place of paper_dir()'s, where a test sets it. */
static const char *other_dir;
const char *__real_paper_dir(void);
const char *__wrap_paper_dir(void);

const char *
__wrap_paper_dir(void)
{
	return other_dir ? other_dir : __real_paper_dir();
}

static char said[4096];

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	size_t used = strlen(said);

	(void)level;
	(void)arg;
	snprintf(said + used, sizeof(said) - used, "%s\n", text);
}

/* The configurations of the files that are held against tables. */
static const char *const experiments[] = {
	"table1", "paper/f5", "paper/f6", "paper/f7", "paper/f8", "paper/f9", "paper/f11",
};

#define N_EXPERIMENTS (sizeof(experiments) / sizeof(experiments[0]))

static struct experiment *
open_experiment(const char *name)
{
	struct experiment *experiment;
	char path[256];

	snprintf(path, sizeof(path), TEST_SOURCE_DIR "/configs/%s.yaml", name);
	assert_int_equal(experiment_open(path, costs_dir(), NULL, 0, &experiment), 0);
	return experiment;
}

static void
check_configuration(const struct experiment *experiment, const char *name)
{
	uint32_t i = 0;

	while (i < experiment->n_configurations &&
	       strcmp(experiment->configurations[i].name, name) != 0)
		i++;
	assert_true(!*name || i < experiment->n_configurations);
}

/* A row is of cells that there are: else it would be "not measurable" for ever. */
static void
check_cells(const struct experiment *experiment, const struct expected *expected)
{
	struct run_cell place;
	uint32_t n = 0;

	check_configuration(experiment, expected->configuration);
	check_configuration(experiment, expected->relative_to);
	check_configuration(experiment, expected->proxy);
	for (uint32_t i = 0; i < experiment->n_cells; i++) {
		const struct cell *cell = &experiment->cells[i];

		snprintf(place.frame_size, sizeof(place.frame_size), "%s", cell->traffic_label);
		snprintf(place.variant, sizeof(place.variant), "%s", cell->variant);
		n += verdict_is_at(expected, &place);
	}
	assert_true(n > 0);
}

/* Returns how many rows are of it. */
static size_t
check_experiment(const char *name, const struct paper *paper)
{
	struct experiment *experiment = open_experiment(name);
	size_t n = 0;

	for (size_t i = 0; i < paper->n_expected; i++) {
		const struct expected *e = &paper->expected[i];

		if (strcmp(e->table, experiment->paper) != 0 || !*e->metric)
			continue;
		check_cells(experiment, e);
		n++;
	}
	for (size_t i = 0; i < paper->n_claims; i++) {
		if (strcmp(paper->claims[i].table, experiment->paper) != 0)
			continue;
		check_configuration(experiment, paper->claims[i].left);
		check_configuration(experiment, paper->claims[i].right);
	}
	experiment_close(experiment);
	return n;
}

static void
check_needs(const char *needs)
{
	char text[PAPER_TEXT_BYTES], *rest = text;

	snprintf(text, sizeof(text), "%s", needs);
	for (char *need; (need = strsep(&rest, ";"));) {
		char *option = strchr(need, '.');
		bool known = false;

		if (option)
			*option = '\0';
		for (const struct factor *f = factors_all(); *need && f->name; f++)
			known |= f->source && !strcmp(f->source, need);
		assert_true(known || !*need);
	}
}

/* What nothing measures says why. */
static void
check_metric(const struct expected *expected)
{
	assert_true(!expected_is_judged(expected) || *expected->note);
	assert_true(expected_is_judged(expected) || *expected->metric);
	if (*expected->metric)
		assert_true(metric_is_of_pairs(expected->metric) ||
			    !strncmp(expected->metric, METRIC_LATENCY_POOLED,
				     strlen(METRIC_LATENCY_POOLED)) ||
			    !strcmp(expected->metric, METRIC_THROUGHPUT "pdr_conditional_pps") ||
			    !strncmp(expected->metric, METRIC_SHADOW_BYTES,
				     strlen(METRIC_SHADOW_BYTES)));
}

static void
test_data(void **state)
{
	struct run_cell place = {.frame_size = "payload:100", .variant = "queues=1, rate=5 kpps"};
	struct names tables = {0};
	size_t measured = 0, checked = 0;
	struct paper paper;

	(void)state;
	assert_int_equal(paper_open(paper_dir(), &paper), 0);
	for (size_t i = 0; i < paper.n_expected; i++) {
		check_metric(&paper.expected[i]);
		measured += *paper.expected[i].metric != '\0';
	}
	for (size_t i = 0; i < N_EXPERIMENTS; i++)
		checked += check_experiment(experiments[i], &paper);
	assert_int_equal(checked, measured);
	for (size_t i = 0; i < paper.n_claims; i++) {
		check_needs(paper.claims[i].needs);
		assert_true(metric_is_of_pairs(paper.claims[i].metric));
		assert_true(*paper.claims[i].cause);
	}
	paper_tables(&paper, &tables);
	assert_true(names_has(&tables, "T1"));
	assert_non_null(verdict_find(&paper, "T1", &place, "vm-dpdk", "latency_mean_ns"));
	assert_null(verdict_find(&paper, "T1", &place, "ideal", "latency_mean_ns"));
	assert_non_null(verdict_find(&paper, "F5", &place, "folio", "latency_mean_ns"));
	snprintf(place.variant, sizeof(place.variant), "rate=5 kpps0");
	assert_null(verdict_find(&paper, "F5", &place, "folio", "latency_mean_ns"));
	paper_close(&paper);
}

#define EXPECTED "table,configuration,relative_to,metric,relation,value,where,what,proxy,note\n"
#define CLAIMS "table,claim,metric,left,right,low,high,needs,paper,cause\n"

static void
write_text(const char *folder, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int
open_of(const char *expected, const char *claims)
{
	char folder[32];
	struct paper paper;

	sample_folder(folder, sizeof(folder));
	write_text(folder, "expected.csv", expected);
	write_text(folder, "claims.csv", claims);
	int error = paper_open(folder, &paper);

	if (!error)
		paper_close(&paper);
	sample_remove(folder);
	return error;
}

static void
test_damaged(void **state)
{
	(void)state;
	assert_int_equal(open_of(EXPECTED "T1,a,b,m,=,1.5,,,,\n", CLAIMS "T1,c,m,a,b,1,,,x,y\n"),
			 0);
	assert_int_equal(open_of(EXPECTED "T1,a,b,m,<,1.5,,,,\n", CLAIMS), -ENOPKG);
	assert_int_equal(open_of(EXPECTED "T1,a,b,m,at most,1.5,,F,,n\n", CLAIMS), 0);
	assert_int_equal(open_of(EXPECTED "T1,a,b,m,at most,1.5,,,,n\n", CLAIMS), -ENOPKG);
	assert_int_equal(open_of(EXPECTED "T1,a,b,m,=,0,,,,\n", CLAIMS), -ENOPKG);
	assert_int_equal(open_of(EXPECTED "T1,a,b,m,=,many,,,,\n", CLAIMS), -ENOPKG);
	assert_int_equal(open_of("table\n", CLAIMS), -ENOPKG);
	assert_int_equal(open_of(EXPECTED, CLAIMS "T1,c,m,a,b,,,,x,y\n"), -ENOPKG);
	assert_int_equal(open_of(EXPECTED, CLAIMS "T1,c,m,a,b,2,1,,x,y\n"), -ENOPKG);
	assert_int_equal(open_of(EXPECTED, CLAIMS "T1,c,m,a,b,1\n"), -ENOPKG);
	/* Cut short: between fields, within the last one, within the columns. */
	assert_int_equal(open_of(EXPECTED "T1,a,b,m,=,1.5,,,,\nT1,a,b", CLAIMS), -ENOPKG);
	assert_int_equal(open_of(EXPECTED, CLAIMS "T1,c,m,a,b,1,,,x,y"), -ENOPKG);
	assert_int_equal(open_of("table,conf", CLAIMS), -ENOPKG);
	assert_int_equal(open_of("", CLAIMS), -ENOPKG);
}

static enum verdict
verdict(double low, double high, double ci_low, double ci_high, size_t n)
{
	const struct estimate ratio = {(ci_low + ci_high) / 2, ci_low, ci_high, n};

	return verdict_of(low, high, &ratio);
}

static void
test_verdicts(void **state)
{
	(void)state;
	assert_int_equal(verdict(2, 3, 2.1, 2.9, 5), VERDICT_HOLDS);
	assert_int_equal(verdict(2, 3, 1.9, 2.9, 5), VERDICT_NOT_DISTINGUISHABLE);
	assert_int_equal(verdict(2, 3, 2.1, 3.1, 5), VERDICT_NOT_DISTINGUISHABLE);
	assert_int_equal(verdict(2, 3, 3.1, 3.2, 5), VERDICT_DOES_NOT_HOLD);
	assert_int_equal(verdict(2, 3, 1, 1.9, 5), VERDICT_DOES_NOT_HOLD);
	assert_int_equal(verdict(50, NAN, 60, 900, 5), VERDICT_HOLDS);
	assert_int_equal(verdict(50, NAN, 2, 3, 5), VERDICT_DOES_NOT_HOLD);
	assert_int_equal(verdict(NAN, 1.06, 0.9, 1.05, 5), VERDICT_HOLDS);
	assert_int_equal(verdict(NAN, 1.06, 0.9, 1.05, 0), VERDICT_NOT_MEASURABLE);
	assert_int_equal(verdict(2, 3, NAN, NAN, 1), VERDICT_NOT_DISTINGUISHABLE);
}

struct recorded {
	struct sample sample;
	char folder[32];
	struct folder opened;
	struct run run;
	struct summary summary;
};

static const char *const sizes[] = {"64", NULL};

static void
record(struct recorded *r, double noise)
{
	sample_open(&r->sample, sizes, noise);
	r->sample.at_rate = true;
	snprintf(r->sample.experiment.paper, sizeof(r->sample.experiment.paper), "T1");
	sample_folder(r->folder, sizeof(r->folder));
	sample_write(&r->sample, r->folder);
	assert_int_equal(folder_open(&r->opened, r->folder), 0);
	assert_int_equal(run_files_read(&r->opened, &r->run), 0);
	assert_int_equal(summary_open(&r->run, &r->summary), 0);
}

static void
forget(struct recorded *r)
{
	summary_close(&r->summary);
	run_files_close(&r->run);
	folder_close(&r->opened);
	sample_remove(r->folder);
	sample_close(&r->sample);
}

static double
latency_ns(const struct sample *sample, const char *configuration)
{
	const struct cell *cell = sample_cell(sample, configuration, "64");

	return sample_guest_cycles(&cell->config, cell) + sample_host_cycles(&cell->config, cell) +
	       3000;
}

static double
ideal_ns(const struct sample *sample)
{
	const struct cell *cell = sample_cell(sample, "folio", "64");

	return sample_guest_cycles(&cell->reference_config, cell) +
	       sample_host_cycles(&cell->reference_config, cell) + 3000;
}

static void
assert_close(double found, double expected)
{
	assert_true(fabs(found - expected) < 1e-6);
}

static void
test_ratios(void **state)
{
	struct recorded r;
	struct estimate e;

	(void)state;
	record(&r, 0);
	const char *metric = METRIC_LATENCY "mean_ns";
	double folio = latency_ns(&r.sample, "folio"), naive = latency_ns(&r.sample, "naive");

	e = verdict_ratio(&r.summary, &r.run.cells[0], metric, "folio", "ideal");
	assert_close(e.value, folio / ideal_ns(&r.sample));
	e = verdict_ratio(&r.summary, &r.run.cells[0], metric, "ideal", "folio");
	assert_close(e.value, ideal_ns(&r.sample) / folio);
	e = verdict_ratio(&r.summary, &r.run.cells[0], metric, "naive", "folio");
	assert_close(e.value, naive / folio);
	assert_true(e.ci_low <= e.value && e.value <= e.ci_high);
	e = verdict_ratio(&r.summary, &r.run.cells[0], metric, "naive", "vm-sriov");
	assert_int_equal(e.n, 0);
	forget(&r);
	record(&r, 0.01);
	e = verdict_ratio(&r.summary, &r.run.cells[0], metric, "naive", "folio");
	assert_true(e.ci_low < e.value && e.value < e.ci_high);
	forget(&r);
}

static struct expected
expected_of(enum expected_relation relation, double value, const char *relative_to)
{
	struct expected e = {.configuration = "folio",
			     .metric = METRIC_LATENCY "mean_ns",
			     .relation = relation,
			     .value = value};

	snprintf(e.relative_to, sizeof(e.relative_to), "%s", relative_to);
	return e;
}

static enum verdict
judge(const struct recorded *r, struct expected e)
{
	struct estimate found = verdict_found(&r->summary, &r->run.cells[0], &e, e.relative_to);

	return verdict_of_expected(&e, &found);
}

static void
test_expected(void **state)
{
	struct recorded r;

	(void)state;
	record(&r, 0.0001);
	double ns = latency_ns(&r.sample, "folio"), ratio = ns / ideal_ns(&r.sample);

	assert_int_equal(judge(&r, expected_of(EXPECTED_AT_MOST, 1.01 * ratio, "ideal")),
			 VERDICT_HOLDS);
	assert_int_equal(judge(&r, expected_of(EXPECTED_AT_MOST, 0.99 * ratio, "ideal")),
			 VERDICT_DOES_NOT_HOLD);
	assert_int_equal(judge(&r, expected_of(EXPECTED_AT_LEAST, 0.99 * ratio, "ideal")),
			 VERDICT_HOLDS);
	assert_int_equal(judge(&r, expected_of(EXPECTED_AT_LEAST, 1.01 * ratio, "ideal")),
			 VERDICT_DOES_NOT_HOLD);
	assert_int_equal(judge(&r, expected_of(EXPECTED_AT_MOST, 1.01 * ns, "")), VERDICT_HOLDS);
	assert_int_equal(judge(&r, expected_of(EXPECTED_AT_LEAST, 1.01 * ns, "")),
			 VERDICT_DOES_NOT_HOLD);
	assert_int_equal(judge(&r, expected_of(EXPECTED_AT_MOST, 1, "vm-dpdk")),
			 VERDICT_NOT_MEASURABLE);
	forget(&r);
}

static const char *
lacks(const struct recorded *r, const char *needs, char *buf)
{
	struct claim claim = {.left = "folio", .right = "naive"};

	snprintf(claim.needs, sizeof(claim.needs), "%s", needs);
	return verdict_lacks(&r->summary, &r->run.cells[0], &claim, buf);
}

static void
test_needs(void **state)
{
	char buf[PAPER_TEXT_BYTES];
	struct recorded r;
	struct claim claim;

	(void)state;
	record(&r, 0);
	assert_null(lacks(&r, "", buf));
	assert_null(lacks(&r, "vc;bounce_copy", buf));
	assert_string_equal(lacks(&r, "bounce_copy;host_path", buf), "host_path");
	assert_string_equal(lacks(&r, "bounce", buf), "bounce");
	assert_string_equal(lacks(&r, "vc.nothing", buf), "vc.nothing");
	/* The sample's costs are options' defaults. */
	assert_string_equal(lacks(&r, "vc.cost", buf), "vc.cost");
	for (uint32_t i = 0; i < r.run.n_cells; i++)
		snprintf(r.run.cells[i].options, sizeof(r.run.cells[i].options),
			 "psc(cost=0 cycles, every=1) vc(at=idle, cost=500 cycles)");
	assert_null(lacks(&r, "vc.cost", buf));
	assert_string_equal(lacks(&r, "vc.cost;psc.cost", buf), "psc.cost");
	/* The reference has no cell of its own but the control. */
	claim = (struct claim){.left = "ideal", .right = "vm-sriov", .needs = "vc"};
	assert_null(verdict_lacks(&r.summary, &r.run.cells[0], &claim, buf));
	claim = (struct claim){.left = "vm-dpdk", .right = "vm-sriov", .needs = "vc"};
	assert_string_equal(verdict_lacks(&r.summary, &r.run.cells[0], &claim, buf), "vc");
	forget(&r);
}

static void
test_report(void **state)
{
	struct recorded r;
	char *text = NULL;
	size_t size;

	(void)state;
	record(&r, 0.001);
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(report_make(r.folder, file), 0);
	fclose(file);
	assert_non_null(strstr(text, "Beside the paper: T1"));
	assert_non_null(strstr(text, "FOLIO is one copy from the ideal: under 6%"));
	assert_non_null(strstr(text, "1.0009x (F5a)"));
	assert_non_null(strstr(text, "not measurable here"));
	free(text);
	forget(&r);
}

/* A folder whose expected.csv is cut short, in place of the paper's. */
static void
damage_paper(char *folder, size_t size)
{
	sample_folder(folder, size);
	write_text(folder, "expected.csv", EXPECTED "T1,vm-virtio,vm-sriov,latency_mea");
	write_text(folder, "claims.csv", CLAIMS);
	other_dir = folder;
	said[0] = '\0';
	log_set_sink(keep_message, NULL);
}

static void
mend_paper(const char *folder)
{
	log_set_sink(NULL, NULL);
	other_dir = NULL;
	sample_remove(folder);
}

/* All else is made and printed; that the paper's are missing is said, and is the status. */
static void
test_report_without_paper(void **state)
{
	char folder[32], *text = NULL;
	struct recorded r;
	size_t size;

	(void)state;
	record(&r, 0.001);
	char *arguments[] = {(char *)"report", r.folder, NULL};
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	damage_paper(folder, sizeof(folder));
	assert_int_equal(report_make(r.folder, file), -ENOPKG);
	fclose(file);
	assert_non_null(strstr(said, "expected.csv:2: damaged: the line is cut short"));
	assert_non_null(strstr(text, "Beside the paper: T1"));
	assert_non_null(strstr(text, "could not be read"));
	assert_non_null(strstr(text, "naive"));
	assert_int_equal(cmd_report(2, arguments), EXIT_MACHINE_LACKS);
	mend_paper(folder);
	free(text);
	forget(&r);
}

/* A suite speaks of the paper whatever its runs are held against. */
static void
test_suite_without_paper(void **state)
{
	char folder[32], suite[32], run[64];
	struct sample sample;

	(void)state;
	sample_folder(suite, sizeof(suite));
	char *arguments[] = {(char *)"report", suite, NULL};

	write_text(suite, "runs.csv", "run,status,reason\nsmall,done,\n");
	snprintf(run, sizeof(run), "%s/small", suite);
	sample_open(&sample, sizes, 0.001);
	sample_write(&sample, run);
	sample_close(&sample);
	assert_int_equal(cmd_report(2, arguments), EXIT_DONE);
	damage_paper(folder, sizeof(folder));
	assert_int_equal(cmd_report(2, arguments), EXIT_MACHINE_LACKS);
	assert_non_null(strstr(said, "expected.csv:2: damaged"));
	mend_paper(folder);
	sample_remove(suite);
}

/* Before anything runs, not when it has been measured. */
static void
test_run_without_paper(void **state)
{
	char folder[32], config[64], out[64];

	(void)state;
	damage_paper(folder, sizeof(folder));
	snprintf(config, sizeof(config), "%s/t1.yaml", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	char *arguments[] = {(char *)"run", config, (char *)"--out", out, NULL};

	write_text(folder, "t1.yaml",
		   "folio: 1\nname: t1\npaper: T1\nconfigurations: [{preset: folio}]\n");
	assert_int_equal(cmd_run(4, arguments), EXIT_MACHINE_LACKS);
	assert_int_not_equal(access(out, F_OK), 0);
	mend_paper(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_without_paper),
		cmocka_unit_test(test_suite_without_paper),
		cmocka_unit_test(test_run_without_paper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
