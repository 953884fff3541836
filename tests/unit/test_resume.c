/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs that were interrupted: what is done, what a kill left, what must not be resumed. */
#include <errno.h>
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
#include "runner/results/blocks.h"
#include "runner/results/folder.h"
#include "runner/results/results.h"
#include "runner/results/run_files.h"
#include "sample_in_folder.h"

static const char *const frame_sizes[] = {"64", NULL};
static const struct results_platform here = {"DPDK 22.11.11", "2 MiB huge pages", "", "none", 0};
static const struct results_platform elsewhere = {"DPDK 22.11.11", "4 KiB pages", "", "none", 0};

static struct trial trial;

static int
setup(void **state)
{
	return sample_begin(state, frame_sizes);
}

static const char *
file_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder_path, name);
	return path;
}

static off_t
file_bytes(const char *name)
{
	struct stat st;

	assert_int_equal(stat(file_path(name), &st), 0);
	return st.st_size;
}

/* Adds the trials of a restart from one cell on, up to another. */
static void
add_trials(const struct sample *sample, struct results *results, uint32_t restart, uint32_t from,
	   uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		sample_trial(sample, &sample->experiment.cells[i], restart, &trial);
		assert_int_equal(results_add(results, &trial), 0);
	}
}

/* A run that ended, without a word, after all of restart 0 and n cells of restart 1. */
static void
interrupt_after(const struct sample *sample, uint32_t n)
{
	struct results *results;

	sample_remove(folder_path);
	said[0] = '\0';
	assert_int_equal(results_create(folder_path, &sample->experiment, &here, &results), 0);
	add_trials(sample, results, 0, 0, sample->experiment.n_cells);
	add_trials(sample, results, 1, 0, n);
	results_close(results);
}

static int
resume(const struct sample *sample, struct results **results)
{
	return results_resume(folder_path, &sample->experiment, results);
}

static void
test_what_is_done(void **state)
{
	const struct sample *sample = *state;
	uint32_t n_cells = sample->experiment.n_cells;
	const struct done_trials *done;
	struct results *results;

	interrupt_after(sample, 3);
	assert_int_equal(resume(sample, &results), 0);
	assert_false(results_finished(results));
	done = results_done(results);
	assert_int_equal(done->n, n_cells + 3);
	assert_int_equal(done->at[n_cells + 2].cell, 2);
	assert_int_equal(done->at[n_cells + 2].restart, 1);
	assert_int_equal(done->at[0].duration_ns, 12000000);
	assert_true(done->at[3].guest_ratio > 1);
	assert_int_equal(results_continue(results, &here), 0);
	add_trials(sample, results, 1, 3, n_cells);
	add_trials(sample, results, 2, 0, n_cells);
	assert_int_equal(results_finish(results, "done"), 0);
	results_close(results);
	assert_string_equal(said, "");

	assert_int_equal(resume(sample, &results), 0);
	assert_true(results_finished(results));
	assert_int_equal(results_done(results)->n, 3 * n_cells);
	results_close(results);
}

/* A trial at a rate, with a search, has rows of its own; none of them stands behind its last one. */
static void
test_trials_at_a_rate(void **state)
{
	const struct sample *sample = *state;
	struct results *results;

	assert_int_equal(results_create(folder_path, &sample->experiment, &here, &results), 0);
	for (uint32_t cell = 0; cell < 2; cell++) {
		sample_trial(sample, &sample->experiment.cells[cell], 0, &trial);
		trial.latency.frames = trial.reference_latency.frames = 1000;
		trial.throughput.trials = trial.reference_throughput.trials = 8;
		assert_int_equal(results_add(results, &trial), 0);
	}
	results_close(results);
	assert_int_equal(resume(sample, &results), 0);
	assert_int_equal(results_done(results)->n, 2);
	results_close(results);
	assert_string_equal(said, "");
}

/* The last trial cut off at each of many places: within a line, and between two. */
static void
test_torn_last_trial(void **state)
{
	const struct sample *sample = *state;
	off_t before, after;
	struct results *results;

	interrupt_after(sample, 2);
	before = file_bytes("trials.csv");
	interrupt_after(sample, 3);
	after = file_bytes("trials.csv");
	for (off_t at = after - 1; at > before; at -= 1 + (after - at) / 3) {
		interrupt_after(sample, 3);
		assert_int_equal(truncate(file_path("trials.csv"), at), 0);
		assert_int_equal(resume(sample, &results), 0);
		assert_said("is measured again");
		assert_int_equal(results_done(results)->n, sample->experiment.n_cells + 2);
		assert_int_equal(file_bytes("trials.csv"), before);
		assert_int_equal(results_continue(results, &here), 0);
		add_trials(sample, results, 1, 2, 3);
		results_close(results);
		assert_int_equal(file_bytes("trials.csv"), after);
	}
}

