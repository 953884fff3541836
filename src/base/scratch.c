/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARENT "/tmp"
#define PREFIX "folio-"

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	remove(path);
	return 0;
}

/* The folder is ours alone (mode 0700); links in it are removed, not followed. */
static void
remove_folder(const char *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* "folio-<pid>-XXXXXX", a folder of this user's whose process is no more. */
static bool
is_stale(int parent_fd, const char *name)
{
	struct stat status;
	char *end;

	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return false;
	long pid = strtol(name + strlen(PREFIX), &end, 10);

	if (*end != '-' || pid <= 1 || fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISDIR(status.st_mode) && status.st_uid == geteuid() && kill((pid_t)pid, 0) < 0 &&
	       errno == ESRCH;
}

static void
remove_stale(void)
{
	DIR *parent = opendir(PARENT);

	if (!parent)
		return;
	for (struct dirent *entry = readdir(parent); entry; entry = readdir(parent)) {
		char path[sizeof(PARENT) + sizeof(entry->d_name)];

		if (!is_stale(dirfd(parent), entry->d_name))
			continue;
		snprintf(path, sizeof(path), PARENT "/%s", entry->d_name);
		remove_folder(path);
	}
	closedir(parent);
}

int
scratch_open(char path[SCRATCH_PATH_BYTES])
{
	remove_stale();
	snprintf(path, SCRATCH_PATH_BYTES, PARENT "/" PREFIX "%ld-XXXXXX", (long)getpid());
	return mkdtemp(path) ? 0 : -errno;
}

void
scratch_close(const char *path)
{
	remove_folder(path);
}
