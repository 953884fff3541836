/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/results/folder.h"
#include "runner/results/manifest.h"
#include "runner/results/record.h"

struct results {
	const struct experiment *experiment;
	struct folder folder;
	struct manifest manifest;
	struct cpu_time cpu_time_at_start;
	int trials_fd;
	off_t trials_bytes; /* whole trials only */
	uint64_t n_trials;
};

/* Every file that results_create() makes. */
static const char *const first_files[] = {"manifest.json", "config.yaml", "plan.csv", "trials.csv"};

static void
utc_now(const char *format, char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;

	strftime(out, size, format, gmtime_r(&now, &utc));
}

static int
create_folder(struct results *r, const char *out_dir)
{
	char path[FOLDER_PATH_BYTES], stamp[32];

	if (out_dir)
		return folder_create(&r->folder, out_dir);
	if (mkdir("results", 0777) != 0 && errno != EEXIST) {
		int err = -errno;

		log_error("results: cannot make the folder: %s", strerror(-err));
		return err;
	}
	utc_now("%Y%m%dT%H%M%SZ", stamp, sizeof(stamp));
	snprintf(path, sizeof(path), "results/%s-%s", r->experiment->name, stamp);
	/* Another run may have begun in the same second. */
	for (int i = 2; i < 10 && access(path, F_OK) == 0; i++)
		snprintf(path, sizeof(path), "results/%s-%s-%d", r->experiment->name, stamp, i);
	return folder_create(&r->folder, path);
}

static int
write_plan(const struct results *r)
{
	char *text;
	size_t size;
	int err = plan_to_csv(r->experiment, &text, &size);

	if (err)
		log_error("%s/plan.csv: %s", r->folder.path, strerror(-err));
	else
		err = folder_write(&r->folder, "plan.csv", text, size);
	free(text);
	return err;
}

static int
write_first_files(struct results *r, const struct results_platform *platform)
{
	const struct experiment *experiment = r->experiment;
	struct manifest *m = &r->manifest;
	struct cpu_time boot = {0};
	int err;

	manifest_init(m, experiment);
	cpu_time_read(&r->cpu_time_at_start);
	m->steal_share = cpu_time_steal_share(&boot, &r->cpu_time_at_start);
	utc_now("%Y-%m-%dT%H:%M:%SZ", m->started, sizeof(m->started));
	snprintf(m->status, sizeof(m->status), "running");
	snprintf(m->dpdk_version, sizeof(m->dpdk_version), "%s",
		 platform->dpdk_version ? platform->dpdk_version : "unknown");
	snprintf(m->page_kind, sizeof(m->page_kind), "%s",
		 platform->page_kind ? platform->page_kind : "unknown");
	snprintf(m->placement, sizeof(m->placement), "%s",
		 platform->placement ? platform->placement : "unknown");

	err = manifest_write(m, experiment, &r->folder);
	if (!err)
		err = folder_write(&r->folder, "config.yaml", experiment->resolved,
				   strlen(experiment->resolved));
	if (!err)
		err = write_plan(r);
	if (!err)
		err = folder_write(&r->folder, "trials.csv", TRIALS_COLUMNS "\n",
				   strlen(TRIALS_COLUMNS "\n"));
	return err;
}

static int
open_trials(struct results *r)
{
	struct stat st;
	int err = 0;

	r->trials_fd = openat(r->folder.fd, "trials.csv", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (r->trials_fd < 0 || fstat(r->trials_fd, &st) != 0) {
		err = -errno;
		log_error("%s/trials.csv: cannot open: %s", r->folder.path, strerror(-err));
		return err;
	}
	r->trials_bytes = st.st_size;
	return 0;
}

int
results_create(const char *out_dir, const struct experiment *experiment,
	       const struct results_platform *platform, struct results **out)
{
	struct results *r = calloc(1, sizeof(*r));
	int err;

	if (!r) {
		log_error("results: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	r->experiment = experiment;
	r->trials_fd = -1;
	r->folder.fd = -1;
	err = create_folder(r, out_dir);
	if (!err)
		err = write_first_files(r, platform);
	if (!err)
		err = open_trials(r);
	if (err)
		results_close(r);
	else
		*out = r;
	return err;
}

const char *
results_path(const struct results *results)
{
	return results->folder.path;
}

int
results_add(struct results *r, const struct trial *trial)
{
	char *text;
	size_t size;
	ssize_t written = 0;
	int err = trial_to_csv(r->experiment, trial, &text, &size);

	if (!err) {
		written = write(r->trials_fd, text, size);
		if (written != (ssize_t)size)
			err = written < 0 ? -errno : -ENOSPC;
		else if (fdatasync(r->trials_fd) != 0)
			err = -errno;
	}
	free(text);
	if (err) {
		log_error("%s/trials.csv: cannot add cell %u, restart %u: %s", r->folder.path,
			  trial->cell, trial->restart, strerror(-err));
		if (written > 0 && ftruncate(r->trials_fd, r->trials_bytes) != 0)
			log_error("%s/trials.csv: its last trial is cut short", r->folder.path);
		return err;
	}
	r->trials_bytes += written;
	r->n_trials++;
	return 0;
}

int
results_finish(struct results *r, const char *status)
{
	struct manifest *m = &r->manifest;
	struct cpu_time now;

	cpu_time_read(&now);
	m->steal_share = cpu_time_steal_share(&r->cpu_time_at_start, &now);
	utc_now("%Y-%m-%dT%H:%M:%SZ", m->finished, sizeof(m->finished));
	snprintf(m->status, sizeof(m->status), "%s", status);
	return manifest_write(m, r->experiment, &r->folder);
}

void
results_close(struct results *r)
{
	if (!r)
		return;
	if (r->trials_fd >= 0)
		close(r->trials_fd);
	if (r->folder.fd >= 0 && r->n_trials == 0) {
		for (size_t i = 0; i < sizeof(first_files) / sizeof(first_files[0]); i++)
			unlinkat(r->folder.fd, first_files[i], 0);
		if (r->folder.made)
			rmdir(r->folder.path);
	}
	folder_close(&r->folder);
	free(r);
}
