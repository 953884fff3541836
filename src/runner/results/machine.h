/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of the machine that measured, for a run's manifest. */
#ifndef FOLIO_RUNNER_MACHINE_H
#define FOLIO_RUNNER_MACHINE_H

#include <stdint.h>

#define MACHINE_TEXT_BYTES 160

/* A text that the system does not tell is "n/a". */
struct machine {
	char host[MACHINE_TEXT_BYTES];
	char cpu_model[MACHINE_TEXT_BYTES];
	char kernel[MACHINE_TEXT_BYTES];
	char governor[MACHINE_TEXT_BYTES]; /* of CPU 0 */
	char clock_source[MACHINE_TEXT_BYTES];
	char pmu[MACHINE_TEXT_BYTES]; /* its counters that work here, or "none" */
	uint32_t cores;               /* online */
	uint32_t huge_pages_2mb, huge_pages_2mb_free;
	uint32_t huge_pages_1gb, huge_pages_1gb_free;
	uint64_t tsc_hz;
};

#define CPU_ALL (-1)

/* Time of a CPU, or of all together, since boot, in ticks (sysconf(_SC_CLK_TCK) a second each). */
struct cpu_time {
	uint64_t total_ticks;
	uint64_t busy_ticks;
	uint64_t steal_ticks; /* runnable, but the hypervisor ran something else */
	uint64_t own_ticks; /* of this process and its children that were waited for, on any CPU */
};

void machine_read(struct machine *machine);

/* Of that CPU, or CPU_ALL. Zeros where /proc/stat does not tell. */
void cpu_time_read(int cpu, struct cpu_time *time);

/* The share of CPU time that was stolen between the two readings; 0 where no time went by. */
double cpu_time_steal_share(const struct cpu_time *from, const struct cpu_time *to);

/* The share that went to other processes; 0 where no time went by. */
double cpu_time_others_share(const struct cpu_time *from, const struct cpu_time *to);

#endif
