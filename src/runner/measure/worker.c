/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "datapath/eal.h"

/* The pipe joins two copies of one program: values cross it as they lie in memory. */
enum message_type { MESSAGE_LOG, MESSAGE_READY, MESSAGE_TRIAL, MESSAGE_END };

struct message_header {
	enum message_type type;
	int value; /* MESSAGE_LOG: the level; MESSAGE_END: 0 or -errno */
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

/* -EINTR only before the first byte: a message is read whole or not at all. */
static int
read_all(int fd, void *data, size_t bytes, bool interruptible)
{
	char *at = data;

	while (bytes) {
		ssize_t n = read(fd, at, bytes);

		if (n < 0 && errno == EINTR && (!interruptible || at != data))
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

static int
send_message(int fd, enum message_type type, int value, const void *data, size_t bytes)
{
	struct message_header header = {.type = type, .value = value, .size_bytes = bytes};
	int error = write_all(fd, &header, sizeof(header));

	return error ? error : write_all(fd, data, bytes);
}

static void
send_log(enum log_level level, const char *text, void *arg)
{
	send_message(*(const int *)arg, MESSAGE_LOG, (int)level, text, strlen(text) + 1);
}

static int
send_trial(const struct trial *trial, void *arg)
{
	return send_message(*(const int *)arg, MESSAGE_TRIAL, 0, trial, sizeof(*trial));
}

/* Rings, memory and threads exist by now; to move packets among them takes no privilege. */
static void
drop_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_capset, &header, none);
}

static int
measure(const struct trials_options *options, int fd)
{
	struct worker_ready ready;
	struct trials *trials;
	int error = trials_open(options, &trials);

	if (error)
		return error;
	drop_privileges();
	ready.huge_pages = datapath_huge_pages();
	error = send_message(fd, MESSAGE_READY, 0, &ready, sizeof(ready));
	if (!error)
		error = trials_run(trials, send_trial, &fd);
	trials_close(trials);
	return error;
}

static void __attribute__((noreturn))
child_main(const struct trials_options *options, int fd, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	prctl(PR_SET_NAME, "folio-measure");
	signal(SIGPIPE, SIG_IGN);
	/* The terminal's interrupt is the parent's to handle: it ends this process. */
	signal(SIGINT, SIG_IGN);
	log_set_sink(send_log, &fd);

	int error = measure(options, fd);

	send_message(fd, MESSAGE_END, error, NULL, 0);
	_exit(EXIT_SUCCESS);
}

int
worker_start(struct worker *worker, const struct trials_options *options)
{
	pid_t parent = getpid();
	int ends[2];

	*worker = (struct worker){.pid = -1, .fd = -1};
	if (pipe2(ends, O_CLOEXEC) < 0)
		goto fail;
	worker->pid = fork();
	if (worker->pid == 0) {
		close(ends[0]);
		child_main(options, ends[1], parent);
	}
	close(ends[1]);
	worker->fd = ends[0];
	if (worker->pid > 0)
		return 0;
	close(ends[0]);

fail:
	log_error("measuring process: %s", strerror(errno));
	return -errno;
}

/* Why the pipe ended before the worker said that it was done. */
static int
report_death(struct worker *worker)
{
	int status = 0;

	waitpid(worker->pid, &status, 0);
	worker->pid = -1;
	if (WIFSIGNALED(status))
		log_error("the measuring process was ended by signal %d (%s)", WTERMSIG(status),
			  strsignal(WTERMSIG(status)));
	else
		log_error("the measuring process ended early, with status %d", WEXITSTATUS(status));
	return -ECHILD;
}

/*
 * Reads messages up to one of the wanted type, whose payload of exactly bytes
 * goes to data: 1; or up to the end: 0 or the worker's -errno.
 */
static int
receive(struct worker *worker, enum message_type wanted, void *data, size_t bytes)
{
	struct message_header header;
	char text[1024];

	for (;;) {
		int error = read_all(worker->fd, &header, sizeof(header), true);

		if (error == -EINTR)
			return error;
		if (error)
			return report_death(worker);
		if (header.type == MESSAGE_END)
			return header.value;
		bool take = header.type == wanted && header.size_bytes == bytes;

		if (!take && (header.type != MESSAGE_LOG || header.size_bytes > sizeof(text)))
			return -EPROTO;
		if (read_all(worker->fd, take ? data : text, header.size_bytes, false))
			return report_death(worker);
		if (take)
			return 1;
		log_message((enum log_level)header.value, "%s", text);
	}
}

int
worker_wait_ready(struct worker *worker, struct worker_ready *ready)
{
	int got = receive(worker, MESSAGE_READY, ready, sizeof(*ready));

	return got == 1 ? 0 : got == 0 ? -EPROTO : got;
}

int
worker_next(struct worker *worker, struct trial *trial)
{
	return receive(worker, MESSAGE_TRIAL, trial, sizeof(*trial));
}

void
worker_stop(struct worker *worker)
{
	if (worker->pid > 0) {
		kill(worker->pid, SIGKILL);
		waitpid(worker->pid, NULL, 0);
	}
	if (worker->fd >= 0)
		close(worker->fd);
	*worker = (struct worker){.pid = -1, .fd = -1};
}
