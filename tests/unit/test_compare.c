/* SPDX-License-Identifier: BSD-3-Clause */
/* The gate as a command: what it finds in two folders, what it prints, and what it refuses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "runner/commands/commands.h"
#include "runner/compare/compare_report.h"
#include "runner/exit_status.h"
#include "runner/report/report.h"
#include "sample_run.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Two folders, messages and output of the command. */
struct folders {
	char base[64], new[64];
	char message[65536];
	char *out;
};

static struct folders f;

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	size_t used = strlen(f.message);

	(void)level;
	(void)arg;
	snprintf(f.message + used, sizeof(f.message) - used, "%s\n", text);
}

static void
write_run(char *path, size_t size, double noise, void (*change)(struct sample *sample))
{
	static const char *const frame_sizes[] = {"64", "1500", NULL};
	struct sample sample;

	sample_open(&sample, frame_sizes, noise);
	sample.experiment.measure.restarts = 8;
	sample.experiment.measure.pairs = 6;
	if (change)
		change(&sample);
	sample_folder(path, size);
	sample_write(&sample, path);
	sample_close(&sample);
}

static void
open_folders(double noise, void (*change)(struct sample *sample))
{
	write_run(f.base, sizeof(f.base), noise, NULL);
	write_run(f.new, sizeof(f.new), noise, change);
}

static void
close_folders(void)
{
	sample_remove(f.base);
	sample_remove(f.new);
}

/* Runs the command on both folders, with up to two more arguments; keeps what it says. */
static int
compare(const char *option, const char *value)
{
	char words[5][128], *argv[6] = {words[0], words[1], words[2]};
	int argc = 3, saved = dup(STDOUT_FILENO), fd, status;
	char path[] = "/tmp/folio-out-XXXXXX";
	size_t size = 0;
	FILE *file;

	snprintf(words[0], sizeof(words[0]), "compare");
	snprintf(words[1], sizeof(words[1]), "%s", f.base);
	snprintf(words[2], sizeof(words[2]), "%s", f.new);
	for (const char *more[] = {option, value, NULL}, **m = more; *m; m++) {
		snprintf(words[argc], sizeof(words[argc]), "%s", *m);
		argv[argc] = words[argc];
		argc++;
	}
	argv[argc] = NULL;
	fd = mkstemp(path);
	assert_true(fd >= 0);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	f.message[0] = '\0';
	log_set_sink(keep_message, NULL);
	optind = 0;
	status = cmd_compare(argc, argv);
	log_set_sink(NULL, NULL);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	free(f.out);
	f.out = NULL;
	file = fopen(path, "r");
	if (getdelim(&f.out, &size, '\0', file) < 0)
		f.out[0] = '\0';
	fclose(file);
	unlink(path);
	return status;
}

static void
assert_says(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("'%s' is not in: %s", wanted, text);
}

static void
be_another_run(struct sample *sample)
{
	sample->other_run = 1;
}

static void
be_slower(struct sample *sample)
{
	sample->other_run = 1;
	sample->slower = 0.1;
}

static void
be_faster(struct sample *sample)
{
	sample->other_run = 1;
	sample->slower = -0.1;
}

static void
exit_more(struct sample *sample)
{
	sample->other_run = 1;
	sample->more_exits = 1.0 / 32;
}

static void
have_one_restart(struct sample *sample)
{
	sample->experiment.measure.restarts = 1;
	sample->other_run = 1;
}

static void
cost_otherwise(struct sample *sample)
{
	snprintf(sample->experiment.costs, sizeof(sample->experiment.costs), "another");
}

