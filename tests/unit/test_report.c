/* SPDX-License-Identifier: BSD-3-Clause */
/* What a report says: numbers, tables, marks, both renderers, and the progress line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/commands/commands.h"
#include "runner/commands/progress.h"
#include "runner/exit_status.h"
#include "runner/report/document.h"
#include "runner/report/document_blocks.h"
#include "runner/report/format.h"
#include "runner/report/report.h"
#include "sample_run.h"

static const struct document_column columns[] = {{"name", false}, {"value", true}, {"note", false}};

static char *
print_document(const struct document *document, enum document_style style)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(document_print(document, style, file), 0);
	fclose(file);
	return text;
}

static struct document *
small_document(void)
{
	struct document *d = document_new();

	assert_non_null(d);
	document_heading(d, 2, "Part %d", 1);
	document_text(d, "Some words.");
	document_table(d, columns, 3);
	document_row(d, &(struct document_row){{"a", "1.5", "†"}});
	document_row(d, &(struct document_row){{"bb|c", "12", "two  blanks"}});
	document_figure(d, "figures/x.png", "X");
	return d;
}

static void
test_both_renderers(void **state)
{
	struct document *d = small_document();
	char *text = print_document(d, DOCUMENT_TEXT);
	char *markdown = print_document(d, DOCUMENT_MARKDOWN);

	(void)state;
	assert_string_equal(text, "\nPart 1\n------\nSome words.\n"
				  "  name  value  note\n"
				  "  a       1.5  †\n"
				  "  bb|c     12  two  blanks\n");
	assert_string_equal(markdown, "\n## Part 1\n\nSome words.\n\n"
				      "| name | value | note |\n|---|---:|---|\n"
				      "| a | 1.5 | † |\n| bb\\|c | 12 | two blanks |\n"
				      "\n![X](figures/x.png)\n");
	free(text);
	free(markdown);
	document_free(d);
}

static void
assert_lines_fit(const char *text)
{
	char line[1024];

	while (*text) {
		size_t length = strcspn(text, "\n");

		assert_true(length < sizeof(line));
		memcpy(line, text, length);
		line[length] = '\0';
		if (text_columns(line) > DOCUMENT_TEXT_COLUMNS)
			fail_msg("longer than %d columns: %s", DOCUMENT_TEXT_COLUMNS, line);
		text += length + (text[length] == '\n');
	}
}

/* A long label has a line of its own, a long paragraph is broken. */
static void
test_wide_things_fit(void **state)
{
	struct document *d = document_new();
	struct document_row row = {0};
	char *text;

	(void)state;
	memset(row.cells[0], 'x', 63);
	memset(row.cells[1], '1', 30);
	memset(row.cells[2], 'n', 20);
	document_table(d, columns, 3);
	document_row(d, &row);
	document_text(d, "%s %s %s %s %s", row.cells[0], row.cells[1], row.cells[2], row.cells[1],
		      row.cells[2]);
	text = print_document(d, DOCUMENT_TEXT);
	assert_lines_fit(text);
	assert_non_null(strstr(text, "xxx\n  "));
	free(text);
	document_free(d);
}

