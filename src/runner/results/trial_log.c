/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/trial_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/results/record.h"

void
trial_log_init(struct trial_log *log, const struct experiment *experiment,
	       const struct folder *folder)
{
	*log = (struct trial_log){
		.experiment = experiment, .folder = folder, .trials_fd = -1, .exits_fd = -1};
}

int
trial_log_open(struct trial_log *log)
{
	struct stat st;
	int err = 0;

	log->trials_fd =
		openat(log->folder->fd, "trials.csv", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (log->trials_fd < 0 || fstat(log->trials_fd, &st) != 0) {
		err = -errno;
		log_error("%s/trials.csv: cannot open: %s", log->folder->path, strerror(-err));
		return err;
	}
	log->trials_bytes = st.st_size;
	return 0;
}

bool
trial_log_is_open(const struct trial_log *log)
{
	return log->trials_fd >= 0;
}

int
trial_log_cut(struct trial_log *log, off_t whole_bytes)
{
	int err;

	if (log->trials_bytes == whole_bytes)
		return 0;
	if (ftruncate(log->trials_fd, whole_bytes) != 0 || fsync(log->trials_fd) != 0) {
		err = -errno;
		log_error("%s/trials.csv: cannot cut off its last trial: %s", log->folder->path,
			  strerror(-err));
		return err;
	}
	log_note("%s/trials.csv: its last trial was under way when the run ended; it is measured "
		 "again",
		 log->folder->path);
	log->trials_bytes = whole_bytes;
	return 0;
}

static int
add_exits(struct trial_log *log, const struct trial *trial)
{
	char *text;
	size_t size;
	int err = exits_to_csv(log->experiment, trial, &text, &size);

	if (!err && log->exits_fd < 0)
		log->exits_fd = openat(log->folder->fd, "exits.csv",
				       O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (!err && log->exits_fd < 0)
		err = -errno;
	if (!err && size && write(log->exits_fd, text, size) != (ssize_t)size)
		err = -ENOSPC;
	free(text);
	if (err)
		log_error("%s/exits.csv: cannot add cell %u, restart %u: %s", log->folder->path,
			  trial->cell, trial->restart, strerror(-err));
	return err;
}

static int
add_trial(struct trial_log *log, const struct trial *trial)
{
	char *text;
	size_t size;
	ssize_t written = 0;
	int err = trial_to_csv(log->experiment, trial, &text, &size);

	if (!err) {
		written = write(log->trials_fd, text, size);
		if (written != (ssize_t)size)
			err = written < 0 ? -errno : -ENOSPC;
		else if (fdatasync(log->trials_fd) != 0)
			err = -errno;
	}
	free(text);
	if (err) {
		log_error("%s/trials.csv: cannot add cell %u, restart %u: %s", log->folder->path,
			  trial->cell, trial->restart, strerror(-err));
		if (written > 0 && ftruncate(log->trials_fd, log->trials_bytes) != 0)
			log_error("%s/trials.csv: its last trial is cut short", log->folder->path);
		return err;
	}
	log->trials_bytes += written;
	log->n_trials++;
	return 0;
}

int
trial_log_add(struct trial_log *log, const struct trial *trial)
{
	int err = trial->cell < log->experiment->n_cells ? add_exits(log, trial) : 0;

	return err ? err : add_trial(log, trial);
}

void
trial_log_close(struct trial_log *log)
{
	if (log->trials_fd >= 0)
		close(log->trials_fd);
	if (log->exits_fd >= 0)
		close(log->exits_fd);
}
