/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/suite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "runner/results/csv_file.h"

#define COLUMNS "run,status,reason"

int
suite_run_check(const struct folder *folder, const char *name)
{
	struct stat status;
	int err = 0;

	if (fstatat(folder->fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		err = errno == ENOENT ? 0 : -errno;
	else if (!S_ISDIR(status.st_mode))
		err = -ENOTDIR;
	if (err == -ENOTDIR)
		log_error("%s/%s: found %s, allowed: a folder of this suite's, for the run",
			  folder->path, name,
			  S_ISLNK(status.st_mode) ? "a symbolic link" : "no folder");
	else if (err)
		log_error("%s/%s: %s", folder->path, name, strerror(-err));
	return err;
}

int
suite_file_write(const struct folder *folder, const struct suite_entries *entries)
{
	char *text = NULL;
	size_t size;
	struct csv_writer csv = {.file = open_memstream(&text, &size)};
	int err = csv.file ? 0 : -ENOMEM;

	if (!err) {
		fputs(COLUMNS "\n", csv.file);
		for (size_t i = 0; i < entries->n; i++) {
			csv_text(&csv, entries->at[i].name);
			csv_text(&csv, entries->at[i].status);
			csv_text(&csv, entries->at[i].reason);
			csv_end(&csv);
		}
		err = fclose(csv.file) ? -ENOMEM : 0;
	}
	if (err)
		log_error("%s/" SUITE_FILE ": %s", folder->path, strerror(-err));
	else
		err = folder_write(folder, SUITE_FILE, text, size);
	free(text);
	return err;
}

static int
read_entry(const struct csv_line *line, void *arg)
{
	struct suite_entries *entries = arg;
	struct suite_entry *entry = &entries->at[entries->n];

	if (entries->n == SUITE_RUNS_MAX) {
		log_error("%s:%u: damaged: found more than %d runs", line->path, line->number,
			  SUITE_RUNS_MAX);
		return -EBADMSG;
	}
	if (csv_read_text(line, 0, entry->name, sizeof(entry->name)) ||
	    csv_read_text(line, 1, entry->status, sizeof(entry->status)) ||
	    csv_read_text(line, 2, entry->reason, sizeof(entry->reason)))
		return -EBADMSG;
	/* It names a folder beside the file, and none elsewhere. */
	if (!entry->name[0] || entry->name[0] == '.' || strchr(entry->name, '/')) {
		log_error("%s:%u: damaged: found the run '%s', which is no folder's name",
			  line->path, line->number, entry->name);
		return -EBADMSG;
	}
	entries->n++;
	return 0;
}

int
suite_file_read(const struct folder *folder, struct suite_entries *entries)
{
	char path[FOLDER_PATH_BYTES + sizeof("/" SUITE_FILE)];

	*entries = (struct suite_entries){0};
	snprintf(path, sizeof(path), "%s/" SUITE_FILE, folder->path);
	int err = csv_read(path, COLUMNS, read_entry, entries);

	for (size_t i = 0; !err && i < entries->n; i++)
		err = suite_run_check(folder, entries->at[i].name);
	return err;
}