static void
test_numbers(void **state)
{
	const struct estimate cycles = {118.44, 117.93, 119.02, 96}, none = estimate_none();
	const struct estimate large = {-196315, -224205, -113403, 96};
	const struct estimate wide = {118.44, 90.2, 171.6, 96}, ratio = {96.024, 95.8, 96.31, 96};
	const struct estimate apart = {181000, 165, 199e6, 4}, nearly_none = {-0.3, -8.2, 9.1, 4};
	const struct estimate small_bound = {30100, 412, 59400, 4};
	const struct estimate around_none = {312, -800, 11900, 4};
	const struct estimate negative = {-30100, -59400, -412, 4};
	char buf[64];

	(void)state;
	assert_string_equal(format_cycles(118.44, buf, sizeof(buf)), "118.4");
	assert_string_equal(format_cycles(999.96, buf, sizeof(buf)), "1000");
	assert_string_equal(format_cycles(19306.6, buf, sizeof(buf)), "19.3k");
	assert_string_equal(format_cycles(259701, buf, sizeof(buf)), "259.7k");
	assert_string_equal(format_ratio(1.1566, buf, sizeof(buf)), "1.157");
	assert_string_equal(format_ratio(9.9999, buf, sizeof(buf)), "10.00");
	assert_string_equal(format_share(0.1234, buf, sizeof(buf)), "12.3%");
	assert_string_equal(format_share(none.value, buf, sizeof(buf)), "n/a");
	assert_string_equal(format_cycles_estimate(&cycles, buf, sizeof(buf)),
			    " 118.4  117.9..119.0");
	assert_string_equal(format_cycles_estimate(&wide, buf, sizeof(buf)), "   118  90..172");
	assert_string_equal(format_cycles_estimate(&large, buf, sizeof(buf)),
			    " -196k  -224k..-113k");
	assert_string_equal(format_ratio_estimate(&ratio, buf, sizeof(buf)),
			    " 96.02  95.80..96.31");
	assert_string_equal(format_cycles_estimate(&apart, buf, sizeof(buf)), "  181k  165..199M");
	assert_string_equal(format_cycles_estimate(&small_bound, buf, sizeof(buf)),
			    "   30k  412..59k");
	assert_string_equal(format_cycles_estimate(&around_none, buf, sizeof(buf)),
			    "   312  -800..12k");
	assert_string_equal(format_cycles_estimate(&negative, buf, sizeof(buf)),
			    "  -30k  -59k..-412");
	assert_string_equal(format_cycles_estimate(&nearly_none, buf, sizeof(buf)),
			    "     0  -8..9");
	assert_string_equal(format_cycles_estimate(&none, buf, sizeof(buf)), "   n/a");
}

/* A report of the sample, as text; path keeps the folder. */
static char *
report_opened(void (*open)(struct sample *sample, const char *const *frame_sizes, double noise),
	      double noise, void (*change)(struct sample *sample), char *path, size_t path_size)
{
	static const char *const frame_sizes[] = {"64", "imix", NULL};
	struct sample sample;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	open(&sample, frame_sizes, noise);
	if (change)
		change(&sample);
	sample_folder(path, path_size);
	sample_write(&sample, path);
	assert_int_equal(report_make(path, file), 0);
	fclose(file);
	sample_close(&sample);
	return text;
}

static char *
report_sample(double noise, void (*change)(struct sample *sample), char *path, size_t path_size)
{
	return report_opened(sample_open, noise, change, path, path_size);
}

static void
assert_contains(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("'%s' is not in:\n%s", wanted, text);
}