/* A kill before the first trial: whichever of the first files was not written yet. */
static void
test_first_files_missing(void **state)
{
	static const char *const files[] = {"trials.csv", "plan.csv", "config.yaml", "blocks.csv"};
	const struct sample *sample = *state;
	struct results *results;

	for (size_t n = 1; n <= sizeof(files) / sizeof(files[0]); n++) {
		sample_remove(folder_path);
		assert_int_equal(results_create(folder_path, &sample->experiment, &here, &results),
				 0);
		sample_trial(sample, &sample->experiment.cells[0], 0, &trial);
		assert_int_equal(results_add(results, &trial), 0);
		results_close(results);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(unlink(file_path(files[i])), 0);
		assert_int_equal(resume(sample, &results), 0);
		assert_int_equal(results_done(results)->n, 0);
		assert_int_equal(results_continue(results, &here), 0);
		add_trials(sample, results, 0, 0, 1);
		results_close(results);
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			assert_int_equal(access(file_path(files[i]), F_OK), 0);
	}
	assert_string_equal(said, "");
}

static void
test_unfinished_first_file(void **state)
{
	const struct sample *sample = *state;
	FILE *file = fopen(file_path(".manifest.json.tmp"), "w");
	struct results *results;

	assert_non_null(file);
	fclose(file);
	assert_int_equal(resume(sample, &results), -EBADMSG);
	assert_said("manifest.json");
	assert_int_equal(results_create(folder_path, &sample->experiment, &here, &results), 0);
	assert_int_not_equal(access(file_path(".manifest.json.tmp"), F_OK), 0);
	results_close(results);
}

/* Puts the text in the place of the first that begins so, in the n-th line that holds it. */
static void
replace(const char *name, const char *from, const char *to, int skip)
{
	size_t size = (size_t)file_bytes(name);
	char *text = calloc(1, size + 1), *at = text;
	FILE *file = fopen(file_path(name), "r+");

	assert_non_null(text);
	assert_non_null(file);
	assert_int_equal(fread(text, 1, size, file), size);
	at = strstr(text, from);
	for (; at && skip; skip--)
		at = strstr(at + 1, from);
	assert_non_null(at);
	fclose(file);
	file = fopen(file_path(name), "w");
	assert_non_null(file);
	fwrite(text, 1, (size_t)(at - text), file);
	fputs(to, file);
	fputs(at + strlen(from), file);
	fclose(file);
	free(text);
}

static void
test_damage_is_refused(void **state)
{
	static const struct {
		const char *file, *from, *to;
		int skip;
		const char *said;
	} cases[] = {
		{"trials.csv", "cell,conf", "cell;conf", 0, "trials.csv:1: damaged: the columns"},
		{"trials.csv", ",trial_duration,", ",trial_duretion,", 0,
		 "the trial before it has no trial_duration"},
		{"trials.csv", "\n1,A/A devices,", "\n0,A/A,", 0,
		 "the trial stands further up too"},
		{"trials.csv", "\n0,A/A,macswap,64,0,", "\n0,A/A,macswap,65,0,", 2,
		 "trials.csv:4: damaged: its cell is not in plan.csv"},
		{"trials.csv", "\n0,A/A,macswap,64,0,", "\n99999,A/A,macswap,64,0,", 2,
		 "trials.csv:4: damaged: its cell"},
		{"trials.csv", "\n0,A/A,macswap,64,0,", "\n0,A/A,macswap,64,0", 2, "fewer fields"},
		{"trials.csv", ",macswap,64,0,trial_duration,ns,12000000",
		 ",macswap,64,0,trial_duration,ns,-1", 0, "no trial takes so long"},
		{"trials.csv", ",macswap,64,0,", ",macswap,64,4294967295,", 0, "so many restarts"},
		{"trials.csv", ",macswap,64,0,", ",macswap,64,-1,", 0, "a count is wanted"},
		{"plan.csv", "\n1,control-dev", "\n1,control-def", 0, "plan.csv:3: damaged"},
		{"plan.csv", "\n2,", "\n", 0, "plan.csv:4: damaged"},
		{"config.yaml", "name: sample", "name: simple", 0, "config.yaml:2: damaged"},
		{"blocks.csv", "\n0,0,", "\n0,1,", 0, "blocks.csv:2: damaged: found block 0"},
		{"blocks.csv", "\n0,0,", "\n7,0,", 0, "blocks.csv:2: damaged: found block 7"},
		{"manifest.json", "\"machine\"", "\"mechine\"", 0, "machine.host is missing"},
	};
	const struct sample *sample = *state;
	struct results *results;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		interrupt_after(sample, 1);
		replace(cases[i].file, cases[i].from, cases[i].to, cases[i].skip);
		assert_int_equal(resume(sample, &results), -EBADMSG);
		assert_said(cases[i].said);
		assert_said(cases[i].file);
	}
	interrupt_after(sample, 1);
	assert_int_equal(unlink(file_path("blocks.csv")), 0);
	assert_int_equal(resume(sample, &results), -EBADMSG);
	assert_said("blocks.csv: is missing");
}

