/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread can change its own capabilities only: each is sent a signal, in whose handler it
 * does. libpsx would do the same, but knows only threads of objects that were linked with it.
 */
#include "runner/measure/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/log.h"

/* A thread that is not blocked runs its handler within a time slice. */
#define PATIENCE_MS 2000
#define LOOK_AGAIN_NS 100000

static atomic_uint dropped; /* threads, other than the one that asks */

static void
drop_own(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_capset, &header, none);
}

static void
drop_asked(int signal)
{
	int error = errno;

	(void)signal;
	drop_own();
	atomic_fetch_add(&dropped, 1);
	errno = error;
}

/* Returns how many there are. */
static unsigned int
ask_others(int signal)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *task;
	unsigned int asked = 0;

	while (tasks && (task = readdir(tasks))) {
		int tid = atoi(task->d_name);

		if (tid > 0 && tid != gettid())
			asked += !tgkill(getpid(), tid, signal);
	}
	if (tasks)
		closedir(tasks);
	return asked;
}

void
privileges_drop(void)
{
	const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
	struct sigaction drop = {.sa_handler = drop_asked, .sa_flags = SA_RESTART}, before;
	uint64_t until_ns = deadline_after_ms(PATIENCE_MS);
	unsigned int asked;

	drop_own();
	atomic_store(&dropped, 0);
	sigaction(SIGRTMAX, &drop, &before);
	asked = ask_others(SIGRTMAX);
	while (atomic_load(&dropped) < asked && deadline_remaining_ms(until_ns))
		nanosleep(&pause, NULL);
	/* One that comes late must not end the process. */
	if (atomic_load(&dropped) == asked)
		sigaction(SIGRTMAX, &before, NULL);
	else
		log_warning("%u of %u threads of a measuring process keep their privileges",
			    asked - atomic_load(&dropped), asked);
}
