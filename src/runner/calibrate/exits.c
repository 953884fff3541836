/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an exit takes by itself, with each backend there is: an exit without a budget. And
 * the one exit that a guest's user space can cause: CPUID, which the hypervisor answers;
 * within an SNP guest the kernel's #VC handler does, from the CPUID page.
 */
#include <cpuid.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fidelity.h"
#include "datapath/config.h"
#include "datapath/exits/exit.h"
#include "runner/calibrate/calibration.h"

#define SEV_GUEST_DEVICE "/dev/sev-guest"

static int
run_exit(void *arg)
{
	exit_engine_exit(arg, EXIT_REASON_DOORBELL, 0);
	return 0;
}

static void
measure_backend(struct calibration *c, uint32_t index)
{
	const struct exit_backend *backend = exit_backends[index];
	struct datapath_config config;
	struct exit_engine engine;
	char name[48], why[256];
	const struct operation operation = {
		.name = name,
		.help = backend->help,
		.fidelity = backend->fidelity,
		.run = run_exit,
		.arg = &engine,
	};

	snprintf(name, sizeof(name), "exit_%s", backend->name);
	if (backend->lacking && backend->lacking(why, sizeof(why))) {
		calibration_lacks(c, &operation, why);
		return;
	}
	datapath_config_init(&config);
	config.exits = index;
	if (exit_engine_open(&engine, &config)) {
		calibration_lacks(c, &operation, "its exits do not come about");
		return;
	}
	calibration_measure(c, &operation);
	exit_engine_close(&engine);
}

void
measure_exits(struct calibration *c)
{
	for (uint32_t i = 0; exit_backends[i]; i++)
		measure_backend(c, i);
}

static int
run_cpuid(void *arg)
{
	unsigned int eax, ebx, ecx, edx;

	(void)arg;
	__cpuid(0, eax, ebx, ecx, edx);
	return 0;
}

/* CPUID leaf 1, ECX bit 31: a hypervisor is present. */
static bool
is_guest(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & 1u << 31);
}

void
measure_cpuid(struct calibration *c)
{
	bool is_snp = access(SEV_GUEST_DEVICE, F_OK) == 0;
	const struct operation operation = {
		.name = is_snp ? "snp_vc_cpuid" : "plain_exit_cpuid",
		.help = is_snp ? "CPUID, answered by this SNP guest's #VC handler" :
				 "CPUID, an exit from this machine to its hypervisor and back",
		.fidelity = FIDELITY_NATIVE,
		.run = run_cpuid,
	};

	if (is_guest())
		calibration_measure(c, &operation);
	else
		calibration_lacks(c, &operation, "this is no guest: CPUID exits to nobody");
}
