/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an exit takes by itself, with each backend there is: an exit without a budget. And
 * the one exit that a guest's user space can cause: CPUID, which the hypervisor answers;
 * within an SNP guest the kernel's #VC handler does, from the CPUID page.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fidelity.h"
#include "datapath/config.h"
#include "datapath/exits/exit.h"
#include "runner/calibrate/calibration.h"

#define SEV_GUEST_DEVICE "/dev/sev-guest"

/* Backends that leave their guest in several ways; any other has one exit for all. */
static const struct kind {
	const char *backend, *suffix;
	enum exit_reason reason;
	enum kvm_doorbell kvm_doorbell;
} kinds[] = {
	{"kvm", "_mmio", EXIT_REASON_DOORBELL, KVM_DOORBELL_MMIO},
	{"kvm", "_pio", EXIT_REASON_DOORBELL, KVM_DOORBELL_PIO},
	{"kvm", "_ioeventfd", EXIT_REASON_DOORBELL, KVM_DOORBELL_IOEVENTFD},
	{"kvm", "_hlt", EXIT_REASON_IDLE, KVM_DOORBELL_MMIO},
};

struct exit {
	struct exit_engine engine;
	enum exit_reason reason;
};

static int
run_exit(void *arg)
{
	struct exit *exit = arg;

	exit_engine_exit(&exit->engine, exit->reason, 0);
	return exit->engine.counts.failures ? -EIO : 0;
}

static void
measure_kind(struct calibration *c, uint32_t backend, const struct kind *kind)
{
	struct exit exit = {.reason = kind->reason};
	struct datapath_config config;
	char name[48];
	const struct operation operation = {
		.name = name,
		.help = exit_backends[backend]->help,
		.fidelity = exit_backends[backend]->fidelity,
		.run = run_exit,
		.arg = &exit,
	};
	int error;

	snprintf(name, sizeof(name), "exit_%s%s", exit_backends[backend]->name, kind->suffix);
	datapath_config_init(&config);
	config.exits = backend;
	config.kvm_doorbell = kind->kvm_doorbell;
	error = exit_engine_open(&exit.engine, &config);
	if (error) {
		calibration_lacks(c, &operation, "%s", strerror(-error));
		return;
	}
	calibration_measure(c, &operation);
	exit_engine_close(&exit.engine);
}

static void
measure_backend(struct calibration *c, uint32_t backend)
{
	static const struct kind any = {"", "", EXIT_REASON_DOORBELL, KVM_DOORBELL_MMIO};
	const struct exit_backend *what = exit_backends[backend];
	char name[48], why[160];
	bool has_kinds = false;

	snprintf(name, sizeof(name), "exit_%s", what->name);
	if (what->lacking && what->lacking(why, sizeof(why))) {
		calibration_lacks(c,
				  &(struct operation){.name = name,
						      .help = what->help,
						      .fidelity = what->fidelity},
				  "%s", why);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].backend, what->name) != 0)
			continue;
		measure_kind(c, backend, &kinds[i]);
		has_kinds = true;
	}
	if (!has_kinds)
		measure_kind(c, backend, &any);
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
