/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/perf_data.h"
#include "probes/trace_dat.h"

#define MAGIC_BYTES_MAX 16

/* A reader that a damaged file sends round in circles ends here: 10 GB take half of that. */
#define CHILD_CPU_SECONDS 600

const struct trace_file_format *const trace_file_formats[] = {
	&trace_dat_format,
	&perf_data_format,
	NULL,
};

static const struct trace_file_format *
find_format(int fd)
{
	char magic[MAGIC_BYTES_MAX];
	ssize_t got = pread(fd, magic, sizeof(magic), 0);

	for (size_t i = 0; trace_file_formats[i]; i++)
		if (got >= (ssize_t)trace_file_formats[i]->magic_bytes &&
		    !memcmp(magic, trace_file_formats[i]->magic,
			    trace_file_formats[i]->magic_bytes))
			return trace_file_formats[i];
	return NULL;
}

/* Its messages are of no use to the user, and it ends with its parent. */
static void
settle_child(int file, int output, pid_t parent)
{
	const struct rlimit cpu = {CHILD_CPU_SECONDS, CHILD_CPU_SECONDS}, none = {0, 0};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_DFL);
	if (null < 0 || dup2(file, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	close_range(STDERR_FILENO + 1, ~0u, 0);
}

/* Returns the child, with *output to read from; or -errno. */
static pid_t
start_child(const struct trace_file_format *format, const struct trace_marks *marks, int file,
	    FILE **output)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	*output = fdopen(ends[0], "r");
	/* What is still to be written is not the child's to write. */
	fflush(stdout);
	pid = *output ? fork() : -1;
	if (pid == 0) {
		settle_child(file, ends[1], parent);
		_exit(format->child(marks));
	}
	if (pid < 0)
		pid = -errno;
	close(ends[1]);
	if (pid < 0 && *output)
		fclose(*output);
	else if (pid < 0)
		close(ends[0]);
	return pid;
}

static int
child_status(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int
judge(const char *path, const struct trace_file_format *format, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == TRACE_FILE_READ)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == TRACE_FILE_NO_READER) {
		log_error("%s: a %s, which is read with %s: not found here", path, format->name,
			  format->reader);
		return -ENOTSUP;
	}
	if (WIFSIGNALED(status))
		log_error("%s: a damaged %s: signal %d ended its reader (%s)", path, format->name,
			  WTERMSIG(status), format->reader);
	else
		log_error("%s: a damaged %s: its reader (%s) gave up", path, format->name,
			  format->reader);
	return -EINVAL;
}

/* A record was refused here: its reader was fine with it, and may have ended before it was killed. */
static int
judge_record(const char *path, const struct trace_file_format *format, int status)
{
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

	if (!killed && !(WIFEXITED(status) && WEXITSTATUS(status) == TRACE_FILE_READ))
		return judge(path, format, status);
	log_error("%s: a damaged %s: one of its events holds what no kernel writes", path,
		  format->name);
	return -EINVAL;
}

static int
read_in_child(const char *path, const struct trace_file_format *format, int file,
	      const struct trace_taker *taker)
{
	FILE *output = NULL;
	int err, status;
	pid_t pid = start_child(format, taker->marks, file, &output);

	if (pid < 0) {
		log_error("%s: cannot start its reader: %s", path, strerror((int)-pid));
		return (int)pid;
	}
	err = format->parent(output, taker);
	fclose(output);
	if (err)
		kill(pid, SIGKILL);
	status = child_status(pid);
	if (err == -EBADMSG)
		return judge_record(path, format, status);
	if (err)
		log_error("%s: cannot go on reading: %s", path, strerror(-err));
	return err ? err : judge(path, format, status);
}

int
trace_file_read(const char *path, const struct trace_taker *taker)
{
	const struct trace_file_format *format;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int err = -EINVAL;

	if (file < 0) {
		err = -errno;
		log_error("%s: %s", path, strerror(errno));
		return err;
	}
	if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
		log_error("%s: found something that is no regular file, allowed: a trace.dat or "
			  "a perf.data",
			  path);
	else if (!(format = find_format(file)))
		log_error("%s: found a file of another kind, allowed: trace.dat (trace-cmd) or "
			  "perf.data (perf record)",
			  path);
	else
		err = read_in_child(path, format, file, taker);
	close(file);
	return err;
}
