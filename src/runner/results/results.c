/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/report/stats.h"
#include "runner/results/blocks.h"
#include "runner/results/first_files.h"
#include "runner/results/folder.h"
#include "runner/results/manifest.h"
#include "runner/results/resume_check.h"
#include "runner/results/trial_log.h"

#define STATUS_RUNNING "running"
#define STATUS_DONE "done"

struct results {
	const struct experiment *experiment;
	struct folder folder;
	struct manifest manifest;
	struct blocks blocks;
	struct done_trials done;
	struct cpu_time cpu_time_at_start;
	struct trial_log log;
	bool resumed; /* what is in the folder stays there */
};

static void
utc_now(const char *format, char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;

	strftime(out, size, format, gmtime_r(&now, &utc));
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

static struct results *
new_results(const struct experiment *experiment)
{
	struct results *r = calloc(1, sizeof(*r));

	if (!r) {
		log_error("results: %s", strerror(ENOMEM));
		return NULL;
	}
	r->experiment = experiment;
	r->folder.fd = -1;
	trial_log_init(&r->log, experiment, &r->folder);
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
		err = first_files_write(&r->folder, r->experiment);
	if (!err)
		err = trial_log_open(&r->log);
	if (err)
		results_close(r);
	else
		*out = r;
	return err;
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
	if (!err)
		err = trial_log_open(&r->log);
	return err ? err : trial_log_cut(&r->log, (off_t)r->done.whole_bytes);
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
		err = first_files_write(&r->folder, r->experiment);
	if (!err && !trial_log_is_open(&r->log))
		err = trial_log_open(&r->log);
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

int
results_add(struct results *r, const struct trial *trial)
{
	return trial_log_add(&r->log, trial);
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

void
results_close(struct results *r)
{
	if (!r)
		return;
	trial_log_close(&r->log);
	if (r->folder.fd >= 0 && r->log.n_trials == 0 && !r->resumed)
		first_files_remove(&r->folder);
	done_trials_close(&r->done);
	blocks_close(&r->blocks);
	folder_close(&r->folder);
	free(r);
}
