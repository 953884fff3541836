/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/stop_signal.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

static void
note(int number)
{
	caught = number;
}

void
stop_signal_catch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	/* Without SA_RESTART. */
	const struct sigaction action = {.sa_handler = note};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
stop_signal_caught(void)
{
	return caught;
}

void
stop_signal_die_of(int number)
{
	if (!number)
		return;
	signal(number, SIG_DFL);
	raise(number);
}
