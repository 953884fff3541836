/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/guest/vhost_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/socket_path.h"
#include "datapath/guest/vhost_message.h"

/* Between two tries to reach a backend that does not listen yet. */
#define DIAL_PAUSE_NS 10000000

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == VHOST_PATH_BYTES,
	       "a path has as much room as the address");

static int
failed(const char *path, int error)
{
	log_error("vhost-user socket %s: %s", path, strerror(-error));
	return error;
}

/* The path is fit for what is about to be done with it: check, or clear. */
static int
prepare(const char *path, int (*make_fit)(const char *path, char *why, size_t why_size))
{
	char why[256];
	int error = make_fit(path, why, sizeof(why));

	if (error)
		log_error("vhost-user: %s", why);
	return error;
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

/*
 * Connects without waiting: a backend that is too busy to accept counts as one
 * that does not listen yet. Returns a descriptor or -errno.
 */
static int
dial(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fcntl(fd, F_SETFL, 0) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* Binds the name and notes which one it is. Returns 0 or -errno. */
static int
bind_name(struct vhost_socket *s, int fd)
{
	struct sockaddr_un address = address_of(s->path);
	struct stat status;

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (lstat(s->path, &status) < 0 || listen(fd, 1) < 0)
		return -errno;
	s->device = status.st_dev;
	s->inode = status.st_ino;
	return 0;
}

static int
start_listening(struct vhost_socket *s)
{
	int error = prepare(s->path, socket_path_clear), fd;

	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	error = fd < 0 ? -errno : bind_name(s, fd);
	if (!error) {
		s->listen_fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return failed(s->path, error);
}

static void
stop_listening(struct vhost_socket *s)
{
	struct stat status;

	if (s->listen_fd < 0)
		return;
	if (!lstat(s->path, &status) && status.st_dev == s->device && status.st_ino == s->inode)
		unlink(s->path);
	close(s->listen_fd);
	s->listen_fd = -1;
}

int
vhost_socket_open(struct vhost_socket *s, const char *path, bool client, bool keep_name)
{
	*s = (struct vhost_socket){.client = client, .keep_name = keep_name, .listen_fd = -1};
	int error = prepare(path, socket_path_check);

	if (error)
		return error;
	snprintf(s->path, sizeof(s->path), "%s", path);
	return client ? 0 : start_listening(s);
}

/* Has the other side hung up already, as one does who only looks whether somebody listens? */
static bool
hung_up(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Returns a descriptor, -ETIMEDOUT or another -errno. */
static int
accept_one(int listen_fd, int timeout_ms)
{
	uint64_t deadline_ns = deadline_after_ms(timeout_ms);

	for (;;) {
		int error = vhost_wait_readable(listen_fd, deadline_remaining_ms(deadline_ns), -1),
		    fd;

		if (error)
			return error;
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return -errno;
		if (!hung_up(fd))
			return fd;
		close(fd);
	}
}

static int
meet_as_server(struct vhost_socket *s, int timeout_ms)
{
	int error = s->listen_fd < 0 ? start_listening(s) : 0, fd;

	if (error)
		return error;
	fd = accept_one(s->listen_fd, timeout_ms);
	if (fd < 0)
		return fd == -ETIMEDOUT ? fd : failed(s->path, fd);
	/* The name is of use until the backend has connected; a kill must not leave it behind. */
	if (!s->keep_name)
		stop_listening(s);
	return fd;
}

/* Is there no backend yet, rather than something wrong? */
static bool
may_come(int error)
{
	return error == -ECONNREFUSED || error == -ENOENT || error == -EAGAIN;
}

static int
meet_as_client(const struct vhost_socket *s, int timeout_ms)
{
	uint64_t deadline_ns = deadline_after_ms(timeout_ms);
	int fd;

	while ((fd = dial(s->path)) < 0) {
		int error = prepare(s->path, socket_path_check);

		if (error)
			return error;
		if (!may_come(fd))
			return failed(s->path, fd);
		if (clock_monotonic_ns() >= deadline_ns)
			return -ETIMEDOUT;
		nanosleep(&(struct timespec){.tv_nsec = DIAL_PAUSE_NS}, NULL);
	}
	return fd;
}

int
vhost_socket_meet(struct vhost_socket *s, int timeout_ms)
{
	return s->client ? meet_as_client(s, timeout_ms) : meet_as_server(s, timeout_ms);
}

void
vhost_socket_close(struct vhost_socket *s)
{
	stop_listening(s);
}