static void
test_a_trial_twice(void **state)
{
	const struct sample *sample = *state;
	struct results *results;

	interrupt_after(sample, 1);
	assert_int_equal(resume(sample, &results), 0);
	assert_int_equal(results_continue(results, &here), 0);
	add_trials(sample, results, 0, 2, 3);
	results_close(results);
	assert_int_equal(resume(sample, &results), -EBADMSG);
	assert_said("stands further up too");
}

static void
test_another_configuration(void **state)
{
	static char other[] = "folio: 1\nname: sample\nmeasure: {pairs: 8}\n";
	struct sample *sample = *state;
	struct results *results;

	interrupt_after(sample, 1);
	sample->experiment.resolved = other;
	assert_int_equal(resume(sample, &results), -ESTALE);
	assert_said("measure was not there and is a mapping");
	assert_said("hash fnv1a-64:");
}

static void
test_two_at_a_time(void **state)
{
	const struct sample *sample = *state;
	struct results *first, *second;

	interrupt_after(sample, 1);
	assert_int_equal(resume(sample, &first), 0);
	assert_int_equal(resume(sample, &second), -EBUSY);
	assert_said("another folio is writing");
	results_close(first);
	assert_int_equal(resume(sample, &second), 0);
	results_close(second);
}

/* Opening and closing alone change nothing. */
static void
test_nothing_changes_before_it_goes_on(void **state)
{
	const struct sample *sample = *state;
	off_t bytes;
	struct results *results;

	interrupt_after(sample, 1);
	bytes = file_bytes("trials.csv");
	assert_int_equal(resume(sample, &results), 0);
	results_close(results);
	assert_int_equal(file_bytes("trials.csv"), bytes);
	assert_int_equal(access(file_path("manifest.json"), F_OK), 0);
}

static void
expect_blocks(uint32_t n, uint32_t last_first_restart)
{
	struct folder folder;
	struct blocks blocks;

	assert_int_equal(folder_open(&folder, folder_path), 0);
	assert_int_equal(blocks_read(&folder, &blocks), 0);
	assert_int_equal(blocks.n, n);
	assert_int_equal(blocks.at[n - 1].first_restart, last_first_restart);
	blocks_close(&blocks);
	folder_close(&folder);
}

/* On other pages every cell is measured again, and the tables are of that block alone. */
static void
test_another_machine_is_another_block(void **state)
{
	const struct sample *sample = *state;
	uint32_t n_cells = sample->experiment.n_cells;
	struct results *results;
	struct folder folder;
	struct run run;

	interrupt_after(sample, 4);
	assert_int_equal(resume(sample, &results), 0);
	assert_int_equal(results_continue(results, &elsewhere), 1);
	assert_said("page_kind was '2 MiB huge pages' and is '4 KiB pages'");
	assert_int_equal(results_first_restart(results), 2);
	assert_int_equal(results_done(results)->n, 0);
	results_close(results);
	expect_blocks(2, 2);

	/* Without a trial in it the block is taken over by whichever machine comes next. */
	assert_int_equal(resume(sample, &results), 0);
	assert_int_equal(results_continue(results, &here), 1);
	add_trials(sample, results, 2, 0, n_cells);
	results_close(results);
	expect_blocks(2, 2);

	assert_int_equal(resume(sample, &results), 0);
	assert_int_equal(results_continue(results, &here), 0);
	assert_int_equal(results_done(results)->n, n_cells);
	results_close(results);

	assert_int_equal(folder_open(&folder, folder_path), 0);
	assert_int_equal(run_files_read(&folder, &run), 0);
	assert_int_equal(run.n_blocks, 2);
	for (uint32_t i = 0; i < n_cells; i++) {
		const struct series *series =
			run_cell_series(&run.cells[i], "guest_cycles_per_packet");

		assert_int_equal(run_cell_restarts(&run.cells[i]), 1);
		assert_int_equal(series->n, sample->experiment.measure.pairs);
		assert_int_equal(series->points[0].repeat, 2 * sample->experiment.measure.pairs);
	}
	run_files_close(&run);
	folder_close(&folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sample_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_done),
		TEST(test_trials_at_a_rate),
		TEST(test_torn_last_trial),
		TEST(test_first_files_missing),
		TEST(test_unfinished_first_file),
		TEST(test_damage_is_refused),
		TEST(test_a_trial_twice),
		TEST(test_another_configuration),
		TEST(test_two_at_a_time),
		TEST(test_nothing_changes_before_it_goes_on),
		TEST(test_another_machine_is_another_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
