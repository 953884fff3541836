/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The probe "perf": the kernel counts tracepoints for perf_event_open(), one counter an event
 * and core, or one an event and thread. No durations, no reasons; but no BPF is needed.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes/probe.h"
#include "probes/tracefs.h"

/* A counter for each core, or for each thread that there was when the session was opened. */
struct targets {
	bool are_cores;
	int *at;
	size_t n;
};

struct perf_counts {
	struct targets targets;
	int *fds[TRACE_EVENTS_N]; /* by target; NULL: not counted */
	uint64_t before[TRACE_EVENTS_N];
};

static int
add_target(struct targets *targets, int target)
{
	int *grown = realloc(targets->at, (targets->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	targets->at = grown;
	targets->at[targets->n++] = target;
	return 0;
}

static int
find_cores(struct targets *targets)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	int error = 0;

	targets->are_cores = true;
	for (int core = 0; core < n && !error; core++)
		error = add_target(targets, core);
	return error;
}

static int
find_threads(struct targets *targets, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	int error = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	folder = opendir(path);
	if (!folder)
		return -errno;
	while (!error && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			error = add_target(targets, atoi(entry->d_name));
	closedir(folder);
	return error;
}

static int
find_targets(struct targets *targets, const struct probe_filter *filter)
{
	if (filter->tid)
		return add_target(targets, filter->tid);
	return filter->pid ? find_threads(targets, filter->pid) : find_cores(targets);
}

/* A thread's counter counts the threads, too, that it will make. */
static int
open_counter(int id, const struct targets *targets, size_t target)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
		.config = (uint64_t)id,
		.inherit = !targets->are_cores,
	};
	pid_t pid = targets->are_cores ? -1 : targets->at[target];
	int core = targets->are_cores ? targets->at[target] : -1;
	int fd =
		(int)syscall(SYS_perf_event_open, &attributes, pid, core, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A core that is off, and a thread that has ended, have nothing to count. */
static bool
is_gone(int error, const struct targets *targets)
{
	return targets->are_cores ? error == -ENODEV || error == -ENXIO : error == -ESRCH;
}

static int
open_event(struct perf_counts *counts, enum trace_event event, int id)
{
	const struct targets *targets = &counts->targets;
	int error = 0;

	counts->fds[event] = calloc(targets->n, sizeof(int));
	if (!counts->fds[event])
		return -ENOMEM;
	for (size_t i = 0; i < targets->n; i++)
		counts->fds[event][i] = -1;
	for (size_t i = 0; i < targets->n && !error; i++) {
		int fd = open_counter(id, targets, i);

		counts->fds[event][i] = fd;
		error = fd < 0 && !is_gone(fd, targets) ? fd : 0;
	}
	return error;
}

static void
close_event(struct perf_counts *counts, enum trace_event event)
{
	for (size_t i = 0; counts->fds[event] && i < counts->targets.n; i++)
		if (counts->fds[event][i] >= 0)
			close(counts->fds[event][i]);
	free(counts->fds[event]);
	counts->fds[event] = NULL;
}

/* Its record's type tells a read's begin from its end, and is not to be had here. */
static bool
is_countable(enum trace_event event)
{
	return event != TRACE_KVM_MMIO && event != TRACE_KVM_FPU;
}

static bool
is_wanted(const struct probe_session *session, enum trace_event event)
{
	return !session->filter.events || session->filter.events & (1u << event);
}

/* Returns how many events are counted. */
static int
open_events(struct probe_session *session, int tracefs)
{
	struct perf_counts *counts = session->state;
	int opened = 0;

	for (enum trace_event event = 0; event < TRACE_EVENTS_N; event++) {
		int id, error;

		if (!is_wanted(session, event) || !is_countable(event))
			continue;
		id = tracefs_event_id(tracefs, trace_event_group(event), trace_event_name(event));
		error = id < 0 ? id : open_event(counts, event, id);
		opened += !error;
		if (error)
			close_event(counts, event);
		if (error)
			probe_skip(session, trace_event_name(event),
				   error == -ENOENT ? "this kernel has no such tracepoint" :
						      strerror(-error));
	}
	if (is_wanted(session, TRACE_KVM_MMIO))
		probe_skip(session, "kvm_mmio",
			   "a counter cannot tell a read's begin from its end");
	return opened;
}

static void
perf_close(struct probe_session *session)
{
	struct perf_counts *counts = session->state;

	for (enum trace_event event = 0; event < TRACE_EVENTS_N; event++)
		close_event(counts, event);
	free(counts->targets.at);
	free(counts);
	session->state = NULL;
}

/* Where tracefs can't be read, no event's number is known. */
static int
start(struct probe_session *session, char *why, size_t size)
{
	struct perf_counts *counts = session->state;
	int tracefs, opened, error = find_targets(&counts->targets, &session->filter);

	if (error) {
		snprintf(why, size, "process %d: %s", session->filter.pid, strerror(-error));
		return error;
	}
	tracefs = tracefs_open();
	if (tracefs < 0) {
		snprintf(why, size, "tracefs: %s", strerror(-tracefs));
		return tracefs;
	}
	opened = open_events(session, tracefs);
	close(tracefs);
	if (opened)
		return 0;
	snprintf(why, size, "no tracepoint can be counted; the first: %s",
		 session->n_skips ? session->skips[session->n_skips - 1].why : "none is wanted");
	return -ENOTSUP;
}

static int
perf_open(struct probe_session *session, char *why, size_t size)
{
	int error;

	if (session->filter.vcpu >= 0) {
		snprintf(why, size, "counts processes and threads, not vCPUs");
		return -ENOTSUP;
	}
	session->state = calloc(1, sizeof(struct perf_counts));
	if (!session->state)
		return -ENOMEM;
	error = start(session, why, size);
	if (error)
		perf_close(session);
	return error;
}

static int
sum_event(const struct perf_counts *counts, enum trace_event event, uint64_t *sum)
{
	*sum = 0;
	for (size_t i = 0; counts->fds[event] && i < counts->targets.n; i++) {
		uint64_t count;

		if (counts->fds[event][i] < 0)
			continue;
		if (read(counts->fds[event][i], &count, sizeof(count)) != sizeof(count))
			return -EIO;
		*sum += count;
	}
	return 0;
}

static int
perf_read(struct probe_session *session, struct exit_table *table)
{
	struct perf_counts *counts = session->state;

	for (enum trace_event event = 0; event < TRACE_EVENTS_N; event++) {
		struct exit_row *row;
		uint64_t sum;
		int error = sum_event(counts, event, &sum);

		if (error)
			return error;
		if (sum == counts->before[event])
			continue;
		row = exit_table_row(table, EXIT_SPACE_EVENT, event, NULL);
		if (!row)
			return -ENOMEM;
		row->count += sum - counts->before[event];
		session->events += sum - counts->before[event];
		counts->before[event] = sum;
	}
	return 0;
}

extern const struct probe probe_perf;

const struct probe probe_perf = {
	.name = "perf",
	.help = "tracepoints counted by perf_event_open(): no durations",
	.open = perf_open,
	.read = perf_read,
	.close = perf_close,
};
