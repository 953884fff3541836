/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/calibrate/companion.h"

#include <sched.h>
#include <stdbool.h>
#include <x86intrin.h>

#include "base/cpus.h"

static void *
spin(void *arg)
{
	struct companion *companion = arg;

	cpu_pin(companion->cpu);
	atomic_store(&companion->running, true);
	while (!atomic_load_explicit(&companion->stop, memory_order_relaxed))
		_mm_pause();
	return NULL;
}

int
companion_start(struct companion *companion, int cpu)
{
	int error;

	companion->cpu = cpu;
	atomic_init(&companion->running, false);
	atomic_init(&companion->stop, false);
	error = pthread_create(&companion->thread, NULL, spin, companion);
	while (!error && !atomic_load(&companion->running))
		sched_yield();
	return -error;
}

void
companion_stop(struct companion *companion)
{
	atomic_store(&companion->stop, true);
	pthread_join(companion->thread, NULL);
}
