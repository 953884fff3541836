/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/machine.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "probes/pmu.h"

#define HUGE_PAGES "/sys/kernel/mm/hugepages/hugepages-"

/* The first line of a file, or "n/a". */
static void
read_text(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(out, (int)size, file))
		snprintf(out, size, "n/a");
	out[strcspn(out, "\n")] = '\0';
	if (file)
		fclose(file);
}

static uint32_t
read_count(const char *path)
{
	char text[32];

	read_text(path, text, sizeof(text));
	return (uint32_t)strtoul(text, NULL, 10);
}

static void
read_cpu_model(char *out, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(out, size, "n/a");
	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || !colon)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(out, size, "%s", colon + 2);
		break;
	}
	if (file)
		fclose(file);
}

static void
read_pmu(char *out, size_t size)
{
	struct pmu pmu;

	pmu_open(&pmu, pmu_hardware_events);
	pmu_format(&pmu, out, size);
	pmu_close(&pmu);
}

void
machine_read(struct machine *machine)
{
	struct utsname names;

	*machine = (struct machine){.cores = cpus_allowed(NULL), .tsc_hz = clock_tsc_hz()};
	uname(&names);
	snprintf(machine->host, sizeof(machine->host), "%s", names.nodename);
	snprintf(machine->kernel, sizeof(machine->kernel), "%s %s", names.sysname, names.release);
	read_pmu(machine->pmu, sizeof(machine->pmu));
	read_cpu_model(machine->cpu_model, sizeof(machine->cpu_model));
	read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", machine->governor,
		  sizeof(machine->governor));
	read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		  machine->clock_source, sizeof(machine->clock_source));
	machine->huge_pages_2mb = read_count(HUGE_PAGES "2048kB/nr_hugepages");
	machine->huge_pages_2mb_free = read_count(HUGE_PAGES "2048kB/free_hugepages");
	machine->huge_pages_1gb = read_count(HUGE_PAGES "1048576kB/nr_hugepages");
	machine->huge_pages_1gb_free = read_count(HUGE_PAGES "1048576kB/free_hugepages");
}

static uint64_t
own_ticks(void)
{
	struct tms times_of;

	times(&times_of);
	return (uint64_t)times_of.tms_utime + (uint64_t)times_of.tms_stime +
	       (uint64_t)times_of.tms_cutime + (uint64_t)times_of.tms_cstime;
}

/* user nice system idle iowait irq softirq steal; guest times stand within user's (proc(5)). */
enum { STAT_IDLE = 3, STAT_IOWAIT = 4, STAT_STEAL = 7, STATS };

static bool
read_stat_line(const char *line, const char *name, uint64_t ticks[STATS])
{
	size_t length = strlen(name);

	return !strncmp(line, name, length) && line[length] == ' ' &&
	       sscanf(line + length,
		      "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		      " %" SCNu64 " %" SCNu64,
		      &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6],
		      &ticks[7]) == STATS;
}

void
cpu_time_read(int cpu, struct cpu_time *time)
{
	FILE *file = fopen("/proc/stat", "re");
	uint64_t ticks[STATS] = {0};
	char line[512], name[24] = "cpu";

	*time = (struct cpu_time){.own_ticks = own_ticks()};
	if (cpu != CPU_ALL)
		snprintf(name, sizeof(name), "cpu%d", cpu);
	while (file && fgets(line, sizeof(line), file))
		if (read_stat_line(line, name, ticks))
			break;
	if (file)
		fclose(file);
	for (size_t i = 0; i < STATS; i++)
		time->total_ticks += ticks[i];
	time->steal_ticks = ticks[STAT_STEAL];
	time->busy_ticks =
		time->total_ticks - ticks[STAT_IDLE] - ticks[STAT_IOWAIT] - ticks[STAT_STEAL];
}

double
cpu_time_steal_share(const struct cpu_time *from, const struct cpu_time *to)
{
	uint64_t total = to->total_ticks - from->total_ticks;

	return total ? (double)(to->steal_ticks - from->steal_ticks) / (double)total : 0;
}

double
cpu_time_others_share(const struct cpu_time *from, const struct cpu_time *to)
{
	uint64_t total = to->total_ticks - from->total_ticks;
	uint64_t busy = to->busy_ticks - from->busy_ticks, own = to->own_ticks - from->own_ticks;

	return total && busy > own ? (double)(busy - own) / (double)total : 0;
}
