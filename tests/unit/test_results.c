/* SPDX-License-Identifier: BSD-3-Clause */
/* From trials to a run's files and back; damaged files; folders that cannot be used. */
#include <errno.h>
#include <fcntl.h>
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
#include "datapath/sources/source.h"
#include "runner/results/folder.h"
#include "runner/results/results.h"
#include "runner/results/run_files.h"
#include "sample_in_folder.h"

static const char *const frame_sizes[] = {"64", "imix", NULL};

static int
setup(void **state)
{
	return sample_begin(state, frame_sizes);
}

static int
read_run(struct run *run)
{
	struct folder folder;
	int err;

	assert_int_equal(folder_open(&folder, folder_path), 0);
	err = run_files_read(&folder, run);
	folder_close(&folder);
	return err;
}

static const char *
file_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder_path, name);
	return path;
}

/* Replaces the first occurrence of from, in place: both are of one length. */
static void
damage(const char *name, const char *from, const char *to)
{
	static char text[8 << 20];
	FILE *file = fopen(file_path(name), "r+");
	size_t size;
	char *at;

	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	at = strstr(text, from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	fseek(file, at - text, SEEK_SET);
	fputs(to, file);
	fclose(file);
}

static void
test_round_trip_is_exact(void **state)
{
	const struct sample *sample = *state;
	const struct experiment *e = &sample->experiment;
	struct trial *trial = calloc(1, sizeof(*trial));
	struct run run;

	sample_write(sample, folder_path);
	assert_int_equal(read_run(&run), 0);
	assert_int_equal(run.n_cells, e->n_cells);
	for (uint32_t c = 0; c < e->n_cells; c++) {
		const struct series *cycles =
			run_cell_series(&run.cells[c], "guest_cycles_per_packet");
		const struct series *exits =
			run_cell_series(&run.cells[c], "exits.doorbell_per_packet");

		assert_int_equal(cycles->n, e->measure.restarts * e->measure.pairs);
		assert_int_equal(exits->n, e->measure.restarts);
		assert_string_equal(exits->unit, "exits/packet");
		for (uint32_t r = 0; r < e->measure.restarts; r++) {
			sample_trial(sample, &e->cells[c], r, trial);
			for (uint32_t p = 0; p < trial->n_pairs; p++)
				assert_true(cycles->points[r * e->measure.pairs + p].value ==
					    trial->pairs[p].configuration.guest_cycles_per_packet);
			assert_true(exits->points[r].value ==
				    (double)trial->counters[0].count / (double)trial->packets);
		}
	}
	run_files_close(&run);
	free(trial);
}

static void
test_plan_and_manifest(void **state)
{
	const struct sample *sample = *state;
	const struct cell *cell = sample_cell(sample, "naive-psc", "imix");
	struct run run;

	sample_write(sample, folder_path);
	assert_int_equal(read_run(&run), 0);
	assert_int_equal(run.cells[cell->id].role, CELL_REMOVED);
	assert_string_equal(run.cells[cell->id].reference, "naive");
	assert_string_equal(run.cells[cell->id].source, "psc");
	assert_int_equal(run.cells[cell->id].source_fidelity,
			 sources[source_find("psc")]->fidelity);
	assert_int_equal(run.cells[cell->id].fidelity, datapath_config_fidelity(&cell->config));
	assert_string_equal(run.manifest.name, "sample");
	assert_string_equal(run.manifest.status, "done");
	assert_string_equal(run.manifest.dpdk_version, "DPDK 22.11.11");
	assert_int_equal(run.manifest.measure.pairs, sample->experiment.measure.pairs);
	assert_true(run.manifest.measure.precision == sample->experiment.measure.precision);
	assert_true(run.manifest.machine.tsc_hz > 0);
	/* FNV-1a 64 of SAMPLE_RESOLVED */
	assert_string_equal(run.manifest.config_hash, "fnv1a-64:bb0d108f01cfaf26");
	run_files_close(&run);
}

/* A name that CSV has to quote comes back as it was. */
static void
test_quoted_fields(void **state)
{
	struct sample *sample = *state;
	struct cell *cell = &sample->experiment.cells[2];
	struct run run;

	snprintf(cell->traffic_label, sizeof(cell->traffic_label), "a, \"b\" .pcap ");
	snprintf(cell->variant, sizeof(cell->variant), "sources.vc.at=[doorbell,eoi]");
	sample_write(sample, folder_path);
	assert_int_equal(read_run(&run), 0);
	assert_string_equal(run.cells[2].frame_size, "a, \"b\" .pcap ");
	assert_string_equal(run.cells[2].variant, "sources.vc.at=[doorbell,eoi]");
	run_files_close(&run);
}

static void
test_cut_last_line_is_left_out(void **state)
{
	struct run run;
	struct stat st;

	sample_write(*state, folder_path);
	assert_int_equal(stat(file_path("trials.csv"), &st), 0);
	assert_int_equal(truncate(file_path("trials.csv"), st.st_size - 5), 0);
	assert_int_equal(read_run(&run), 0);
	assert_said("the last line was cut short");
	run_files_close(&run);
}

/* plan.csv is written at once: what is missing of it, no kill explains. */
static void
test_cut_plan_is_damaged(void **state)
{
	struct run run;
	struct stat st;

	sample_write(*state, folder_path);
	assert_int_equal(stat(file_path("plan.csv"), &st), 0);
	assert_int_equal(truncate(file_path("plan.csv"), st.st_size - 1), 0);
	assert_int_equal(read_run(&run), -EBADMSG);
	assert_said("damaged: the line is cut short");
}

/* Two rows a trial; what was not timed has no times. */
static void
test_exits_are_written(void **state)
{
	char line[256];
	int timed = 0, untimed = 0, others = 0;
	FILE *file;

	sample_write(*state, folder_path);
	file = fopen(file_path("exits.csv"), "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "cell,configuration,workload,frame_size,repeat,reason,origin,"
				  "count,ns_min,ns_p50,ns_p99,ns_max\n");
	while (fgets(line, sizeof(line), file))
		if (strstr(line, ",doorbell,emulated,1250,900,1000,2000,1000000\n"))
			timed++;
		else if (strstr(line, ",kvm:kvm_pio,kvm,1250,,,,\n"))
			untimed++;
		else
			others++;
	fclose(file);
	assert_true(timed > 0);
	assert_int_equal(timed, untimed);
	assert_int_equal(others, 0);
}

/* Each: what is replaced by what, in which file, and what the message must name. */
static void
test_damage_is_refused(void **state)
{
	static const struct {
		const char *file, *from, *to, *said;
	} cases[] = {
		{"trials.csv", "cell,conf", "cell;conf", "trials.csv:1: damaged: the columns"},
		{"trials.csv", "\n0,A/A,macswap,64,1,", "\n0,A/A,macswap,64,0,", "stands on line"},
		{"trials.csv", "\n0,A/A,macswap,64,1,", "\n0,A/A,macswap,99,1,", "not in plan.csv"},
		{"trials.csv", "\n0,A/A,macswap,64,1,", "\n9,A/A,macswap,64,1,", "not in plan.csv"},
		{"trials.csv", "\n0,A/A,macswap,64,1,", "\n0,A/A,macswap;64,1,", "fewer fields"},
		{"trials.csv", "\n0,A/A,macswap,64,1,", "\n0,A/A,mac,wap,64,1,", "more fields"},
		{"trials.csv", "\n0,A/A,macswap,64,1,", "\n0,A/A,macswap,64,x,",
		 "a number is wanted"},
		{"trials.csv", "\n0,A/A,macswap,64,1,", "\n0,\"/A,macswap,64,1,", "damaged"},
		{"trials.csv", "cycles/packet", "cycles/packat", "other rows of this metric"},
		{"trials.csv", "stand-in", "stand-up", "a fidelity such as"},
		{"plan.csv", "\n0,control,", "\n0,centrol,", "plan.csv:2: damaged: found role"},
		{"plan.csv", "\n1,control-devices", "\n2,control-devices",
		 "found cell 2, 1 is wanted"},
		{"manifest.json", "\"machine\"", "\"mechine\"", "machine.host is missing"},
		{"manifest.json", "\"pairs\": 16", "\"pairs\":  0", "found measure.pairs 0"},
		{"manifest.json", "\"pairs\": 16", "\"pairs\": ??", "manifest.json:"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run;

		sample_remove(folder_path);
		said[0] = '\0';
		sample_write(*state, folder_path);
		damage(cases[i].file, cases[i].from, cases[i].to);
		assert_int_equal(read_run(&run), -EBADMSG);
		assert_said(cases[i].said);
		assert_said(cases[i].file);
	}
}

static const struct results_platform platform = {NULL, NULL, NULL, NULL, 0};

static void
test_folder_with_files_is_refused(void **state)
{
	const struct sample *sample = *state;
	struct results *results;
	FILE *file = fopen(file_path("precious.txt"), "w");

	assert_non_null(file);
	fclose(file);
	assert_int_equal(results_create(folder_path, &sample->experiment, &platform, &results),
			 -ENOTEMPTY);
	assert_said("precious.txt");
	assert_int_equal(access(file_path("precious.txt"), F_OK), 0);
	assert_int_not_equal(access(file_path("manifest.json"), F_OK), 0);
}

static void
test_missing_parent(void **state)
{
	const struct sample *sample = *state;
	struct results *results;

	assert_int_equal(results_create("/nonexistent/run", &sample->experiment, &platform,
					&results),
			 -ENOENT);
	assert_said("/nonexistent/run: cannot make the folder");
}

static void
test_two_writers(void **state)
{
	const struct sample *sample = *state;
	struct results *first, *second;
	struct folder folder;

	assert_int_equal(results_create(folder_path, &sample->experiment, &platform, &first), 0);
	assert_int_equal(results_create(folder_path, &sample->experiment, &platform, &second),
			 -EBUSY);
	assert_said("another folio is writing");
	assert_int_equal(folder_open(&folder, folder_path), 0);
	assert_int_equal(folder_lock(&folder), -EBUSY);
	results_close(first);
	assert_int_equal(folder_lock(&folder), 0);
	folder_close(&folder);
}

static void
test_nothing_is_left_of_a_run_without_trials(void **state)
{
	const struct sample *sample = *state;
	struct results *results;
	char path[96];

	snprintf(path, sizeof(path), "%s/run", folder_path);
	assert_int_equal(results_create(path, &sample->experiment, &platform, &results), 0);
	assert_string_equal(results_path(results), path);
	assert_int_equal(access(path, F_OK), 0);
	results_close(results);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
test_foreign_trial_is_refused(void **state)
{
	const struct sample *sample = *state;
	struct trial *trial = calloc(1, sizeof(*trial));
	struct results *results;

	assert_int_equal(results_create(folder_path, &sample->experiment, &platform, &results), 0);
	sample_trial(sample, &sample->experiment.cells[0], 0, trial);
	trial->cell = sample->experiment.n_cells;
	assert_int_equal(results_add(results, trial), -EINVAL);
	results_close(results);
	free(trial);
}

static void
test_shares_of_cpu_time(void **state)
{
	const struct cpu_time from = {1000, 500, 10, 100}, to = {2000, 900, 60, 200};
	const struct cpu_time mine = {2000, 550, 10, 200};
	struct cpu_time all, none;

	(void)state;
	assert_true(cpu_time_steal_share(&from, &to) == 0.05);
	assert_true(cpu_time_others_share(&from, &to) == 0.3);
	/* The kernel adds up the two at different times. */
	assert_true(cpu_time_others_share(&from, &mine) == 0);
	assert_true(cpu_time_others_share(&from, &from) == 0);
	cpu_time_read(CPU_ALL, &all);
	cpu_time_read(1 << 20, &none);
	assert_true(all.total_ticks >= all.busy_ticks + all.steal_ticks);
	assert_int_equal(none.total_ticks, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sample_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip_is_exact),
		TEST(test_plan_and_manifest),
		TEST(test_quoted_fields),
		TEST(test_cut_last_line_is_left_out),
		TEST(test_cut_plan_is_damaged),
		TEST(test_exits_are_written),
		TEST(test_damage_is_refused),
		TEST(test_folder_with_files_is_refused),
		TEST(test_missing_parent),
		TEST(test_two_writers),
		TEST(test_nothing_is_left_of_a_run_without_trials),
		TEST(test_foreign_trial_is_refused),
		TEST(test_shares_of_cpu_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
