/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/worker.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "runner/measure/privileges.h"

enum message_type { MESSAGE_READY = CHILD_MESSAGE_FIRST, MESSAGE_TRIAL };

static int
send_trial(const struct trial *trial, void *arg)
{
	return child_send(*(const int *)arg, MESSAGE_TRIAL, 0, trial, sizeof(*trial));
}

static int
measure(int fd, void *arg)
{
	const struct trials_options *options = arg;
	struct worker_ready ready = {0};
	struct trials *trials;
	int error = trials_open(options, &trials);

	if (error)
		return error;
	/* Rings, memory and threads exist by now; to move packets among them takes no privilege. */
	privileges_drop();
	trials_machine(trials, &ready.machine);
	error = child_send(fd, MESSAGE_READY, 0, &ready, sizeof(ready));
	if (!error)
		error = trials_run(trials, send_trial, &fd);
	trials_close(trials);
	return error;
}

int
worker_start(struct worker *worker, const struct trials_options *options)
{
	const struct child_options child = {
		.name = "measuring process",
		.process_name = "folio-measure",
		.main = measure,
		.arg = (void *)(uintptr_t)options,
	};

	/* What the measuring process starts is ours to wait for when it is gone. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return child_start(&worker->child, &child);
}

int
worker_wait_ready(struct worker *worker, struct worker_ready *ready)
{
	int got = child_receive(&worker->child, MESSAGE_READY, ready, sizeof(*ready), -1, true);

	return got == 1 ? 0 : got == 0 ? -EPROTO : got;
}

int
worker_next(struct worker *worker, struct trial *trial)
{
	return child_receive(&worker->child, MESSAGE_TRIAL, trial, sizeof(*trial), -1, true);
}

void
worker_stop(struct worker *worker)
{
	child_stop(&worker->child);
	/* Its own children die with it; their memory is free when they have. */
	while (waitpid(-1, NULL, 0) > 0)
		;
}
