/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/events.h"

#define NAME(tag, group, name) [TRACE_##tag] = name,
static const char *const event_names[TRACE_EVENTS_N] = {TRACE_EVENTS(NAME)};

#define GROUP(tag, group, name) [TRACE_##tag] = group,
static const char *const event_groups[TRACE_EVENTS_N] = {TRACE_EVENTS(GROUP)};

const char *
trace_event_name(unsigned long long event)
{
	return event < TRACE_EVENTS_N ? event_names[event] : 0;
}

const char *
trace_event_group(unsigned long long event)
{
	return event < TRACE_EVENTS_N ? event_groups[event] : 0;
}

_Bool
trace_event_is_exit(unsigned long long event)
{
	switch (event) {
	case TRACE_KVM_PIO:
	case TRACE_KVM_MMIO:
	case TRACE_KVM_FAST_MMIO:
	case TRACE_KVM_MSR:
	case TRACE_KVM_CPUID:
	case TRACE_KVM_HYPERCALL:
		return 1;
	default:
		return 0;
	}
}
