/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/tracefs_instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "folio-"

/* So many in one process. */
#define NUMBERS_MAX 64

/* An instance that nobody holds a lock on has lost its process. */
static void
remove_if_stale(int instances, const char *name)
{
	int folder = openat(instances, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	if (flock(folder, LOCK_EX | LOCK_NB) == 0)
		unlinkat(instances, name, AT_REMOVEDIR);
	close(folder);
}

static void
remove_stale(int instances)
{
	int copy = openat(instances, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!folder) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1))
			remove_if_stale(instances, entry->d_name);
	closedir(folder);
}

static int
make_folder(struct tracefs_instance *instance)
{
	for (unsigned int i = 0; i < NUMBERS_MAX; i++) {
		snprintf(instance->name, sizeof(instance->name), PREFIX "%d-%u", getpid(), i);
		if (mkdirat(instance->instances, instance->name, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/*
 * The folder of all instances, locked: one that is made is taken for stale by nobody before
 * it has its own lock. Returns a descriptor or -errno.
 */
static int
open_instances(int tracefs)
{
	int fd = openat(tracefs, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

void
tracefs_instances_clean(int tracefs)
{
	int instances = open_instances(tracefs);

	if (instances < 0)
		return;
	remove_stale(instances);
	close(instances);
}

int
tracefs_instance_open(struct tracefs_instance *instance, int tracefs)
{
	int err;

	*instance = (struct tracefs_instance){.instances = open_instances(tracefs), .folder = -1};
	if (instance->instances < 0) {
		err = instance->instances;
		goto fail;
	}
	remove_stale(instance->instances);
	err = make_folder(instance);
	if (err)
		goto fail;
	instance->folder =
		openat(instance->instances, instance->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (instance->folder >= 0 && flock(instance->folder, LOCK_EX | LOCK_NB) == 0 &&
	    flock(instance->instances, LOCK_UN) == 0)
		return 0;
	err = -errno;
	unlinkat(instance->instances, instance->name, AT_REMOVEDIR);
fail:
	if (instance->folder >= 0)
		close(instance->folder);
	if (instance->instances >= 0)
		close(instance->instances);
	*instance = (struct tracefs_instance){0};
	return err;
}

void
tracefs_instance_close(struct tracefs_instance *instance)
{
	if (!*instance->name)
		return;
	unlinkat(instance->instances, instance->name, AT_REMOVEDIR);
	close(instance->folder);
	close(instance->instances);
	*instance = (struct tracefs_instance){0};
}

int
tracefs_instance_write(const struct tracefs_instance *instance, const char *file, const char *text)
{
	int fd = openat(instance->folder, file, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Threads are followed first, so that none is missed that starts while they are listed. */
int
tracefs_instance_follow(const struct tracefs_instance *instance, pid_t pid)
{
	int err = tracefs_instance_write(instance, "options/event-fork", "1");
	char path[64];
	struct dirent *entry;
	DIR *tasks;
	int list;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = err ? NULL : opendir(path);
	if (!tasks)
		return err ? err : -errno;
	/* One open file: opening it anew without O_APPEND would forget those before. */
	list = openat(instance->folder, "set_event_pid", O_WRONLY | O_APPEND | O_CLOEXEC);
	err = list < 0 ? -errno : 0;
	while (!err && (entry = readdir(tasks)))
		if (atoi(entry->d_name) > 0 && dprintf(list, "%s ", entry->d_name) < 0)
			err = -errno;
	if (list >= 0)
		close(list);
	closedir(tasks);
	return err;
}
