/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notifications: a write to an eventfd that nobody waits for, and the time from a write
 * to the return of the epoll_wait() that slept on it, on another core and on the same.
 * The sleeper answers through a second eventfd, so that each side sleeps while the other
 * works; the writer waits a while before each write for the sleeper to be asleep.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/fidelity.h"
#include "runner/calibrate/calibration.h"

#define ASLEEP_AFTER_NS 100000
#define STOP UINT32_MAX /* more than any eventfd counts to here */

struct sleeper {
	int call, answer, epoll;
	int cpu;
	uint64_t woken_tsc; /* written before the answer, read after it */
	pthread_t thread;
};

static int
run_write(void *arg)
{
	const int *fd = arg;

	return eventfd_write(*fd, 1) < 0 ? -errno : 0;
}

static int
run_drain(void *arg)
{
	const int *fd = arg;
	eventfd_t value;

	return eventfd_read(*fd, &value) < 0 && errno != EAGAIN ? -errno : 0;
}

static void
measure_write(struct calibration *c)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	const struct operation operation = {
		.name = "eventfd_write",
		.help = "a kick or call that nobody sleeps on",
		.fidelity = FIDELITY_REAL,
		.run = run_write,
		.prepare = run_drain,
		.arg = &fd,
	};

	if (fd < 0) {
		calibration_lacks(c, &operation, "%s", strerror(errno));
		return;
	}
	calibration_measure(c, &operation);
	close(fd);
}

static void *
sleep_and_wake(void *arg)
{
	struct sleeper *sleeper = arg;
	struct epoll_event event;
	eventfd_t value = 0;

	cpu_pin(sleeper->cpu);
	do {
		if (epoll_wait(sleeper->epoll, &event, 1, -1) < 1)
			continue;
		sleeper->woken_tsc = clock_tsc();
		eventfd_read(sleeper->call, &value);
		eventfd_write(sleeper->answer, 1);
	} while (value < STOP);
	return NULL;
}

static void
close_files(const struct sleeper *sleeper)
{
	const int fds[] = {sleeper->epoll, sleeper->answer, sleeper->call};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int
open_sleeper(struct sleeper *sleeper, int cpu)
{
	struct epoll_event wanted = {.events = EPOLLIN};
	int error;

	*sleeper = (struct sleeper){.call = eventfd(0, EFD_CLOEXEC),
				    .answer = eventfd(0, EFD_CLOEXEC),
				    .epoll = epoll_create1(EPOLL_CLOEXEC),
				    .cpu = cpu};
	if (sleeper->call < 0 || sleeper->answer < 0 || sleeper->epoll < 0 ||
	    epoll_ctl(sleeper->epoll, EPOLL_CTL_ADD, sleeper->call, &wanted) < 0)
		error = -errno;
	else
		error = -pthread_create(&sleeper->thread, NULL, sleep_and_wake, sleeper);
	if (error)
		close_files(sleeper);
	return error;
}

static void
close_sleeper(const struct sleeper *sleeper)
{
	eventfd_write(sleeper->call, STOP);
	pthread_join(sleeper->thread, NULL);
	close_files(sleeper);
}

/* From before the write until the sleeper runs again. */
static int
wake_once(struct sleeper *sleeper, double *cycles)
{
	const struct timespec pause = {.tv_nsec = ASLEEP_AFTER_NS};
	eventfd_t value;
	uint64_t start;

	nanosleep(&pause, NULL);
	start = clock_tsc();
	if (eventfd_write(sleeper->call, 1) < 0 || eventfd_read(sleeper->answer, &value) < 0)
		return -errno;
	/* Cores whose counters differ by more than the way takes would show as nothing. */
	*cycles = sleeper->woken_tsc > start ? (double)(sleeper->woken_tsc - start) : 0;
	return 0;
}

static void
measure_wake(struct calibration *c, const struct operation *operation, int cpu)
{
	uint64_t end_ns = clock_monotonic_ns() + c->row_ns;
	struct sleeper sleeper;
	uint32_t n = 0;
	int error;

	if (cpu < 0) {
		calibration_lacks(c, operation, "there is no other core");
		return;
	}
	error = open_sleeper(&sleeper, cpu);
	if (error) {
		calibration_lacks(c, operation, "%s", strerror(-error));
		return;
	}
	while (!error && n < SAMPLES_MAX && (n == 0 || clock_monotonic_ns() < end_ns))
		error = wake_once(&sleeper, &c->samples_cycles[n++]);
	close_sleeper(&sleeper);
	if (error)
		calibration_lacks(c, operation, "%s", strerror(-error));
	else
		calibration_add(c, operation, n);
}

void
measure_wakeups(struct calibration *c)
{
	static const struct operation other = {
		.name = "wake_other_core",
		.help = "from an eventfd's write to its sleeper's return from epoll, another core",
		.fidelity = FIDELITY_REAL,
	};
	static const struct operation same = {
		.name = "wake_same_core",
		.help = "from an eventfd's write to its sleeper's return from epoll, the same core",
		.fidelity = FIDELITY_REAL,
	};

	measure_write(c);
	measure_wake(c, &other, c->other_cpu);
	measure_wake(c, &same, c->cpu);
}
