/* SPDX-License-Identifier: BSD-3-Clause */
/* The matrix of factors: row by row the paper's table 1, and what presets make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/sources/source.h"
#include "runner/config/assign.h"
#include "runner/config/experiment.h"
#include "runner/config/presets.h"
#include "runner/config/single.h"

#define COLUMNS 10

/* [fixed]: what users' files name. */
static const char *const names[] = {"vm-virtio", "vm-sriov", "vm-dpdk",   "sev-virtio",
				    "sev-sriov", "es-sriov", "snp-sriov", "snp-tio",
				    "ideal",     "folio",    "swiotlb",   "naive"};

#define PRESETS (sizeof(names) / sizeof(names[0]))

static void
test_names(void **state)
{
	const struct preset *preset = presets_all();

	(void)state;
	for (size_t i = 0; i < PRESETS; i++, preset++) {
		assert_string_equal(preset->name, names[i]);
		assert_ptr_equal(preset_find(names[i]), preset);
		assert_non_null(preset->help);
	}
	assert_null(preset->name);
	assert_null(preset_find("nothing"));
}

/* One field of a line; a comma within quotes belongs to it. Moves *line behind it. */
static const char *
next_field(char **line)
{
	char *start = *line, *end;

	if (*start == '"') {
		end = strchr(++start, '"');
		assert_non_null(end);
		*end++ = '\0';
	} else {
		end = start + strcspn(start, ",\n");
	}
	*line = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static void
test_is_table_1(void **state)
{
	FILE *file = fopen(TEST_SOURCE_DIR "/tests/data/paper_t1.csv", "r");
	const struct factor *factor = factors_all();
	char line[512], *rest = line;

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(next_field(&rest), "factor");
	for (size_t i = 0; i < COLUMNS; i++)
		assert_string_equal(next_field(&rest), presets_all()[i].paper);
	while (fgets(line, sizeof(line), file)) {
		rest = line;
		assert_non_null(factor->name);
		assert_string_equal(next_field(&rest), factor->name);
		assert_false(factor->own);
		for (size_t i = 0; i < COLUMNS; i++) {
			const char mark[] = {(char)factor->marks[i], '\0'};

			assert_string_equal(next_field(&rest), mark);
		}
		factor++;
	}
	fclose(file);
	for (; factor->name; factor++)
		assert_true(factor->own);
	for (size_t i = COLUMNS; i < PRESETS; i++)
		assert_null(presets_all()[i].paper);
}

/* [fixed] names; a build may lack some of them. */
static void
test_sources_are_known(void **state)
{
	static const char *const known[] = {"bounce_alloc", "bounce_copy",  "psc",
					    "vc",           "iotlb",        "interrupt",
					    "kernel_path",  "host_path",    "rmp_check",
					    "ide",          "vmexit_check", "register_encryption",
					    "tlb_check"};

	(void)state;
	for (const struct factor *factor = factors_all(); factor->name; factor++) {
		size_t i = 0;

		if (!factor->source)
			continue;
		while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], factor->source))
			i++;
		assert_in_range(i, 0, sizeof(known) / sizeof(known[0]) - 1);
	}
}

/* What polls is without what only those who sleep meet, and without costs that nobody knows. */
static void
test_polling_presets(void **state)
{
	(void)state;
	assert_string_equal(preset_find("ideal")->sources, "");
	assert_string_equal(preset_find("vm-dpdk")->sources, "");
	assert_string_equal(preset_find("folio")->sources, "bounce_copy: on");
	assert_string_equal(preset_find("swiotlb")->sources, "bounce_alloc: on, bounce_copy: on");
}

static bool
resolve(const char *preset, const struct assignment *off, struct datapath_config *config)
{
	/* Costs that nobody has published have no middle. */
	struct assignment set[2] = {{"cost_level", "lo"}};

	if (off)
		set[1] = *off;
	return !single_resolve(preset, "epyc-9334-snp", set, off ? 2 : 1, config);
}

/* Any source that a preset has on can be switched off, and nothing else goes with it. */
static void
test_each_source_off(void **state)
{
	(void)state;
	for (const struct preset *preset = presets_all(); preset->name; preset++) {
		struct datapath_config whole, less;

		assert_true(resolve(preset->name, NULL, &whole));
		for (unsigned int i = 0; sources[i]; i++) {
			char key[96];

			snprintf(key, sizeof(key), "sources.%s", sources[i]->name);
			assert_true(resolve(preset->name, &(struct assignment){key, "off"}, &less));
			assert_false(less.sources[i].on);
			for (unsigned int k = 0; sources[k]; k++)
				if (k != i)
					assert_int_equal(less.sources[k].on, whole.sources[k].on);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_is_table_1),
		cmocka_unit_test(test_sources_are_known),
		cmocka_unit_test(test_polling_presets),
		cmocka_unit_test(test_each_source_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
