/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/trace_options.h"

/* PID_MAX_LIMIT of the kernel's include/linux/threads.h: 4 Mi on 64 bits. */
#define PID_MAX 4194304

#define DURATION_MAX_NS 1e15

#define AT(field) .offset = offsetof(struct trace_options, field)

const struct option_spec trace_option_specs[] = {
	{.name = "pid",
	 .type = OPTION_COUNT,
	 AT(pid),
	 .min = 1,
	 .max = PID_MAX,
	 .help = "exits of that process alone (a VM is a process); of an import: of that thread"},
	{.name = "duration",
	 .type = OPTION_TIME,
	 AT(duration_ns),
	 .min = 1,
	 .max = DURATION_MAX_NS,
	 .help = "end after so long; without it, when it is interrupted"},
	{.name = "live",
	 .type = OPTION_SWITCH,
	 AT(live),
	 .help = "show the table once a second; without it, at the end"},
	{.name = "probe",
	 .type = OPTION_TEXT,
	 AT(probe),
	 .help = "that way of tracing alone (folio list probes); without it, the best that works"},
	{.name = "output",
	 .type = OPTION_TEXT,
	 AT(output),
	 .help = "write exits.csv and figures/exits.png there: a new folder, or an empty one"},
	{.name = "import",
	 .type = OPTION_TEXT,
	 AT(import),
	 .help = "a trace that was recorded before: trace.dat (trace-cmd) or perf.data (perf "
		 "record)"},
	{.name = "guest",
	 .type = OPTION_TEXT,
	 AT(guest),
	 .help = "with import: a trace from inside of that VM; its #VC handlings are matched with "
		 "the host's VMGEXITs"},
	{.name = "guest-begin",
	 .type = OPTION_TEXT,
	 AT(guest_begin),
	 .preset = "folio_vc_enter",
	 .help = "the event with which the guest begins to handle a #VC"},
	{.name = "guest-end",
	 .type = OPTION_TEXT,
	 AT(guest_end),
	 .preset = "folio_vc_exit",
	 .help = "the event with which it ends"},
	{.name = NULL},
};
