/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exits.bpf.c at work: choosing the variant of each program that this kernel can run, loading
 * them, attaching them. Reading what they count is bpf_counts.c's.
 */
#ifndef FOLIO_PROBES_BPF_EXITS_H
#define FOLIO_PROBES_BPF_EXITS_H

#include <stdbool.h>

#include "probes/exits_bpf.h"
#include "probes/probe.h"

struct exits_bpf;
struct bpf_link;
struct ring_buffer;
struct kernel_btf;
struct receiver;

struct bpf_exits {
	struct exits_bpf *skeleton;
	struct kernel_btf *btf; /* while it is opened; NULL: classic tracepoints only */
	int tracefs;            /* or -errno */
	struct bpf_link *links[TRACE_EVENTS_N];
	struct ring_buffer *ring;
	struct receiver *receiver; /* while records are handed on: bpf_counts.c */
	/* What was read before, summed over cores; and a buffer for all cores' part of one entry. */
	struct exits_bpf_slot *slots;
	struct exits_bpf_totals totals[EXIT_AREA_SETS];
	void *cores;
	int n_cores;
};

/*
 * Loads one program alone, filtered to the calling thread, that does an exit's work at every
 * renaming of a thread; not attached yet. Returns 0 or -errno.
 */
int bpf_exits_open_rename(struct bpf_exits *exits, bool classic);

/* Attaches it. Returns a link for bpf_link__destroy(), or NULL with errno set. */
struct bpf_link *bpf_exits_attach_rename(struct bpf_exits *exits, bool classic);

/* Detaches and frees all but exits itself. */
void bpf_exits_release(struct bpf_exits *exits);

/* Readings: bpf_counts.c. They return 0 or -errno. */
int bpf_counts_open(struct bpf_exits *exits);
int bpf_counts_read(struct probe_session *session, struct exit_table *table);
int bpf_counts_records(struct probe_session *session,
		       void (*each)(const struct exit_record *record, void *arg), void *arg);
void bpf_counts_close(struct bpf_exits *exits);

/* What an event costs: bpf_cost.c. */
int bpf_cost_btf(double *ns_per_event);
int bpf_cost_classic(double *ns_per_event);

#endif
