/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes what a resumed run reads: an interrupted run's folder, one file of which is
 * the input. Its first byte says which: t(rials.csv), b(locks.csv), p(lan.csv),
 * c(onfig.yaml) or m(anifest.json); the rest is the file. What is taken must be taken
 * again with the same trials and nothing more to cut off, and reports read it too.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/config/experiment.h"
#include "runner/results/folder.h"
#include "runner/results/results.h"
#include "runner/results/run_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char config[] = "folio: 1\nname: x\nconfigurations: [{preset: folio}]\n"
			     "measure: {pairs: 2}\n";
static const struct results_platform platform = {"DPDK", "4 KiB pages", "", "none", 0};
static const char *const files[] = {"trials.csv", "blocks.csv", "plan.csv", "config.yaml",
				    "manifest.json"};

static char path[] = "/tmp/folio-fuzz-XXXXXX";
static struct experiment *experiment;
static char *wholes[sizeof(files) / sizeof(files[0])];

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

static int
remove_entry(const char *entry, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(entry);
}

static void
remove_folder(void)
{
	nftw(path, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
	experiment_close(experiment);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		free(wholes[i]);
}

static void
open_experiment(void)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	char name[64];

	if (fd < 0 || write(fd, config, sizeof(config) - 1) != (ssize_t)sizeof(config) - 1)
		abort();
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (experiment_open(name, costs_dir(), NULL, 0, &experiment))
		abort();
	close(fd);
}

/* The files of a run with one trial. */
static void
make_folder(void)
{
	static struct trial trial = {.n_pairs = 1, .duration_ns = 1};
	struct results *results;
	struct folder folder;

	open_experiment();
	if (!mkdtemp(path) || results_create(path, experiment, &platform, &results))
		abort();
	trial.pairs[0].guest_ratio = 1;
	if (results_add(results, &trial))
		abort();
	results_close(results);
	if (folder_open(&folder, path))
		abort();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (folder_read(&folder, files[i], 1 << 20, &wholes[i]))
			abort();
	folder_close(&folder);
	atexit(remove_folder);
}

static void
write_file(const char *name, const void *bytes, size_t size)
{
	char file[sizeof(path) + 32];

	snprintf(file, sizeof(file), "%s/%s", path, name);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void
write_folder(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i][0] == (char)bytes[0])
			write_file(files[i], bytes + 1, size - 1);
		else
			write_file(files[i], wholes[i], strlen(wholes[i]));
	}
}

/* Returns how many trials are done, or -1 when the folder is refused. */
static long
resume(off_t *trials_bytes)
{
	char file[sizeof(path) + 32];
	struct results *results;
	struct stat st;

	if (results_resume(path, experiment, &results))
		return -1;
	long n = (long)results_done(results)->n;

	if (results_continue(results, &platform) < 0)
		n = -1;
	results_close(results);
	snprintf(file, sizeof(file), "%s/trials.csv", path);
	if (stat(file, &st))
		abort();
	*trials_bytes = st.st_size;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	off_t before = 0, after = 0;
	struct folder folder;
	struct run run;

	log_set_sink(drop_message, NULL);
	if (!experiment)
		make_folder();
	if (!size)
		return 0;
	write_folder(bytes, size);
	long n = resume(&before);

	if (n >= 0 && (resume(&after) != n || before != after))
		abort();
	if (folder_open(&folder, path))
		abort();
	if (!run_files_read(&folder, &run))
		run_files_close(&run);
	folder_close(&folder);
	return 0;
}
