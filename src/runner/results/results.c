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
#include "runner/report/stats.h"
#include "runner/results/blocks.h"
#include "runner/results/folder.h"
#include "runner/results/manifest.h"
#include "runner/results/record.h"
#include "runner/results/resume_check.h"

#define STATUS_RUNNING "running"
#define STATUS_DONE "done"

struct results {
	const struct experiment *experiment;
	struct folder folder;
	struct manifest manifest;
	struct blocks blocks;
	struct done_trials done;
	struct cpu_time cpu_time_at_start;
	int trials_fd, exits_fd;
	off_t trials_bytes; /* whole trials only */
	uint64_t n_trials;
	bool resumed; /* what is in the folder stays there */
};

/* Every file that results_create() makes. */
static const char *const first_files[] = {"manifest.json", "config.yaml", "plan.csv",
					  "blocks.csv",    "trials.csv",  "exits.csv"};

static void
utc_now(const char *format, char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;

	strftime(out, size, format, gmtime_r(&now, &utc));
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

static void
fill_text(char out[MANIFEST_TEXT_BYTES], const char *text)
{
	snprintf(out, MANIFEST_TEXT_BYTES, "%s", text ? text : "unknown");
}

/* As of now: the machine, a run under way. */
static void
fill_manifest(struct results *r, const struct results_platform *platform)
{
	struct manifest *m = &r->manifest;
	struct cpu_time boot = {0};

	manifest_init(m, r->experiment);
	cpu_time_read(CPU_ALL, &r->cpu_time_at_start);
	m->steal_share = cpu_time_steal_share(&boot, &r->cpu_time_at_start);
	utc_now("%Y-%m-%dT%H:%M:%SZ", m->started, sizeof(m->started));
	fill_text(m->status, STATUS_RUNNING);
	fill_text(m->dpdk_version, platform->dpdk_version);
	fill_text(m->page_kind, platform->page_kind);
	fill_text(m->placement, platform->placement);
	fill_text(m->sibling, platform->sibling);
	m->others_share_before = platform->others_share_before;
}

static int
add_block(struct results *r, struct block *block, uint32_t first_restart)
{
	block->first_restart = first_restart;
	snprintf(block->started, sizeof(block->started), "%.*s", (int)sizeof(block->started) - 1,
		 r->manifest.started);
	int err = blocks_add(&r->blocks, block);

	return err ? err : blocks_write(&r->blocks, &r->folder);
}

/* The files that a run begins with, but for those that are there. */
static int
write_first_files(struct results *r)
{
	const struct experiment *experiment = r->experiment;
	int err = 0;

	if (!folder_has(&r->folder, "config.yaml"))
		err = folder_write(&r->folder, "config.yaml", experiment->resolved,
				   strlen(experiment->resolved));
	if (!err && !folder_has(&r->folder, "plan.csv"))
		err = write_plan(r);
	if (!err && !folder_has(&r->folder, "trials.csv"))
		err = folder_write(&r->folder, "trials.csv", TRIALS_COLUMNS "\n",
				   strlen(TRIALS_COLUMNS "\n"));
	if (!err && !folder_has(&r->folder, "exits.csv"))
		err = folder_write(&r->folder, "exits.csv", EXITS_COLUMNS "\n",
				   strlen(EXITS_COLUMNS "\n"));
	return err;
}

static int
open_trials(struct results *r)
{
	struct stat st;
	int err = 0;

	r->trials_fd =
		openat(r->folder.fd, "trials.csv", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (r->trials_fd < 0 || fstat(r->trials_fd, &st) != 0) {
		err = -errno;
		log_error("%s/trials.csv: cannot open: %s", r->folder.path, strerror(-err));
		return err;
	}
	r->trials_bytes = st.st_size;
	return 0;
}

static struct results *
new_results(const struct experiment *experiment)
{
	struct results *r = calloc(1, sizeof(*r));

	if (!r) {
		log_error("results: %s", strerror(ENOMEM));
		return NULL;
	}
	r->experiment = experiment;
	r->trials_fd = r->exits_fd = -1;
	r->folder.fd = -1;
	return r;
}

int
results_create(const char *out_dir, const struct experiment *experiment,
	       const struct results_platform *platform, struct results **out)
{
	struct results *r = new_results(experiment);
	struct block block;
	int err;

	if (!r)
		return -ENOMEM;
	err = folder_create_for(&r->folder, experiment->name, out_dir);
	if (!err) {
		fill_manifest(r, platform);
		err = manifest_write(&r->manifest, experiment, &r->folder);
	}
	if (!err) {
		block_of_manifest(&r->manifest, &block);
		err = add_block(r, &block, 0);
	}
	if (!err)
		err = write_first_files(r);
	if (!err)
		err = open_trials(r);
	if (err)
		results_close(r);
	else
		*out = r;
	return err;
}

/* What a kill left of the trial under way goes. */
static int
cut_trials(struct results *r)
{
	off_t whole_bytes = (off_t)r->done.whole_bytes;
	int err = open_trials(r);

	if (err || r->trials_bytes == whole_bytes)
		return err;
	if (ftruncate(r->trials_fd, whole_bytes) != 0 || fsync(r->trials_fd) != 0) {
		err = -errno;
		log_error("%s/trials.csv: cannot cut off its last trial: %s", r->folder.path,
			  strerror(-err));
		return err;
	}
	log_note("%s/trials.csv: its last trial was under way when the run ended; it is measured "
		 "again",
		 r->folder.path);
	r->trials_bytes = whole_bytes;
	return 0;
}

/* blocks.csv, and which whole trials there are of the last block. */
static int
read_done(struct results *r)
{
	char path[FOLDER_PATH_BYTES + sizeof("/trials.csv")];
	int err = blocks_read(&r->folder, &r->blocks);

	if (err && err != -ENOENT)
		return err;
	if (!folder_has(&r->folder, "trials.csv"))
		return 0;
	snprintf(path, sizeof(path), "%s/trials.csv", r->folder.path);
	err = done_trials_read(path, r->experiment, &r->done);
	if (!err && r->done.n && !r->blocks.n) {
		log_error("%s/blocks.csv: is missing, and trials.csv has trials: nothing says on "
			  "which machine they were measured",
			  r->folder.path);
		err = -EBADMSG;
	}
	return err ? err : cut_trials(r);
}

int
results_resume(const char *dir, const struct experiment *experiment, struct results **out)
{
	struct results *r = new_results(experiment);
	int err;

	if (!r)
		return -ENOMEM;
	r->resumed = true;
	err = folder_open(&r->folder, dir);
	if (!err)
		err = folder_lock(&r->folder);
	if (!err)
		err = manifest_read(&r->manifest, &r->folder);
	if (!err)
		err = resume_check(&r->folder, &r->manifest, experiment);
	if (!err)
		err = read_done(r);
	if (err)
		results_close(r);
	else
		*out = r;
	return err;
}

static struct block *
last_block(const struct results *r)
{
	return r->blocks.n ? &r->blocks.at[r->blocks.n - 1] : NULL;
}

static int
open_block(struct results *r, struct block *block, int difference)
{
	uint32_t first_restart = done_trials_end(&r->done);

	/* A block without a trial is no block: this one takes its place. */
	if (first_restart <= last_block(r)->first_restart) {
		first_restart = last_block(r)->first_restart;
		r->blocks.n--;
	} else {
		log_note("%s was '%s' and is '%s': a block of its own begins, with every cell "
			 "measured again",
			 block_fingerprint_name(difference), last_block(r)->fingerprint[difference],
			 block->fingerprint[difference]);
	}
	if (first_restart + r->experiment->measure.restarts > UNITS_MAX) {
		log_error("%s: has %u restarts in %u blocks, allowed: %d in all; start a new run",
			  r->folder.path, first_restart, r->blocks.n, UNITS_MAX);
		return -E2BIG;
	}
	return add_block(r, block, first_restart);
}

int
results_continue(struct results *r, const struct results_platform *platform)
{
	char started[MANIFEST_TEXT_BYTES];
	struct block block;
	int difference = -1, err = 0;
	bool is_new = false;

	memcpy(started, r->manifest.started, sizeof(started));
	fill_manifest(r, platform);
	block_of_manifest(&r->manifest, &block);
	if (r->blocks.n)
		difference = block_difference(last_block(r), &block);
	if (!r->blocks.n)
		err = add_block(r, &block, 0);
	else if (difference >= 0)
		err = open_block(r, &block, difference);
	if (!err) {
		is_new = r->done.n && done_trials_end(&r->done) <= results_first_restart(r);
		done_trials_keep_from(&r->done, results_first_restart(r));
		memcpy(r->manifest.started, started, sizeof(started));
		err = manifest_write(&r->manifest, r->experiment, &r->folder);
	}
	if (!err)
		err = write_first_files(r);
	if (!err && r->trials_fd < 0)
		err = open_trials(r);
	return err ? err : is_new;
}

bool
results_finished(const struct results *r)
{
	return !strcmp(r->manifest.status, STATUS_DONE);
}

const struct done_trials *
results_done(const struct results *r)
{
	return &r->done;
}

uint32_t
results_first_restart(const struct results *r)
{
	return r->blocks.n ? last_block(r)->first_restart : 0;
}

const struct manifest *
results_manifest(const struct results *results)
{
	return &results->manifest;
}

const char *
results_path(const struct results *results)
{
	return results->folder.path;
}

/*
 * Before the trial itself, which makes it whole: a kill in between leaves rows of a trial that is
 * measured again, and of two rows for one exit the later one counts.
 */
static int
add_exits(struct results *r, const struct trial *trial)
{
	char *text;
	size_t size;
	int err = exits_to_csv(r->experiment, trial, &text, &size);

	if (!err && r->exits_fd < 0)
		r->exits_fd = openat(r->folder.fd, "exits.csv",
				     O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (!err && r->exits_fd < 0)
		err = -errno;
	if (!err && size && write(r->exits_fd, text, size) != (ssize_t)size)
		err = -ENOSPC;
	free(text);
	if (err)
		log_error("%s/exits.csv: cannot add cell %u, restart %u: %s", r->folder.path,
			  trial->cell, trial->restart, strerror(-err));
	return err;
}

static int
add_trial(struct results *r, const struct trial *trial)
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
results_add(struct results *r, const struct trial *trial)
{
	int err = trial->cell < r->experiment->n_cells ? add_exits(r, trial) : 0;

	return err ? err : add_trial(r, trial);
}

int
results_finish(struct results *r, const char *status)
{
	struct manifest *m = &r->manifest;
	struct cpu_time now;

	cpu_time_read(CPU_ALL, &now);
	m->steal_share = cpu_time_steal_share(&r->cpu_time_at_start, &now);
	m->others_share = cpu_time_others_share(&r->cpu_time_at_start, &now);
	utc_now("%Y-%m-%dT%H:%M:%SZ", m->finished, sizeof(m->finished));
	fill_text(m->status, status);
	return manifest_write(m, r->experiment, &r->folder);
}

static void
remove_first_files(const struct results *r)
{
	for (size_t i = 0; i < sizeof(first_files) / sizeof(first_files[0]); i++)
		unlinkat(r->folder.fd, first_files[i], 0);
	if (r->folder.made)
		rmdir(r->folder.path);
}

void
results_close(struct results *r)
{
	if (!r)
		return;
	if (r->trials_fd >= 0)
		close(r->trials_fd);
	if (r->exits_fd >= 0)
		close(r->exits_fd);
	if (r->folder.fd >= 0 && r->n_trials == 0 && !r->resumed)
		remove_first_files(r);
	done_trials_close(&r->done);
	blocks_close(&r->blocks);
	folder_close(&r->folder);
	free(r);
}
