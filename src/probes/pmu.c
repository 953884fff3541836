/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/pmu.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* perf_event_open(2): of a hardware cache event. */
#define CACHE_EVENT(cache, operation, result)                                                      \
	(PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_##operation << 8 |                   \
	 PERF_COUNT_HW_CACHE_RESULT_##result << 16)

#define HARDWARE(name, unit, config, help)                                                         \
	{                                                                                          \
		{name, 0, unit, help}, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##config                  \
	}

const struct pmu_event pmu_hardware_events[] = {
	HARDWARE("cycles", "cycles", CPU_CYCLES,
		 "of the core's own clock; in lock-step with the host's"),
	HARDWARE("instructions", "instructions", INSTRUCTIONS, "completed; likewise"),
	{{"dtlb_misses", 0, "misses", "of loads in the first TLB; likewise"},
	 PERF_TYPE_HW_CACHE,
	 CACHE_EVENT(DTLB, READ, MISS)},
	HARDWARE("cache_misses", "misses", CACHE_MISSES, "of the last level of cache; likewise"),
	{{0}, 0, 0},
};

/* Returns a descriptor or -errno. */
static int
open_event(const struct pmu_event *event)
{
	struct perf_event_attr attributes = {
		.type = event->type,
		.size = sizeof(attributes),
		.config = event->config,
		.pinned = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A pinned counter that could not be put on the hardware reads as the end of a file. */
static bool
read_event(int fd, uint64_t *count)
{
	return read(fd, count, sizeof(*count)) == sizeof(*count);
}

static void
add(struct pmu *pmu, const struct pmu_event *event)
{
	int fd = open_event(event);
	size_t i = pmu->n;

	if (fd >= 0 && !read_event(fd, &pmu->counts[i])) {
		close(fd);
		fd = -EBUSY;
	}
	if (fd < 0) {
		pmu->lacking = pmu->lacking ? pmu->lacking : fd;
		return;
	}
	pmu->fds[i] = fd;
	pmu->table[i] = event->counter;
	pmu->table[i].offset = offsetof(struct pmu, counts) + i * sizeof(pmu->counts[0]);
	pmu->n++;
}

void
pmu_open(struct pmu *pmu, const struct pmu_event *events)
{
	*pmu = (struct pmu){0};
	for (; events->counter.name && pmu->n < PMU_EVENTS_MAX; events++)
		add(pmu, events);
}

void
pmu_close(struct pmu *pmu)
{
	for (size_t i = 0; i < pmu->n; i++)
		close(pmu->fds[i]);
	pmu->n = 0;
}

void
pmu_update(struct pmu *pmu)
{
	for (size_t i = 0; i < pmu->n; i++)
		if (!read_event(pmu->fds[i], &pmu->counts[i]))
			pmu->failed = true;
}

static void
update(void *state)
{
	pmu_update(state);
}

struct counter_source
pmu_counter_source(struct pmu *pmu)
{
	return (struct counter_source){PMU_PREFIX, pmu->table, pmu, update};
}

int
pmu_check(const struct pmu *pmu)
{
	if (!pmu->failed)
		return 0;
	log_error("the CPU's counters: another program has taken one; end what profiles this "
		  "machine (perf, a watchdog) and run again");
	return -EBUSY;
}

const char *
pmu_format(const struct pmu *pmu, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; i < pmu->n && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 pmu->table[i].name);
	return text;
}
