/* SPDX-License-Identifier: BSD-3-Clause */
/* folio doctor: the processor. */
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "runner/commands/doctor.h"
#include "runner/results/machine.h"

/* Steal above this share shows in every figure. */
#define STEAL_SHARE_OK 0.01

/* Same rate in every power state: CPUID 0x80000007, EDX bit 8 (AMD and Intel alike). */
static bool
tsc_is_invariant(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & (1u << 8));
}

void
doctor_tsc(struct finding *f)
{
	double mhz = (double)clock_tsc_hz() / 1e6;

	if (tsc_is_invariant()) {
		finding_set(f, VERDICT_OK, "%.0f MHz, invariant", mhz);
		return;
	}
	finding_set(f, VERDICT_LIMITED, "%.0f MHz now; may change with the core's power state",
		    mhz);
	finding_get_it(f, "in a VM: pass the host's CPU through, with the invariant TSC flag");
}

void
doctor_cores(struct finding *f)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) < 0) {
		finding_set(f, VERDICT_MISSING, "sched_getaffinity: %s", strerror(errno));
		return;
	}
	n = CPU_COUNT(&set);
	finding_set(f, n > 1 ? VERDICT_OK : VERDICT_LIMITED, "%d that this process may use", n);
	if (n == 1)
		finding_get_it(f, "start folio with a wider CPU affinity (taskset, cpuset)");
}

void
doctor_steal(struct finding *f)
{
	struct cpu_time now;
	double share;

	cpu_time_read(CPU_ALL, &now);
	if (!now.total_ticks) {
		finding_set(f, VERDICT_LIMITED, "/proc/stat does not tell");
		return;
	}
	share = cpu_time_steal_share(&(struct cpu_time){0}, &now);
	finding_set(f, share < STEAL_SHARE_OK ? VERDICT_OK : VERDICT_LIMITED,
		    "%.2f%% of the time since boot", share * 100);
	finding_get_it(f, "a machine with cores of its own; slices in turns level out most of it");
}

void
doctor_governor(struct finding *f)
{
	struct machine machine;

	machine_read(&machine);
	if (!strcmp(machine.governor, "n/a")) {
		finding_set(f, VERDICT_LIMITED, "not to be seen from here; a VM's host decides");
		return;
	}
	finding_set(f, strcmp(machine.governor, "performance") ? VERDICT_LIMITED : VERDICT_OK, "%s",
		    machine.governor);
	finding_get_it(f, "as root: cpupower frequency-set -g performance");
}

void
doctor_aes(struct finding *f)
{
	unsigned int eax, ebx, ecx, edx;
	bool aes, vaes;

	aes = __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_AES);
	vaes = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ecx & bit_VAES);
	if (!aes)
		finding_set(f, VERDICT_MISSING, "no AES instructions");
	else
		finding_set(f, vaes ? VERDICT_OK : VERDICT_LIMITED, "AES-NI, %s",
			    vaes ? "VAES" : "no VAES");
	finding_get_it(f, "another CPU; in a VM: pass the host's CPU through");
}
