/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * perf is started without counting, told to begin over a pipe, and says over another that it has;
 * what it records goes to a file that has no name any more. A private instance of the kernel's
 * tracer records into its ring, and nobody reads it.
 */
#include "trace_peers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/tracefs.h"
#include "probes/tracefs_instance.h"

#define ANSWER_MS 10000
#define ARGUMENTS_MAX 24

static struct {
	pid_t pid;
	int control, answer; /* pipes' ends here */
} perf;

static void
run_perf(const char *const *command, int control, int answer, int output)
{
	char pid[16], ends[32], path[32];
	const char *arguments[ARGUMENTS_MAX];
	int n = 0, nowhere = open("/dev/null", O_RDWR);

	snprintf(pid, sizeof(pid), "%d", getppid());
	snprintf(ends, sizeof(ends), "fd:%d,%d", control, answer);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", output);
	for (; command[n]; n++)
		arguments[n] = command[n];
	for (const char *const *more =
		     (const char *[]){"-D", "-1", "--control", ends, "-p", pid, "-o", path, NULL};
	     *more; more++)
		arguments[n++] = *more;
	arguments[n] = NULL;
	dup2(nowhere, STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
	execvp(arguments[0], (char *const *)(void *)arguments);
	_exit(127);
}

static int
has_begun(void)
{
	struct pollfd answer = {.fd = perf.answer, .events = POLLIN};
	char text[8];

	return write(perf.control, "enable\n", 7) == 7 && poll(&answer, 1, ANSWER_MS) == 1 &&
	       read(perf.answer, text, sizeof(text)) >= 3 && !strncmp(text, "ack", 3);
}

static void
close_perf(void)
{
	kill(perf.pid, SIGINT);
	waitpid(perf.pid, NULL, 0);
	close(perf.control);
	close(perf.answer);
}

/* perf calls its own end by its path: the file must stay until it has ended, and nobody sees it. */
static int
open_perf(const char *const *command, char *why, size_t size)
{
	int control[2], answer[2], output = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	if (output < 0 || pipe(control) || pipe(answer)) {
		snprintf(why, size, "a file and pipes for perf: %s", strerror(errno));
		return -errno;
	}
	fflush(stdout);
	perf.pid = fork();
	if (perf.pid == 0) {
		close(control[1]);
		close(answer[0]);
		run_perf(command, control[0], answer[1], output);
	}
	close(control[0]);
	close(answer[1]);
	close(output);
	perf.control = control[1];
	perf.answer = answer[0];
	signal(SIGPIPE, SIG_IGN);
	if (perf.pid > 0 && has_begun())
		return 0;
	if (perf.pid > 0)
		close_perf();
	snprintf(why, size, "perf (package linux-perf) is not there, or may not record");
	return -ENOTSUP;
}

static int
open_perf_kvm(char *why, size_t size)
{
	return open_perf((const char *const[]){"perf", "kvm", "stat", "record", NULL}, why, size);
}

static int
open_perf_record(char *why, size_t size)
{
	return open_perf((const char *const[]){"perf", "record", "-e", "kvm:*", NULL}, why, size);
}

static struct tracefs_instance instance;

static void
close_instance(void)
{
	tracefs_instance_write(&instance, "events/kvm/kvm_pio/enable", "0");
	tracefs_instance_close(&instance);
}

static int
open_instance(char *why, size_t size)
{
	int tracefs = tracefs_open();
	int error = tracefs < 0 ? tracefs : tracefs_instance_open(&instance, tracefs);

	if (tracefs >= 0)
		close(tracefs);
	if (!error) {
		error = tracefs_instance_follow(&instance, getpid());
		if (!error)
			error = tracefs_instance_write(&instance, "events/kvm/kvm_pio/enable", "1");
		if (error)
			close_instance();
	}
	if (error)
		snprintf(why, size, "tracefs: %s", strerror(-error));
	return error;
}

const struct trace_peer trace_peers[] = {
	{"perf kvm stat record", open_perf_kvm, close_perf},
	{"perf record -e kvm:*", open_perf_record, close_perf},
	{"tracefs kvm_pio, unread", open_instance, close_instance},
	{NULL, NULL, NULL},
};
