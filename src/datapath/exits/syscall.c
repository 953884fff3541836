/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exit as a system call: the processor changes to the kernel and back, as it does
 * for any exit, but stays in the same machine. getpid() does next to nothing there.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fidelity.h"
#include "datapath/exits/exit.h"

static bool
syscall_action(void *state, enum exit_reason reason)
{
	(void)state;
	(void)reason;
	return syscall(SYS_getpid) > 0;
}

extern const struct exit_backend exit_backend_syscall;

const struct exit_backend exit_backend_syscall = {
	.name = "syscall",
	.help = "a system call, then the rest is spun out",
	.fidelity = FIDELITY_STAND_IN,
	.action = syscall_action,
};
