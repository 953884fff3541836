/* SPDX-License-Identifier: BSD-3-Clause */
/* folio COMMAND ...: the table of commands, and what is there without one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/build.h"
#include "runner/commands/commands.h"
#include "runner/exit_status.h"

struct command {
	const char *name; /* NULL ends the table */
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help; /* one line, no full stop; NULL: not for users */
};

static const struct command commands[] = {
	{"run", cmd_run, "CONFIG [OPTION]...", "run an experiment, print and keep its results"},
	{"check", cmd_check, "CONFIG", "what would run, and for how long; nothing is executed"},
	{"report", cmd_report, "DIR", "tables and figures of a run again, from its files"},
	{"compare", cmd_compare, "BASE NEW [OPTION]...", "two runs against each other: the gate"},
	{"list", cmd_list, "WHAT", "sources, presets, workloads, exits, ... that can be named"},
	{"doctor", cmd_doctor, "", "what this machine can do, what is missing, how to get it"},
	{"calibrate", cmd_calibrate, "[--out FILE]",
	 "what exits, page tables, copies, wake-ups cost on this machine"},
	{"guest", cmd_guest, "--socket PATH [OPTION]...",
	 "the guest's side alone: forward, or send and check"},
	{"host", cmd_host, "--socket PATH [OPTION]...",
	 "the host's side alone: sends frames to a guest and checks what comes back"},
	{"trace", cmd_trace, "[OPTION]...",
	 "VM exits: which, how often, for how long; live or afterwards"},
	{"ab", cmd_ab, "--a BIN --b BIN CONFIG",
	 "two builds of folio, interleaved on this machine"},
	{"ab-side", cmd_ab_side, NULL, NULL},
	{NULL, NULL, NULL, NULL},
};

static void
print_usage(FILE *to)
{
	fprintf(to, "folio: what network I/O costs a confidential VM\n\n"
		    "usage: folio COMMAND [ARGUMENT]...\n\n");
	for (const struct command *c = commands; c->name; c++)
		if (c->help)
			fprintf(to, "  %-9s %-26s %s\n", c->name, c->arguments, c->help);
	fprintf(to,
		"\n"
		"  folio COMMAND --help says more of one; folio --version names this build.\n"
		"\n"
		"Exit status: %d done; %d the gate or a verdict failed; %d bad usage or\n"
		"configuration; %d this machine cannot do it; %d inconclusive.\n",
		EXIT_DONE, EXIT_VERDICT_FAILED, EXIT_BAD_USAGE, EXIT_MACHINE_LACKS,
		EXIT_INCONCLUSIVE);
}

static const struct command *
find_command(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* A table that could not be written, to a full disk say, is no success. */
static int
flushed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	log_error("standard output: %s", strerror(errno));
	return status ? status : EXIT_MACHINE_LACKS;
}

/*
 * A closed standard stream would lend its number to the next file that is opened,
 * and messages would go into it. Files that grow past a limit are an error of the
 * write, not a signal.
 */
static void
settle_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	signal(SIGXFSZ, SIG_IGN);
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *command;

	settle_streams();
	if (!name) {
		print_usage(stderr);
		return EXIT_BAD_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_usage(stdout);
		return flushed(EXIT_DONE);
	}
	if (!strcmp(name, "--version")) {
		printf("folio %s (%s)\n", BUILD_VERSION, BUILD_GIT_COMMIT);
		return flushed(EXIT_DONE);
	}
	command = find_command(name);
	if (!command) {
		log_error("no such command: found '%s', the commands are:", name);
		print_usage(stderr);
		return EXIT_BAD_USAGE;
	}
	return flushed(command->run(argc - 1, argv + 1));
}
