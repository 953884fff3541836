/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/measure/conditions.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define LOOK_US 100000 /* ten ticks of /proc/stat on each CPU */

/*
 * From here on figures scatter visibly: a core in its place, or the thread beside it, that
 * works this share of the time; a hypervisor that takes as much.
 */
#define BUSY_SHARE 0.2
#define OTHERS_SHARE 0.25
#define STEAL_SHARE 0.02

/* Of everybody, this process too, which sleeps meanwhile. */
static double
busy_share(const struct cpu_time *from, const struct cpu_time *to)
{
	uint64_t total = to->total_ticks - from->total_ticks;

	return total ? (double)(to->busy_ticks - from->busy_ticks) / (double)total : 0;
}

void
conditions_read(int cpu, struct conditions *conditions)
{
	struct cpu_time all[2], own[2], beside[2];
	int sibling;

	*conditions = (struct conditions){.cpu = cpu};
	machine_read(&conditions->machine);
	if (placement_sibling(cpu, &conditions->sibling))
		conditions->sibling = (struct sibling){.cpu = -1};
	sibling_format(&conditions->sibling, conditions->sibling_text,
		       sizeof(conditions->sibling_text));
	sibling = conditions->sibling.cpu;
	for (int i = 0; i < 2; i++) {
		if (i)
			usleep(LOOK_US);
		cpu_time_read(CPU_ALL, &all[i]);
		cpu_time_read(cpu, &own[i]);
		cpu_time_read(sibling, &beside[i]);
	}
	conditions->others_share = cpu_time_others_share(&all[0], &all[1]);
	conditions->cpu_busy_share = busy_share(&own[0], &own[1]);
	if (sibling >= 0)
		conditions->sibling_busy_share = busy_share(&beside[0], &beside[1]);
}

/* "n/a" is a guest's, whose host decides. */
static void
warn_of_clocks(const struct machine *machine)
{
	if (strcmp(machine->governor, "n/a") && strcmp(machine->governor, "performance"))
		log_warning("governor '%s': the core's clock follows its load, and cycles of the "
			    "time stamp counter with it (cpupower frequency-set -g performance)",
			    machine->governor);
	if (strcmp(machine->clock_source, "n/a") && strcmp(machine->clock_source, "tsc"))
		log_warning("clock source '%s', not tsc: the kernel does not rely on the time "
			    "stamp counter, which cycles are counted by",
			    machine->clock_source);
}

void
conditions_warn_before(const struct conditions *conditions)
{
	warn_of_clocks(&conditions->machine);
	if (conditions->cpu_busy_share > BUSY_SHARE)
		log_warning("core %d, which measures, is %.0f%% busy with other programs",
			    conditions->cpu, 100 * conditions->cpu_busy_share);
	if (conditions->sibling_busy_share > BUSY_SHARE)
		log_warning("core %d is %.0f%% busy and shares its execution units with core %d, "
			    "which measures (%.0f cycles there and back)",
			    conditions->sibling.cpu, 100 * conditions->sibling_busy_share,
			    conditions->cpu, conditions->sibling.round_trip_cycles);
	if (conditions->others_share > OTHERS_SHARE)
		log_warning("other programs take %.0f%% of this machine's CPU time: intervals "
			    "will be wider",
			    100 * conditions->others_share);
}

void
conditions_warn_after(const struct manifest *manifest)
{
	if (manifest->steal_share > STEAL_SHARE)
		log_warning("%.1f%% of CPU time was stolen by the hypervisor while it measured",
			    100 * manifest->steal_share);
	if (manifest->others_share > OTHERS_SHARE && manifest->others_share_before <= OTHERS_SHARE)
		log_warning("other programs took %.0f%% of this machine's CPU time while it "
			    "measured",
			    100 * manifest->others_share);
}
