/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/bpf_programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probes/bpf_exits.h"
#include "probes/exits_bpf.skel.h"
#include "probes/kernel_btf.h"
#include "probes/tracefs.h"

#define FIELDS_MAX 3

/* What is particular about an event; the others have a program of both kinds and no fields. */
static const struct tap {
	bool decoded_only; /* its arguments do not tell: the classic program in both probes */
	struct {
		const char *name;
		enum exits_bpf_field field;
		unsigned int bytes;
	} fields[FIELDS_MAX]; /* of the record, as the classic program reads them */
} taps[TRACE_EVENTS_N] = {
	[TRACE_KVM_EXIT] = {true,
			    {{"exit_reason", EXITS_BPF_EXIT_REASON, 4},
			     {"isa", EXITS_BPF_EXIT_ISA, 4},
			     {"vcpu_id", EXITS_BPF_EXIT_VCPU, 4}}},
	[TRACE_KVM_USERSPACE_EXIT] = {false, {{"reason", EXITS_BPF_USERSPACE_REASON, 4}}},
	[TRACE_KVM_FPU] = {false, {{"load", EXITS_BPF_FPU_LOAD, 4}}},
	[TRACE_KVM_MMIO] = {false, {{"type", EXITS_BPF_MMIO_TYPE, 4}}},
	[TRACE_KVM_VMGEXIT_ENTER] = {true, {{"exit_reason", EXITS_BPF_VMGEXIT_REASON, 8}}},
	[TRACE_KVM_VMGEXIT_EXIT] = {true},
	[TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER] = {true,
						  {{"ghcb_gpa", EXITS_BPF_MSR_PROTOCOL_GPA, 8}}},
	[TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT] = {true},
};

static const char no_tracepoint[] = "this kernel has no such tracepoint";

bool
bpf_programs_use_btf(const struct bpf_exits *exits, enum trace_event event)
{
	return exits->btf && !taps[event].decoded_only;
}

struct bpf_program *
bpf_programs_find(const struct bpf_exits *exits, enum trace_event event)
{
	char name[96];

	snprintf(name, sizeof(name), "%s_%s",
		 bpf_programs_use_btf(exits, event) ? "btf" : "classic", trace_event_name(event));
	return bpf_object__find_program_by_name(exits->skeleton->obj, name);
}

/* Fills in where the event's fields stand. Returns false and says why, when it cannot be had. */
static bool
locate_fields(struct bpf_exits *exits, enum trace_event event, char *why, size_t size)
{
	const char *group = trace_event_group(event), *name = trace_event_name(event);
	int got = exits->tracefs < 0 ? exits->tracefs :
				       tracefs_event_id(exits->tracefs, group, name);

	if (got == -ENOENT) {
		snprintf(why, size, "%s", no_tracepoint);
		return false;
	}
	if (got < 0) {
		snprintf(why, size, "tracefs: %s", strerror(-got));
		return false;
	}
	for (int i = 0; i < FIELDS_MAX && taps[event].fields[i].name; i++) {
		got = tracefs_field_offset(exits->tracefs, group, name, taps[event].fields[i].name,
					   taps[event].fields[i].bytes);
		if (got < 0) {
			snprintf(why, size, "its record has no field %s of %u bytes",
				 taps[event].fields[i].name, taps[event].fields[i].bytes);
			return false;
		}
		exits->skeleton->rodata->field_at[taps[event].fields[i].field] = (uint32_t)got;
	}
	return true;
}

static bool
can_attach(struct bpf_exits *exits, enum trace_event event, char *why, size_t size)
{
	if (!bpf_programs_use_btf(exits, event))
		return locate_fields(exits, event, why, size);
	snprintf(why, size, "%s", no_tracepoint);
	return kernel_btf_has_tracepoint(exits->btf, trace_event_name(event));
}

static bool
is_wanted(const struct probe_session *session, enum trace_event event)
{
	return !session->filter.events || session->filter.events & (1u << event);
}

int
bpf_programs_choose(struct probe_session *session)
{
	struct bpf_exits *exits = session->state;
	char why[sizeof(session->skips[0].why)];
	int chosen = 0;

	for (enum trace_event event = 0; event < TRACE_EVENTS_N; event++) {
		if (!is_wanted(session, event))
			continue;
		if (can_attach(exits, event, why, sizeof(why))) {
			bpf_program__set_autoload(bpf_programs_find(exits, event), true);
			chosen++;
		} else {
			probe_skip(session, trace_event_name(event), why);
		}
	}
	return chosen;
}