static char *
read_file(const char *folder, const char *name)
{
	char path[128], *text = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static void
test_report_of_exact_run(void **state)
{
	char path[64], *text = report_sample(0, NULL, path, sizeof(path)), *file;

	(void)state;
	assert_lines_fit(text);
	assert_contains(text, "\n64 B\n");
	assert_contains(text, "  ideal            92.8  92.8..92.8    reference");
	assert_contains(text, "  folio           114.4  114.4..114.4   1.234  1.234..1.234 †");
	assert_contains(text, "Noise floor (A/A): guest 0.00% on one device, 0.00% across two;");
	assert_contains(text, "  psc            18.8k  18.8k..18.8k   97.9%   18.8k  18.8k..18.8k");
	assert_contains(text, "  iotlb         not distinguishable             40.0  40.0..40.0");
	assert_contains(text, "  interaction     40.0  40.0..40.0      0.2%  -160.0");
	assert_contains(text,
			"  64 B     vc            0.03125     9600         29.7        178.1");
	assert_contains(text, "\nideal = emulated TIO: a vhost-user device reaches");
	assert_contains(text, "† The two sides of the ratio rest on different kinds of evidence");
	assert_null(strstr(text, "‡"));
	free(text);
	text = read_file(path, "report.html");
	assert_contains(text, "<!DOCTYPE html>");
	assert_contains(text, "<td>psc</td>");
	assert_contains(text, "src=\"data:image/png;base64,iVBOR");
	assert_null(strstr(text, "http"));
	free(text);
	text = read_file(path, "report.md");
	assert_contains(
		text,
		"\n| folio | 114.4 114.4..114.4 | 1.234 1.234..1.234 † | 183.4 | 48 | real |");
	assert_contains(text, "\n| configuration | configs/sample.yaml |");
	free(text);
	file = read_file(path, "attribution.csv");
	assert_contains(file, "\nmacswap,64,,psc,guest,cycles/packet,alone,18800,");
	free(file);
	sample_remove(path);
}

/* As where attribution.factors are fewer than naive's. */
static void
name_factors(struct sample *sample)
{
	for (uint32_t i = 0; i < sample->experiment.n_cells; i++) {
		struct cell *cell = &sample->experiment.cells[i];

		if (cell->role == CELL_ALL)
			snprintf(cell->configuration, sizeof(cell->configuration), "factors");
	}
}

static void
test_report_of_some_factors(void **state)
{
	char path[64],
		*text = report_opened(sample_open_shapley, 0, name_factors, path, sizeof(path));

	(void)state;
	assert_lines_fit(text);
	assert_non_null(strstr(text, "called factors in"));
	free(text);
	sample_remove(path);
}

static void
test_report_of_shapley_values(void **state)
{
	char path[64], *text = report_opened(sample_open_shapley, 0, NULL, path, sizeof(path));
	char *file;

	(void)state;
	assert_lines_fit(text);
	assert_contains(text, "18.8k  18.8k..18.8k   98.0%   18.8k  18.8k..18.8k");
	assert_contains(text, "46.0  46.0..46.0      0.2%    38.0  38.0..38.0");
	assert_contains(text, "  rest                   40.0  40.0..40.0");
	assert_null(strstr(text, " + vc"));
	free(text);
	file = read_file(path, "attribution.csv");
	assert_contains(file, "\nmacswap,64,,psc,guest,cycles/packet,shapley,188");
	assert_contains(file, ",bounce_alloc+bounce_copy,guest,cycles/packet,two-way,");
	free(file);
	sample_remove(path);
}

static void
ask_for_precision(struct sample *sample)
{
	sample->experiment.measure.precision = 0.00001;
}

static void
test_wide_intervals_are_marked(void **state)
{
	char path[64], *text = report_sample(0.01, ask_for_precision, path, sizeof(path));

	(void)state;
	assert_contains(text, "†‡");
	assert_contains(text,
			"‡ The interval is wider than the +-0.001% that measure.precision asks");
	free(text);
	sample_remove(path);
}

static void
sweep_levels(struct sample *sample)
{
	for (uint32_t i = 0; i < sample->experiment.n_cells; i++)
		snprintf(sample->experiment.cells[i].variant,
			 sizeof(sample->experiment.cells[i].variant), "burst=8, cost_level=lo");
}

/* What stands at a bound must not look measured. */
static void
test_levels_of_costs_are_said_to_be_bounds(void **state)
{
	char path[64], *text = report_sample(0, sweep_levels, path, sizeof(path));

	(void)state;
	assert_contains(text, "\ncost_level: each cost of the profile at its lowest, or at its");
	free(text);
	sample_remove(path);
	text = report_sample(0, NULL, path, sizeof(path));
	assert_null(strstr(text, "cost_level"));
	free(text);
	sample_remove(path);
}

static void
test_vague_intervals_say_what_to_do(void **state)
{
	char path[64], *text = report_sample(0.5, NULL, path, sizeof(path));

	(void)state;
	assert_lines_fit(text);
	assert_contains(text, "Some intervals are too wide to say much: raise measure.restarts or");
	free(text);
	sample_remove(path);
	text = report_sample(0.001, NULL, path, sizeof(path));
	assert_null(strstr(text, "too wide to say much"));
	free(text);
	sample_remove(path);
}

/* The first sentence says what came out: what is apart from 1, and how much is not. */
static void
test_headline(void **state)
{
	char path[64], *text = report_sample(0.0001, NULL, path, sizeof(path));
	const char *found = strstr(text, "sample, guest cycles per packet: folio over ideal is ");

	(void)state;
	assert_non_null(found);
	assert_true(found < strstr(text, "Cycles per packet"));
	assert_contains(found, " at 64 B");
	assert_contains(text, "(95% intervals; real against");
	free(text);
	sample_remove(path);
	text = report_sample(3, NULL, path, sizeof(path));
	assert_contains(text, "folio over ideal is not distinguishable from 1 in ");
	free(text);
	sample_remove(path);
}

/* Figures are drawn wherever matplotlib is. */
static void
test_figures(void **state)
{
	char path[64], *text = report_sample(0.01, NULL, path, sizeof(path)), figure[128];
	static const char *const names[] = {"breakdown", "waterfall"};

	(void)state;
	for (size_t i = 0; i < 2 && !system("/usr/bin/python3 -c 'import matplotlib'"); i++) {
		snprintf(figure, sizeof(figure), "%s/figures/%s.png", path, names[i]);
		assert_int_equal(access(figure, R_OK), 0);
		assert_contains(text, figure);
	}
	free(text);
	sample_remove(path);
}

/* The same folder again gives the same files, byte for byte. */
static void
test_report_again(void **state)
{
	char path[64], *first = report_sample(0.01, NULL, path, sizeof(path)), *again = NULL;
	char *summary = read_file(path, "summary.csv"), *summary_again;
	size_t size;
	FILE *file = open_memstream(&again, &size);

	(void)state;
	assert_int_equal(report_make(path, file), 0);
	fclose(file);
	summary_again = read_file(path, "summary.csv");
	assert_string_equal(first, again);
	assert_string_equal(summary, summary_again);
	free(first);
	free(again);
	free(summary);
	free(summary_again);
	sample_remove(path);
}

static void
test_command_refuses(void **state)
{
	char name[] = "report", missing[] = "/nonexistent", extra[] = "x", option[] = "--bogus";
	char *no_argument[] = {name, NULL}, *no_folder[] = {name, missing, NULL};
	char *two[] = {name, missing, extra, NULL}, *unknown[] = {name, option, NULL};

	(void)state;
	assert_int_equal(cmd_report(1, no_argument), EXIT_BAD_USAGE);
	assert_int_equal(cmd_report(2, no_folder), EXIT_BAD_USAGE);
	assert_int_equal(cmd_report(3, two), EXIT_BAD_USAGE);
	assert_int_equal(cmd_report(2, unknown), EXIT_BAD_USAGE);
}

/* The time left goes by what this run did, not by what was done before it. */
static void
test_progress_of_a_resumed_run(void **state)
{
	struct progress progress;
	char *text = NULL;
	size_t size = 0;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	progress_start(&progress, file, 0.9);
	progress_show(&progress, "folio over 64", 0.905);
	progress.at_most = true;
	progress.started_ns -= 100000000000; /* a tenth of the whole took 100 s */
	progress_show(&progress, "folio over 64", 1);
	rewind(file);
	assert_true(getline(&text, &size, file) > 0);
	assert_contains(text, "time left unknown");
	assert_true(getline(&text, &size, file) > 0);
	assert_contains(text, "at most 0 s left");
	free(text);
	fclose(file);
}

static void
test_progress_to_a_pipe(void **state)
{
	struct progress progress;
	char *text = NULL;
	size_t size, lines = 0;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	progress_start(&progress, file, 0);
	for (int i = 0; i <= 1000; i++)
		progress_show(&progress, "folio over 64", i / 1000.0);
	progress_wipe(&progress);
	rewind(file);
	size = 0;
	while (getline(&text, &size, file) > 0) {
		lines++;
		assert_null(strchr(text, '\r'));
		assert_contains(text, "folio over 64");
	}
	assert_int_equal(lines, 11);
	assert_contains(text, "100%");
	free(text);
	fclose(file);
	progress_start(&progress, NULL, 0);
	progress_show(&progress, "nothing", 0.5);
	progress_wipe(&progress);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_renderers),
		cmocka_unit_test(test_wide_things_fit),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_report_of_exact_run),
		cmocka_unit_test(test_report_of_shapley_values),
		cmocka_unit_test(test_report_of_some_factors),
		cmocka_unit_test(test_wide_intervals_are_marked),
		cmocka_unit_test(test_levels_of_costs_are_said_to_be_bounds),
		cmocka_unit_test(test_vague_intervals_say_what_to_do),
		cmocka_unit_test(test_headline),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_report_again),
		cmocka_unit_test(test_command_refuses),
		cmocka_unit_test(test_progress_of_a_resumed_run),
		cmocka_unit_test(test_progress_to_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
