/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/contender.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scratch.h"
#include "runner/ab/protocol.h"
#include "runner/exit_status.h"

#define IMAGE_FD 5
#define FIRST_FREE_FD 16 /* above all that a child gets under a fixed number */
#define FOLDER_BYTES (SCRATCH_PATH_BYTES + 32)
#define SAID_BYTES 4096
#define SAID_LINES 4
#define END_TRIES 100
#define END_WAIT_US 10000
#define NOT_RUN 127 /* exit status where the binary could not be run */

void
contender_blame(struct contender *contender, const char *format, ...)
{
	char what[512], said[SAID_BYTES], *line, *rest = said;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	log_error("build %c (%s) %s", 'A' + contender->side, contender->binary, what);
	ssize_t n = contender->said < 0 ? 0 : read(contender->said, said, sizeof(said) - 1);

	said[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < SAID_LINES && (line = strsep(&rest, "\n"));) {
		for (char *c = line; *c; c++)
			*c = isprint((unsigned char)*c) ? *c : '?';
		if (!*line)
			continue;
		log_note("build %c said: %.300s", 'A' + contender->side, line);
		i++;
	}
}

/* A copy of the file in memory. Returns its descriptor or -errno. */
static int
copy_binary(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), image, error = 0;
	struct stat status;

	if (file < 0)
		return -errno;
	image = memfd_create("folio-build", MFD_CLOEXEC);
	if (image < 0 || fstat(file, &status) < 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode))
		error = -EACCES;
	for (off_t left = status.st_size; !error && left;) {
		ssize_t n = sendfile(image, file, NULL, (size_t)left);

		if (n <= 0)
			error = n ? -errno : -EIO;
		else
			left -= n;
	}
	close(file);
	if (!error)
		return image;
	if (image >= 0)
		close(image);
	return error;
}

/* Preparing must not take time from the pair that measures. */
static void
leave_cpu(int cpu)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) < 2)
		return;
	CPU_CLR(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The descriptors of a contender, both ends, above those that it gets them under. */
struct ends {
	int image, ours, theirs, said, say, turns;
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void __attribute__((noreturn))
become(const struct ends *ends, char **argv, int cpu, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(NOT_RUN);
	signal(SIGPIPE, SIG_DFL);
	leave_cpu(cpu);
	dup2(null, STDIN_FILENO);
	dup2(ends->say, STDOUT_FILENO);
	dup2(ends->say, STDERR_FILENO);
	dup2(ends->theirs, AB_CHANNEL_FD);
	dup2(ends->turns, AB_TURNS_FD);
	dup3(ends->image, IMAGE_FD, O_CLOEXEC);
	close_range(IMAGE_FD + 1, ~0u, 0);
	syscall(SYS_execveat, IMAGE_FD, "", argv, environ, AT_EMPTY_PATH);
	dprintf(STDERR_FILENO, "it cannot be run: %s\n", strerror(errno));
	_exit(NOT_RUN);
}

/* Moves it up. Returns 0 or -errno; *fd is closed either way. */
static int
raise_fd(int *fd)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD), error = high < 0 ? -errno : 0;

	close(*fd);
	*fd = high;
	return error;
}

static int
open_ends(const struct contender_options *options, struct ends *ends)
{
	int channel[2] = {-1, -1}, said[2] = {-1, -1}, error = 0;

	*ends = (struct ends){-1, -1, -1, -1, -1, -1};
	ends->image = copy_binary(options->binary);
	if (ends->image < 0)
		return ends->image;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return -errno;
	ends->ours = channel[0];
	ends->theirs = channel[1];
	/* What doesn't fit into the pipe is lost, and keeps nobody waiting. */
	if (pipe2(said, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	ends->said = said[0];
	ends->say = said[1];
	ends->turns = dup(options->turns_fd);
	if (ends->turns < 0)
		return -errno;
	int *const fds[] = {&ends->image, &ends->ours, &ends->theirs,
			    &ends->said,  &ends->say,  &ends->turns};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]) && !error; i++)
		error = raise_fd(fds[i]);
	return error;
}