static void
test_command(void **state)
{
	static const struct {
		void (*change)(struct sample *sample);
		double noise;
		int status;
		const char *says;
	} cases[] = {
		{NULL, 0, EXIT_DONE, "folio compare: UNCHANGED"},
		{be_another_run, 0.0003, EXIT_DONE, "folio compare: UNCHANGED"},
		{be_slower, 0.001, EXIT_VERDICT_FAILED, "folio compare: REGRESSED"},
		{be_faster, 0.0003, EXIT_DONE, "folio compare: IMPROVED"},
		{exit_more, 0.0003, EXIT_VERDICT_FAILED, "exits.doorbell_per_packet"},
		{be_another_run, 0.2, EXIT_INCONCLUSIVE, "folio compare: INCONCLUSIVE"},
		{have_one_restart, 0.0003, EXIT_INCONCLUSIVE, "one restart"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status;

		open_folders(cases[i].noise, cases[i].change);
		status = compare(NULL, NULL);
		assert_says(f.out, cases[i].says);
		if (status != cases[i].status)
			fail_msg("case %zu: status %d, %d expected: %s", i, status, cases[i].status,
				 f.out);
		close_folders();
	}
}

static void
be_at_rate(struct sample *sample)
{
	sample->at_rate = true;
}

static void
be_later(struct sample *sample)
{
	sample->other_run = 1;
	sample->at_rate = true;
	sample->later_ns = 600;
}

/* Runs at a rate: latencies are judged beside the cycles, which have not changed. */
static void
test_latencies(void **state)
{
	(void)state;
	write_run(f.base, sizeof(f.base), 0.0003, be_at_rate);
	write_run(f.new, sizeof(f.new), 0.0003, be_later);
	assert_int_equal(compare(NULL, NULL), EXIT_VERDICT_FAILED);
	assert_says(f.out, "latency_p50_ratio");
	assert_says(f.out, "2 regressed");
	close_folders();
}

static double
ratio_in_report(const char *folder, const char *configuration)
{
	double ratio = NAN;
	struct report report;

	assert_int_equal(report_open(folder, &report), 0);
	for (uint32_t i = 0; i < report.run.n_cells && isnan(ratio); i++)
		if (!strcmp(report.run.cells[i].configuration, configuration))
			ratio = summary_find(&report.summary, &report.run.cells[i],
					     side_metrics[SIDE_GUEST].cost)
					->ratio.value;
	report_close(&report);
	return ratio;
}

/* One run's ratio is the same figure in its report and in a comparison. */
static void
test_means_are_the_reports(void **state)
{
	char wanted[128];

	(void)state;
	open_folders(0.1, be_another_run);
	assert_int_equal(compare("--markdown", "-"), EXIT_INCONCLUSIVE);
	snprintf(wanted, sizeof(wanted), "| folio, 64 B | guest_ratio | %.5g | %.5g |",
		 ratio_in_report(f.base, "folio"), ratio_in_report(f.new, "folio"));
	assert_says(f.out, wanted);
	close_folders();
}

static char *
read_whole(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static void
test_outputs(void **state)
{
	char path[128], command[256], *text;

	(void)state;
	open_folders(0.001, be_slower);
	assert_int_equal(compare("--markdown", "-"), EXIT_VERDICT_FAILED);
	assert_says(f.out, "# folio compare: REGRESSED");
	assert_says(f.out, "| regressed |");
	assert_says(f.out, "A/A controls: 0 of 4 would have raised an alarm");
	snprintf(path, sizeof(path), "%s/junit.xml", f.new);
	assert_int_equal(compare("--junit", path), EXIT_VERDICT_FAILED);
	text = read_whole(path);
	assert_says(text, "<?xml version=\"1.0\"");
	assert_says(text, "failures=\"2\"");
	assert_says(text, "<testcase classname=\"macswap.64\" name=\"folio guest_ratio\">"
			  "<failure message=\"regressed: ");
	free(text);
	snprintf(command, sizeof(command),
		 "/usr/bin/python3 -c \"import xml.dom.minidom as m; m.parse('%s')\"", path);
	assert_int_equal(system(command), 0);
	assert_int_equal(compare("--markdown", "/nonexistent/x"), EXIT_MACHINE_LACKS);
	assert_says(f.message, "/nonexistent/x: cannot write");
	close_folders();
}

static void
edit(const char *folder, const char *name, const char *program)
{
	char command[512];

	snprintf(command, sizeof(command), "sed -i '%s' %s/%s", program, folder, name);
	assert_int_equal(system(command), 0);
}

static void
test_what_differs_is_refused(void **state)
{
	(void)state;
	open_folders(0.0003, cost_otherwise);
	assert_int_equal(compare(NULL, NULL), EXIT_BAD_USAGE);
	assert_says(f.message, "manifest.json:1: run.costs: found 'another'");
	assert_int_equal(compare("--allow-different", NULL), EXIT_DONE);
	assert_says(f.message, "run.costs: found 'another'");
	close_folders();
	open_folders(0.0003, be_another_run);
	edit(f.new, "plan.csv", "4s/,real,stand-in/,modelled,stand-in/");
	assert_int_equal(compare(NULL, NULL), EXIT_BAD_USAGE);
	assert_says(f.message, "plan.csv:4: fidelity: found 'modelled'");
	close_folders();
	/* A cell that NEW lacks is no pass. */
	open_folders(0.0003, be_another_run);
	edit(f.new, "trials.csv", "/^2,folio,/d");
	assert_int_equal(compare(NULL, NULL), EXIT_INCONCLUSIVE);
	assert_says(f.out, "1 cells of BASE that NEW did not measure");
	close_folders();
}

/* Whatever is in a folder: a message that names file and line, and status 2. */
static void
test_damaged_folders(void **state)
{
	static const struct {
		const char *file, *program, *says;
	} cases[] = {
		{"plan.csv", "3s/^1/9/", "plan.csv:3: damaged"},
		{"plan.csv", "3s/A.A/A\\x1b[31mA/", "plan.csv:3: damaged: the text in column 3"},
		{"plan.csv", "3s/A.A/A\\xffA/", "plan.csv:3: damaged: the text in column 3"},
		{"plan.csv", "1s/role/rule/", "plan.csv:1: damaged"},
		{"trials.csv", "5s/,[0-9.]*,\\([a-z+-]*\\)$/,nan,\\1/", "trials.csv:5: damaged"},
		{"trials.csv", "5s/^0/4000000000/", "trials.csv:5: damaged"},
		{"trials.csv", "5s/64,0,/64,4294967295,/", "trials.csv:5: damaged"},
		{"trials.csv", "7s/$/,more/", "trials.csv:7: damaged"},
		{"trials.csv", "7s/.*/&\\n&/", "trials.csv:8: damaged"},
		{"trials.csv",
		 "9{s/.*/xxxxxxxx/;s/x/&&&&&&&&&&&&&&&&/g;s/x/&&&&&&&&&&&&&&&&/g;s/x/&&&&&&&&&&/g}",
		 "trials.csv:9: damaged"},
		{"manifest.json", "3s/:/,/", "manifest.json:3:"},
		{"manifest.json", "s/\"pairs\": 6/\"pairs\": 0/", "measure.pairs"},
		{"manifest.json", "s/\"tsc_hz\": [0-9]*/\"tsc_hz\": -1/", "machine.tsc_hz"},
		{"manifest.json", "s/\"name\": \"sample\"/\"name\": \"a\\\\u001bb\"/", "run.name"},
	};
	char path[128];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_folders(0, be_another_run);
		edit(f.new, cases[i].file, cases[i].program);
		if (compare(NULL, NULL) != EXIT_BAD_USAGE)
			fail_msg("case %zu was taken: %s", i, f.out);
		assert_says(f.message, cases[i].says);
		close_folders();
	}
	open_folders(0, NULL);
	snprintf(path, sizeof(path), "%s/trials.csv", f.new);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(compare(NULL, NULL), EXIT_BAD_USAGE);
	assert_says(f.message, "trials.csv: cannot read");
	close_folders();
}

static int
compare_with(const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/thresholds.yaml", f.new);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return compare("--thresholds", path);
}

static void
test_thresholds(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"tolerances: {guest_ratio: 1%}\n", "found no key 'folio-thresholds'"},
		{"folio-thresholds: 2\n", ":1: folio-thresholds: found '2'"},
		{"folio-thresholds: 1\ntolerances: {guest_ratio: 0.01}\n",
		 ":2: tolerances.guest_ratio: found '0.01'"},
		{"folio-thresholds: 1\ntolerances: {guest_cycles: 1%}\n",
		 ":2: tolerances.guest_cycles: found a key"},
		{"folio-thresholds: 1\ntolerances: {}\n", "found no tolerance"},
		{"folio-thresholds: 1\nfalse_alarms: 90%\n", ":2: false_alarms: found '90%'"},
		{"[", "thresholds.yaml:"},
	};

	(void)state;
	open_folders(0.001, be_slower);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(compare_with(bad[i].text), EXIT_BAD_USAGE);
		assert_says(f.message, bad[i].says);
	}
	assert_int_equal(compare_with("folio-thresholds: 1\ntolerances: {guest_ratio: 20%}\n"),
			 EXIT_DONE);
	assert_int_equal(compare_with("folio-thresholds: 1\ntolerances: {host_ratio: 10%}\n"),
			 EXIT_DONE);
	/* Raw cycles are judged on one machine only. */
	assert_int_equal(
		compare_with("folio-thresholds: 1\ntolerances: {guest_cycles_per_packet: 5%}\n"),
		EXIT_VERDICT_FAILED);
	edit(f.new, "manifest.json", "s/\"cores\": [0-9]*/\"cores\": 999/");
	assert_int_equal(
		compare_with("folio-thresholds: 1\ntolerances: {guest_cycles_per_packet: 5%}\n"),
		EXIT_BAD_USAGE);
	assert_says(f.message, "no figure in common");
	assert_int_equal(compare("--thresholds", TEST_SOURCE_DIR "/configs/thresholds.yaml"),
			 EXIT_VERDICT_FAILED);
	close_folders();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_latencies),
		cmocka_unit_test(test_means_are_the_reports),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_what_differs_is_refused),
		cmocka_unit_test(test_damaged_folders),
		cmocka_unit_test(test_thresholds),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(f.out);
	return failed;
}
