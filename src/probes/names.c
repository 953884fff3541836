/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables are the kernel's: SVM_EXIT_REASONS and VMX_EXIT_REASONS of its UAPI
 * headers, and the KVM_EXIT_ block of <linux/kvm.h> as the build finds it. What
 * is newer than the headers that were built with stands in tables of its own.
 */
#include "probes/names.h"

#include <asm/kvm.h>
#include <asm/svm.h>
#include <asm/vmx.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "probes/events.h"

struct code_name {
	uint64_t code;
	const char *name; /* NULL ends a table */
};

/* SVM's own codes and, from 0x80000000 on, the GHCB's. */
static const struct code_name svm[] = {SVM_EXIT_REASONS, {0, NULL}};
static const struct code_name vmx[] = {VMX_EXIT_REASONS, {0, NULL}};
static const struct code_name userspace[] = {
#include "kvm_exit_names.h"
	{0, NULL},
};

/* Linux 6.18, arch/x86/include/uapi/asm/svm.h; the last two have no text there. */
static const struct code_name svm_newer[] = {
	{0x0a5, "buslock"},
	{0x0a6, "idle-halt"},
	{0x80000018, "vmgexit_snp_run_vmpl"},
	{0x8000001a, "vmgexit_secure_avic"},
	{0, NULL},
};

/* Linux 6.18, arch/x86/include/uapi/asm/vmx.h */
static const struct code_name vmx_newer[] = {
	{76, "SEAMCALL"}, {77, "TDCALL"}, {84, "MSR_READ_IMM"}, {85, "MSR_WRITE_IMM"}, {0, NULL},
};

/* Linux 6.18, include/uapi/linux/kvm.h */
static const struct code_name userspace_newer[] = {
	{38, "loongarch_iocsr"}, {39, "memory_fault"}, {40, "tdx"}, {41, "arm_sea"}, {0, NULL},
};

/* GHCB specification (AMD publication 56421), section 2.3.1: bits 11:0 of the GHCB MSR. */
static const struct code_name msr_protocol[] = {
	{0x001, "sev_information_response"},
	{0x002, "sev_information_request"},
	{0x004, "cpuid_request"},
	{0x005, "cpuid_response"},
	{0x006, "ap_reset_hold_request"},
	{0x007, "ap_reset_hold_response"},
	{0x010, "preferred_ghcb_request"},
	{0x011, "preferred_ghcb_response"},
	{0x012, "register_ghcb_request"},
	{0x013, "register_ghcb_response"},
	{0x014, "page_state_change_request"},
	{0x015, "page_state_change_response"},
	{0x016, "run_vmpl_request"},
	{0x017, "run_vmpl_response"},
	{0x080, "hypervisor_features_request"},
	{0x081, "hypervisor_features_response"},
	{0x100, "termination_request"},
	{0, NULL},
};

#define EVENT_NAME(tag, group, name) {TRACE_##tag, group ":" name},
static const struct code_name events[] = {TRACE_EVENTS(EVENT_NAME){0, NULL}};
#undef EVENT_NAME

/* Two tables at most: the headers' and what is newer. mask: the bits that are the code. */
static const struct space {
	const char *prefix;
	const struct code_name *tables[2];
	uint64_t mask;
} spaces[EXIT_SPACES] = {
	[EXIT_SPACE_SVM] = {"svm:", {svm, svm_newer}, UINT32_MAX},
	/* SDM 3C, 25.9.1: bits 15:0 are the basic reason, those above are flags. */
	[EXIT_SPACE_VMX] = {"vmx:", {vmx, vmx_newer}, 0xffff},
	[EXIT_SPACE_GHCB] = {"ghcb:", {svm, svm_newer}, UINT64_MAX},
	[EXIT_SPACE_MSR_PROTOCOL] = {"msr-protocol:", {msr_protocol, NULL}, 0xfff},
	[EXIT_SPACE_USERSPACE] = {"user:", {userspace, userspace_newer}, UINT32_MAX},
	[EXIT_SPACE_EVENT] = {"", {events, NULL}, UINT64_MAX},
	[EXIT_SPACE_STATISTIC] = {"stat:", {NULL, NULL}, UINT64_MAX},
	[EXIT_SPACE_EMULATED] = {"", {NULL, NULL}, UINT64_MAX},
};

uint64_t
exit_code_basic(enum exit_space space, uint64_t code)
{
	return code & spaces[space].mask;
}

/* The kernel's "vmgexit_" repeats what the prefix says. */
static const char *
without_repetition(const char *name)
{
	static const char repeated[] = "vmgexit_";

	return strncmp(name, repeated, sizeof(repeated) - 1) ? name : name + sizeof(repeated) - 1;
}

/* SVM_EXIT_ERR is -1: the table's other bits are not the code's. */
static const char *
find_name(const struct space *space, uint64_t code)
{
	for (size_t i = 0; i < 2; i++)
		for (const struct code_name *c = space->tables[i]; c && c->name; c++)
			if ((c->code & space->mask) == (code & space->mask))
				return c->name;
	return NULL;
}

const char *
exit_code_name(enum exit_space space, uint64_t code, char *buf, size_t size)
{
	const char *name = find_name(&spaces[space], code);

	if (name)
		snprintf(buf, size, "%s%s", spaces[space].prefix, without_repetition(name));
	else
		snprintf(buf, size, "%s0x%llx", spaces[space].prefix, (unsigned long long)code);
	for (char *c = buf; *c; c++)
		*c = *c == ' ' ? '_' : (char)tolower((unsigned char)*c);
	return buf;
}

const char *
exit_row_name(const struct exit_row *row, char *buf, size_t size)
{
	if (!*row->name)
		return exit_code_name(row->space, row->code, buf, size);
	snprintf(buf, size, "%s%s", spaces[row->space].prefix, row->name);
	return buf;
}

bool
exit_code_of_name(enum exit_space space, const char *kernel_name, uint64_t *code)
{
	static const char kvm_exit[] = "KVM_EXIT_";
	bool prefixed = space == EXIT_SPACE_USERSPACE &&
			!strncmp(kernel_name, kvm_exit, sizeof(kvm_exit) - 1);
	const char *name = prefixed ? kernel_name + sizeof(kvm_exit) - 1 : kernel_name;

	/* SVM writes small, VMX large: "cpuid" and "CPUID" are two codes. */
	for (size_t i = 0; i < 2; i++)
		for (const struct code_name *c = spaces[space].tables[i]; c && c->name; c++)
			if (!(prefixed ? strcasecmp(c->name, name) : strcmp(c->name, name))) {
				*code = c->code & spaces[space].mask;
				return true;
			}
	return false;
}
