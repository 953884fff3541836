/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that are no build of folio, for folio ab to be given: what this one does
 * is said by FOREIGN in the environment. It takes part until the point at which it
 * goes wrong.
 */
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/ab/protocol.h"

static const char *way;

static bool
is(const char *name)
{
	return !strcmp(way, name);
}

static void
say(const void *message, size_t bytes)
{
	send(AB_CHANNEL_FD, message, bytes, MSG_NOSIGNAL);
}

static void
hello(void)
{
	struct ab_hello message = {.type = AB_HELLO, .version = AB_VERSION};

	memcpy(message.magic, is("stranger") ? "whoami??" : AB_MAGIC, sizeof(message.magic));
	message.version += is("newer");
	say(&message, is("short") ? 3 : sizeof(message));
}

/* The two of the test's configuration. */
static void
subjects(void)
{
	static const char *const names[] = {"folio over 64", "ideal over 64"};

	for (uint32_t i = 0; i < 2; i++) {
		struct ab_subject message = {.type = AB_SUBJECT, .id = i, .n = 2};

		snprintf(message.name, sizeof(message.name), "%s",
			 is("other") ? "\033[31mred" : names[i]);
		if (is("endless"))
			memset(message.name, 'x', sizeof(message.name));
		say(&message, sizeof(message));
	}
}

static void
answer(const struct ab_trial *trial)
{
	struct ab_result result = {
		.type = AB_RESULT, .subject = trial->subject, .slices = 2 * trial->quads};

	if (is("crash"))
		raise(SIGABRT);
	for (uint32_t i = 0; i < result.slices; i++)
		result.cycles[i] = is("nan") ? NAN : is("negative") ? -1 : 100;
	if (is("many"))
		result.slices = ~0u;
	say(&result, sizeof(result));
}

int
main(void)
{
	struct ab_trial trial;

	way = getenv("FOREIGN");
	if (is("loud"))
		for (int i = 0; i < 100000; i++)
			puts("noise \033[2J\a");
	if (is("old")) {
		fputs("folio: error: no such command: found 'ab-side'\n", stderr);
		return 2;
	}
	hello();
	if (is("hang-up"))
		shutdown(AB_CHANNEL_FD, SHUT_RDWR);
	if (is("hang-up") || is("silent"))
		sleep(600);
	subjects();
	while (recv(AB_CHANNEL_FD, &trial, sizeof(trial), 0) == sizeof(trial))
		answer(&trial);
	return 0;
}
