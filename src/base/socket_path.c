/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/socket_path.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* With its final NUL. */
#define PATH_BYTES sizeof(((struct sockaddr_un *)0)->sun_path)

static int
check_length(const char *path, char *why, size_t why_size)
{
	size_t length = strlen(path);

	if (length && length < PATH_BYTES)
		return 0;
	snprintf(why, why_size, "socket '%.120s': found a path of %zu bytes, allowed: 1 to %zu",
		 path, length, PATH_BYTES - 1);
	return -EINVAL;
}

static int
no_socket(const char *path, char *why, size_t why_size)
{
	snprintf(why, why_size, "%s: is there and is no socket; it is left alone", path);
	return -EEXIST;
}

int
socket_path_check(const char *path, char *why, size_t why_size)
{
	struct stat status;
	int error = check_length(path, why, why_size);

	if (error)
		return error;
	if (!stat(path, &status))
		return S_ISSOCK(status.st_mode) ? 0 : no_socket(path, why, why_size);
	if (errno == ENOENT)
		return 0;
	error = -errno;
	snprintf(why, why_size, "%s: %s", path, strerror(-error));
	return error;
}

/* Returns 0 when somebody listens, or -errno: -ECONNREFUSED when nobody does. */
static int
try_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	/* A listener with a full queue must not keep us. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		error = errno == EAGAIN ? 0 : -errno;
	close(fd);
	return error;
}

/* Is there the folder, with such rights in it (as of access())? Returns 0 or -errno. */
static int
check_folder(const char *path, int rights)
{
	char folder[PATH_BYTES];

	memcpy(folder, path, strlen(path) + 1);
	return access(dirname(folder), rights) < 0 ? -errno : 0;
}

int
socket_path_await(const char *path, char *why, size_t why_size)
{
	int error = socket_path_check(path, why, why_size);

	if (error)
		return error;
	error = check_folder(path, X_OK);
	if (error)
		snprintf(why, why_size, "%s: %s", path, strerror(-error));
	return error;
}

int
socket_path_clear(const char *path, char *why, size_t why_size)
{
	struct stat status;
	int error = check_length(path, why, why_size);

	if (error)
		return error;
	if (lstat(path, &status) < 0) {
		error = errno == ENOENT ? check_folder(path, W_OK | X_OK) : -errno;
	} else if (!S_ISSOCK(status.st_mode)) {
		return no_socket(path, why, why_size);
	} else {
		error = try_connect(path);
		if (!error) {
			snprintf(why, why_size, "%s: somebody listens there already", path);
			return -EADDRINUSE;
		}
		if (error == -ECONNREFUSED)
			error = unlink(path) < 0 ? -errno : 0;
	}
	if (error)
		snprintf(why, why_size, "%s: %s", path, strerror(-error));
	return error;
}
