/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which programs of exits.bpf.c this kernel can run. Every tracepoint is optional: one that is not
 * there, or whose record is not as it is known, is skipped and listed before anything is loaded,
 * because a program without its tracepoint fails the whole object.
 */
#ifndef FOLIO_PROBES_BPF_PROGRAMS_H
#define FOLIO_PROBES_BPF_PROGRAMS_H

#include <stdbool.h>

#include "probes/events.h"

struct bpf_exits;
struct bpf_program;
struct probe_session;

/*
 * Marks those of the events that session's filter wants to be loaded, and finds out where
 * the fields stand that they read. Returns how many; what is skipped is listed in the session.
 */
int bpf_programs_choose(struct probe_session *session);

/* The event's program: the one on BTF's tracepoint or the one on the classic one. */
struct bpf_program *bpf_programs_find(const struct bpf_exits *exits, enum trace_event event);
bool bpf_programs_use_btf(const struct bpf_exits *exits, enum trace_event event);

#endif
