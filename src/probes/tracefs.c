/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define FORMAT_BYTES 8192

/* A folder of that path with tracepoints in it. */
static int
open_mounted(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	if (!faccessat(fd, "events", R_OK | X_OK, 0))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int
mount_detached(void)
{
	int context = fsopen("tracefs", FSOPEN_CLOEXEC), fd, error;

	if (context < 0)
		return -errno;
	fd = fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ?
		     -1 :
		     fsmount(context, FSMOUNT_CLOEXEC, 0);
	error = -errno;
	close(context);
	return fd < 0 ? error : fd;
}

int
tracefs_open(void)
{
	static const char *const paths[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open_mounted(paths[i]);

		if (fd >= 0)
			return fd;
	}
	return mount_detached();
}

/* Reads events/<group>/<name>/<file>, ended by a NUL. Returns its length or -errno. */
static int
read_file(int tracefs, const char *group, const char *name, const char *file, char *buf,
	  size_t size)
{
	char path[160];
	ssize_t got = 0;
	size_t length = 0;
	int fd;

	snprintf(path, sizeof(path), "events/%s/%s/%s", group, name, file);
	fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (length < size - 1 && (got = read(fd, buf + length, size - 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		got = -errno;
	close(fd);
	buf[length] = '\0';
	return got < 0 ? (int)got : (int)length;
}

int
tracefs_event_id(int tracefs, const char *group, const char *name)
{
	char text[32];
	int got = read_file(tracefs, group, name, "id", text, sizeof(text));

	if (got < 0)
		return got;
	got = atoi(text);
	return got > 0 ? got : -EBADMSG;
}

/*
 * A line of a format is "\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;". The
 * field's name is the last word before the first semicolon.
 */
static int
offset_in_line(const char *line, const char *field, unsigned int bytes)
{
	size_t length = strlen(field);
	const char *end = strchr(line, ';');
	unsigned int offset, size;

	if (!end || (size_t)(end - line) <= length || strncmp(end - length, field, length) ||
	    end[-(ptrdiff_t)length - 1] != ' ')
		return -ENOENT;
	if (sscanf(end, ";\toffset:%u;\tsize:%u;", &offset, &size) != 2 || size != bytes ||
	    offset > FORMAT_BYTES)
		return -EBADMSG;
	return (int)offset;
}

int
tracefs_field_offset(int tracefs, const char *group, const char *name, const char *field,
		     unsigned int bytes)
{
	char text[FORMAT_BYTES], *rest = text, *line;
	int got = read_file(tracefs, group, name, "format", text, sizeof(text));

	if (got < 0)
		return got;
	while ((line = strsep(&rest, "\n"))) {
		int offset = offset_in_line(line, field, bytes);

		if (offset != -ENOENT)
			return offset;
	}
	return -ENOENT;
}
