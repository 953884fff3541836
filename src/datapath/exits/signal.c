/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exit as a signal: int3 traps into the kernel, which calls a handler of ours,
 * which goes back through the kernel. So it is an exception with a handler, as #VC
 * is, and leaves the program twice.
 *
 * The handler of SIGTRAP is the process's, and shared by all engines: the first that
 * opens installs it, the last that closes puts back what was there. A trap that is
 * not ours is handed on. A thread that exits so must not have SIGTRAP blocked.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "datapath/exits/exit.h"

void exit_trap(void) __attribute__((visibility("hidden")));
extern const char exit_trap_return[] __attribute__((visibility("hidden")));

__asm__(".pushsection .text\n"
	".type exit_trap, @function\n"
	"exit_trap:\n"
	"	int3\n"
	"exit_trap_return:\n"
	"	ret\n"
	".size exit_trap, . - exit_trap\n"
	".popsection\n");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int users;
static struct sigaction before;

static void
hand_on(int number, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(number, info, context);
	} else if (before.sa_handler == SIG_DFL) {
		signal(number, SIG_DFL);
		raise(number);
	} else if (before.sa_handler != SIG_IGN) {
		before.sa_handler(number);
	}
}

static void
on_trap(int number, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;

	if ((const char *)interrupted->uc_mcontext.gregs[REG_RIP] != exit_trap_return)
		hand_on(number, info, context);
}

static int
signal_open(const struct datapath_config *config, void **state)
{
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	int error = 0;

	(void)config;
	(void)state;
	pthread_mutex_lock(&lock);
	if (!users && sigaction(SIGTRAP, &action, &before))
		error = -errno;
	else
		users++;
	pthread_mutex_unlock(&lock);
	if (error)
		log_error("exits signal: a handler of SIGTRAP: %s", strerror(-error));
	return error;
}

static void
signal_close(void *state)
{
	(void)state;
	pthread_mutex_lock(&lock);
	if (!--users)
		sigaction(SIGTRAP, &before, NULL);
	pthread_mutex_unlock(&lock);
}

static bool
signal_action(void *state, enum exit_reason reason)
{
	(void)state;
	(void)reason;
	exit_trap();
	return true;
}

extern const struct exit_backend exit_backend_signal;

const struct exit_backend exit_backend_signal = {
	.name = "signal",
	.help = "an exception and its handler (int3, SIGTRAP), then the rest is spun out",
	.fidelity = FIDELITY_STAND_IN,
	.open = signal_open,
	.close = signal_close,
	.action = signal_action,
};
