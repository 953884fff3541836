/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_text.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/log.h"

static const char costs_head[] = "folio-costs: 1\n"
				 "name: %s\n"
				 "source: a paper\n"
				 "cpu: a CPU\n"
				 "method: a loop\n"
				 "primitives:\n"
				 "  snp_exit_msr: {value: 3000 cycles}\n";

static void
write_costs(const struct config_folder *folder, const char *name, const char *more)
{
	char file[64], text[1024];

	snprintf(file, sizeof(file), "costs/%s.yaml", name);
	snprintf(text, sizeof(text), costs_head, name);
	strcat(text, more);
	config_write(folder, file, text, strlen(text));
}

struct config_folder folder;

int
config_set_up(void **state)
{
	(void)state;
	snprintf(folder.path, sizeof(folder.path), "/tmp/folio-test-XXXXXX");
	if (!mkdtemp(folder.path))
		return -1;
	snprintf(folder.config, sizeof(folder.config), "%s/x.yaml", folder.path);
	snprintf(folder.costs, sizeof(folder.costs), "%s/costs", folder.path);
	if (mkdir(folder.costs, 0700) < 0)
		return -1;
	write_costs(&folder, "test", "  snp_exit_pio: {value: 4000 cycles, lo: 3900 cycles}\n");
	write_costs(&folder, "poor", "");
	write_costs(&folder, "vague",
		    "  snp_exit_pio: {range: [1000 cycles, 9000 cycles], assumed: a guess}\n");
	return 0;
}

static int
remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat, (void)flag, (void)ftw;
	return remove(path);
}

int
config_tear_down(void **state)
{
	(void)state;
	return nftw(folder.path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
config_write(const struct config_folder *folder, const char *name, const char *bytes, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void
keep_message(enum log_level level, const char *text, void *arg)
{
	struct config_folder *folder = arg;
	size_t used = strlen(folder->message);

	if (level <= LOG_WARNING)
		snprintf(folder->message + used, sizeof(folder->message) - used, "%s\n", text);
}

int
config_open(struct config_folder *folder, const char *text, const struct assignment *set,
	    size_t n_set, struct experiment **out)
{
	int error;

	config_write(folder, "x.yaml", text, strlen(text));
	folder->message[0] = '\0';
	log_set_sink(keep_message, folder);
	error = experiment_open(folder->config, folder->costs, set, n_set, out);
	log_set_sink(NULL, NULL);
	return error;
}

struct experiment *
config_expect(struct config_folder *folder, const char *text, const struct assignment *set,
	      size_t n_set)
{
	struct experiment *experiment;

	if (config_open(folder, text, set, n_set, &experiment))
		fail_msg("refused: %s", folder->message);
	return experiment;
}
