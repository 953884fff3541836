/* SPDX-License-Identifier: BSD-3-Clause */
/* A thread of this process that keeps another core busy, so that address spaces are shot down there. */
#ifndef FOLIO_RUNNER_COMPANION_H
#define FOLIO_RUNNER_COMPANION_H

#include <pthread.h>
#include <stdatomic.h>

struct companion {
	pthread_t thread;
	int cpu;
	atomic_bool running, stop;
};

/* Returns 0, and the thread runs on that core; or -errno. */
int companion_start(struct companion *companion, int cpu);
void companion_stop(struct companion *companion);

#endif
