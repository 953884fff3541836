/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

struct message_header {
	int type;
	int value; /* CHILD_MESSAGE_LOG: the level; CHILD_MESSAGE_END: 0 or -errno */
	size_t size_bytes;
};

static int
write_all(int fd, const void *data, size_t bytes)
{
	const char *at = data;

	while (bytes) {
		ssize_t n = write(fd, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		bytes -= (size_t)n;
	}
	return 0;
}

static int
read_all(int fd, void *data, size_t bytes)
{
	char *at = data;

	while (bytes) {
		ssize_t n = read(fd, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPIPE;
		at += n;
		bytes -= (size_t)n;
	}
	return 0;
}

int
child_send(int fd, int type, int value, const void *data, size_t bytes)
{
	struct message_header header = {.type = type, .value = value, .size_bytes = bytes};
	int error = write_all(fd, &header, sizeof(header));

	return error ? error : write_all(fd, data, bytes);
}

int
child_take(int fd, int *value, void *data, size_t bytes)
{
	struct message_header header;
	int error = read_all(fd, &header, sizeof(header));

	if (!error && header.size_bytes != bytes)
		error = -EPROTO;
	if (!error)
		error = read_all(fd, data, bytes);
	if (error)
		return error;
	*value = header.value;
	return header.type;
}

static void
send_log(enum log_level level, const char *text, void *arg)
{
	child_send(*(const int *)arg, CHILD_MESSAGE_LOG, (int)level, text, strlen(text) + 1);
}

/* The parent's other channels and files are not the child's to hold open. */
static void
close_inherited(int fd)
{
	if (fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, ~0u, 0);
}

static void __attribute__((noreturn))
run_child(const struct child_options *options, int fd, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	prctl(PR_SET_NAME, options->process_name);
	close_inherited(fd);
	signal(SIGPIPE, SIG_IGN);
	/* The terminal's interrupt is the run's to handle: it ends this process. */
	signal(SIGINT, SIG_IGN);
	log_set_sink(send_log, &fd);

	int error = options->main(fd, options->arg);

	child_send(fd, CHILD_MESSAGE_END, error, NULL, 0);
	_exit(EXIT_SUCCESS);
}

int
child_start(struct child *child, const struct child_options *options)
{
	pid_t parent = getpid();
	int ends[2], error;

	*child = (struct child){.pid = -1, .fd = -1};
	snprintf(child->name, sizeof(child->name), "%s", options->name);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		goto fail;
	child->pid = fork();
	if (child->pid == 0) {
		close(ends[0]);
		run_child(options, ends[1], parent);
	}
	error = errno;
	close(ends[1]);
	child->fd = ends[0];
	if (child->pid > 0)
		return 0;
	close(ends[0]);
	child->fd = -1;
	errno = error;

fail:
	error = -errno;
	log_error("%s: %s", child->name, strerror(-error));
	return error;
}

/* Why the channel ended before the child said that it was done. */
static int
report_death(struct child *child)
{
	int status = 0;

	waitpid(child->pid, &status, 0);
	child->pid = -1;
	if (WIFSIGNALED(status))
		log_error("the %s was ended by signal %d (%s)", child->name, WTERMSIG(status),
			  strsignal(WTERMSIG(status)));
	else
		log_error("the %s ended early, with status %d", child->name, WEXITSTATUS(status));
	return -ECHILD;
}

/* Returns 0, -EINTR or -ETIMEDOUT. */
static int
wait_readable(const struct child *child, int timeout_ms, bool interruptible)
{
	struct pollfd ready = {.fd = child->fd, .events = POLLIN};

	for (;;) {
		int n = poll(&ready, 1, timeout_ms);

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR || interruptible)
			return -errno;
	}
}

int
child_receive(struct child *child, int wanted, void *data, size_t bytes, int timeout_ms,
	      bool interruptible)
{
	struct message_header header;
	char text[1024];

	for (;;) {
		int error = wait_readable(child, timeout_ms, interruptible);

		if (error)
			return error;
		if (read_all(child->fd, &header, sizeof(header)))
			return report_death(child);
		if (header.type == CHILD_MESSAGE_END)
			return header.value;
		bool take = header.type == wanted && header.size_bytes == bytes;

		if (!take && (header.type != CHILD_MESSAGE_LOG || header.size_bytes > sizeof(text)))
			return -EPROTO;
		if (read_all(child->fd, take ? data : text, header.size_bytes))
			return report_death(child);
		if (take)
			return 1;
		log_message((enum log_level)header.value, "%s", text);
	}
}

void
child_stop(struct child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	if (child->fd >= 0)
		close(child->fd);
	child->pid = child->fd = -1;
}
