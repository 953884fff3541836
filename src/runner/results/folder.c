/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

int
folder_open(struct folder *folder, const char *path)
{
	int err;

	*folder = (struct folder){.fd = -1};
	if (strlen(path) >= sizeof(folder->path)) {
		log_error("%.64s...: the folder's name is longer than %zu bytes", path,
			  sizeof(folder->path) - 1);
		return -ENAMETOOLONG;
	}
	snprintf(folder->path, sizeof(folder->path), "%s", path);
	folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0) {
		err = -errno;
		log_error("%s: cannot open the folder: %s", path, strerror(-err));
		return err;
	}
	return 0;
}

int
folder_lock(struct folder *folder)
{
	int err;

	if (flock(folder->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	log_error("%s: %s", folder->path,
		  err == -EBUSY ?
			  "another folio is writing to this folder; wait for it, or use another" :
			  strerror(-err));
	return err;
}

/* A file under its temporary name: its writer was killed. */
static bool
is_unfinished(const char *name)
{
	size_t length = strlen(name);

	return name[0] == '.' && length > strlen(".tmp") &&
	       !strcmp(name + length - strlen(".tmp"), ".tmp");
}

/* Returns 0, -ENOTEMPTY or another -errno, each but 0 after log_error(). */
static int
check_empty(const struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	const struct dirent *entry;
	int err = 0;

	if (!dir) {
		err = -errno;
		log_error("%s: cannot read the folder: %s", folder->path, strerror(-err));
		return err;
	}
	while (!err && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    is_unfinished(entry->d_name))
			continue;
		log_error("%s: the folder holds files already (%s); a run wants a new or empty "
			  "folder",
			  folder->path, entry->d_name);
		err = -ENOTEMPTY;
	}
	closedir(dir);
	return err;
}

int
folder_create(struct folder *folder, const char *path)
{
	bool made = mkdir(path, 0777) == 0;
	int err;

	if (!made && errno != EEXIST) {
		err = -errno;
		log_error("%s: cannot make the folder: %s", path, strerror(-err));
		return err;
	}
	err = folder_open(folder, path);
	if (err)
		return err;
	folder->made = made;
	err = folder_lock(folder);
	if (!err)
		err = check_empty(folder);
	if (!err && faccessat(folder->fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
		err = -errno;
		log_error("%s: cannot write to the folder: %s", path, strerror(-err));
	}
	if (err)
		folder_close(folder);
	return err;
}

int
folder_create_for(struct folder *folder, const char *name, const char *path)
{
	char own[FOLDER_PATH_BYTES], stamp[32];
	time_t now = time(NULL);
	struct tm utc;

	if (path)
		return folder_create(folder, path);
	if (mkdir("results", 0777) != 0 && errno != EEXIST) {
		int err = -errno;

		log_error("results: cannot make the folder: %s", strerror(-err));
		return err;
	}
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	snprintf(own, sizeof(own), "results/%s-%s", name, stamp);
	/* Another run may have begun in the same second. */
	for (int i = 2; i < 10 && access(own, F_OK) == 0; i++)
		snprintf(own, sizeof(own), "results/%s-%s-%d", name, stamp, i);
	return folder_create(folder, own);
}

void
folder_close(struct folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
}

bool
folder_has(const struct folder *folder, const char *name)
{
	return faccessat(folder->fd, name, F_OK, 0) == 0;
}

/* Returns the open file, which is a plain one of at most size_max bytes, or -errno. */
static int
open_file(const struct folder *folder, const char *name, size_t size_max, size_t *size)
{
	int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st = {0};

	if (fd < 0 || fstat(fd, &st) != 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if ((uint64_t)st.st_size > size_max)
		err = -EFBIG;
	if (err && fd >= 0)
		close(fd);
	if (err)
		return err;
	*size = (size_t)st.st_size;
	return fd;
}

int
folder_read(const struct folder *folder, const char *name, size_t size_max, char **text)
{
	size_t size = 0;
	int fd = open_file(folder, name, size_max, &size), err = fd < 0 ? fd : 0;

	*text = NULL;
	if (!err && !(*text = calloc(1, size + 1)))
		err = -ENOMEM;
	if (!err && read(fd, *text, size) != (ssize_t)size)
		err = -EIO;
	if (fd >= 0)
		close(fd);
	if (err) {
		log_error("%s/%s: cannot read: %s", folder->path, name, strerror(-err));
		free(*text);
		*text = NULL;
	}
	return err;
}

static int
write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int
write_file(const struct folder *folder, const char *name, const char *text, size_t size,
	   bool private)
{
	char temporary[128];
	int fd, err;

	snprintf(temporary, sizeof(temporary), ".%s.tmp", name);
	fd = openat(folder->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0666);
	/* What a killed writer left may be there, with other permissions. */
	if (fd < 0 || (private && fchmod(fd, 0600) != 0))
		err = -errno;
	else
		err = write_all(fd, text, size);
	if (!err && fsync(fd) != 0)
		err = -errno;
	if (fd >= 0 && close(fd) != 0 && !err)
		err = -errno;
	if (!err && renameat(folder->fd, temporary, folder->fd, name) != 0)
		err = -errno;
	if (err) {
		unlinkat(folder->fd, temporary, 0);
		log_error("%s/%s: cannot write: %s", folder->path, name, strerror(-err));
		return err;
	}
	fsync(folder->fd); /* the name itself; some file systems cannot, and then there is no more to do */
	return 0;
}

int
folder_write(const struct folder *folder, const char *name, const char *text, size_t size)
{
	return write_file(folder, name, text, size, false);
}

int
folder_write_private(const struct folder *folder, const char *name, const char *text, size_t size)
{
	return write_file(folder, name, text, size, true);
}

int
file_open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st = {0};

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	if (!err)
		return fd;
	close(fd);
	return err;
}