/* The command line of protocol.h: its array is the caller's to free, its words are not. */
static char **
command_line(const struct contender_options *options, const char *folder, char *words,
	     size_t words_bytes)
{
	char **argv = calloc(2 * options->n_set + 10, sizeof(*argv));
	size_t n = 0, used = 0;

	if (!argv)
		return NULL;
	const char *fixed[] = {"folio",     "ab-side", "--side", options->side ? "1" : "0",
			       "--scratch", folder,    "--cpu"};

	for (; n < sizeof(fixed) / sizeof(fixed[0]); n++)
		argv[n] = (char *)(uintptr_t)fixed[n];
	argv[n++] = words;
	used = (size_t)snprintf(words, words_bytes, "%d", options->cpu) + 1;
	for (size_t i = 0; i < options->n_set; i++) {
		argv[n++] = (char *)(uintptr_t) "--set";
		argv[n++] = words + used;
		used += (size_t)snprintf(words + used, words_bytes - used, "%s=%s",
					 options->set[i].key, options->set[i].value) +
			1;
	}
	argv[n] = (char *)(uintptr_t)options->config;
	return argv;
}

static size_t
words_bytes(const struct contender_options *options)
{
	size_t bytes = 16;

	for (size_t i = 0; i < options->n_set; i++)
		bytes += strlen(options->set[i].key) + strlen(options->set[i].value) + 2;
	return bytes;
}

static int
spawn(struct contender *contender, const struct contender_options *options, struct ends *ends)
{
	size_t bytes = words_bytes(options);
	char folder[FOLDER_BYTES], *words = malloc(bytes), **argv = NULL;
	pid_t parent = getpid();
	int error = -ENOMEM;

	snprintf(folder, sizeof(folder), "%s/%s", options->scratch, options->folder);
	if (words)
		argv = command_line(options, folder, words, bytes);
	if (argv)
		error = mkdir(folder, 0700) ? -errno : 0;
	if (!error) {
		contender->pid = fork();
		if (contender->pid == 0)
			become(ends, argv, options->cpu, parent);
		error = contender->pid < 0 ? -errno : 0;
	}
	free(argv);
	free(words);
	return error;
}

int
contender_start(struct contender *contender, const struct contender_options *options)
{
	struct ends ends;
	int error;

	*contender = (struct contender){
		.side = options->side,
		.binary = options->binary,
		.pid = -1,
		.channel = -1,
		.said = -1,
	};
	error = open_ends(options, &ends);
	if (!error)
		error = spawn(contender, options, &ends);
	if (!error) {
		contender->channel = ends.ours;
		contender->said = ends.said;
		ends.ours = ends.said = -1;
	}
	int *const rest[] = {&ends.image, &ends.ours, &ends.theirs,
			     &ends.said,  &ends.say,  &ends.turns};

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		close_end(rest[i]);
	if (error)
		contender_blame(contender, "was not started: %s", strerror(-error));
	return error;
}

/* Ends it with its group; it may not have come so far as to have one. */
static void
end(struct contender *contender, int *status)
{
	kill(-contender->pid, SIGKILL);
	kill(contender->pid, SIGKILL);
	waitpid(contender->pid, status, 0);
	contender->pid = -1;
}

/* Its channel has ended; so has the process, or it will in a moment, unless it hung up. */
static int
report_end(struct contender *contender)
{
	siginfo_t info = {0};
	int status = 0;

	for (int i = 0; i < END_TRIES && !info.si_pid; i++) {
		waitid(P_PID, (id_t)contender->pid, &info, WEXITED | WNOHANG | WNOWAIT);
		if (!info.si_pid)
			usleep(END_WAIT_US);
	}
	end(contender, &status);
	if (!info.si_pid)
		contender_blame(contender, "hung up");
	else if (WIFSIGNALED(status))
		contender_blame(contender, "was ended by signal %d (%s)", WTERMSIG(status),
				strsignal(WTERMSIG(status)));
	else
		contender_blame(contender, "ended with status %d", WEXITSTATUS(status));
	/* Not the build is at fault, but the machine, says the build. */
	return info.si_pid && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MACHINE_LACKS ?
		       -ENODEV :
		       -ECHILD;
}

int
contender_take(struct contender *contender, uint32_t type, void *message, size_t bytes)
{
	ssize_t n = recv(contender->channel, message, bytes, MSG_DONTWAIT | MSG_TRUNC);
	uint32_t found;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return report_end(contender);
	memcpy(&found, message, sizeof(found));
	if ((size_t)n == bytes && found == type)
		return 1;
	contender_blame(contender, "sent a message of %zd bytes that is none of this place", n);
	return -EPROTO;
}

int
contender_tell(struct contender *contender, const void *message, size_t bytes)
{
	if (send(contender->channel, message, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)bytes)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return report_end(contender);
	contender_blame(contender, "takes no more messages: %s", strerror(errno));
	return -EPROTO;
}

void
contender_stop(struct contender *contender)
{
	if (contender->pid > 0)
		end(contender, NULL);
	close_end(&contender->channel);
	close_end(&contender->said);
}
