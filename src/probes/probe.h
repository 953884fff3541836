/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A probe is a way to see exits: one file that exports one struct probe, and one line of
 * probes[], best first. A session is a probe at work. It attaches when it is opened, hands
 * what it saw since the last time to a table each time it is read, and leaves nothing behind
 * when it is closed. The kernel may lack part of what a probe can see: that part is skipped
 * and listed, and the rest works.
 */
#ifndef FOLIO_PROBES_PROBE_H
#define FOLIO_PROBES_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/exit_area_head.h"
#include "probes/exit_table.h"

/* Whose exits. 0, and -1 for vcpu, mean everyone's. */
struct probe_filter {
	pid_t pid;       /* process: a VM runs in the process that made it */
	pid_t tid;       /* thread: each vCPU has its own */
	int vcpu;        /* the vCPU's number within its VM; known from its first kvm_exit on */
	uint32_t events; /* 1 << enum trace_event of each that is wanted; 0: all */
	int area_fd;     /* a BPF array of emulated exits: of those who count there; 0: none */
	size_t records_bytes; /* of a ring of raw records, a power of two; 0: none are kept */
};

#define PROBE_ALL ((struct probe_filter){.vcpu = -1})

#define PROBE_ALL_SETS EXIT_AREA_SETS

/* The events that exits and their ends are seen by, without what is frequent besides. */
#define PROBE_EVENTS_KVM ((1u << TRACE_SWIOTLB_BOUNCED) - 1)

/* One exit that has ended, or (duration 0) one event that has no end. */
struct exit_record {
	uint64_t end_ns, duration_ns; /* end: CLOCK_MONOTONIC */
	enum exit_space space;
	uint64_t code;
	pid_t pid, tid;
};

#define PROBE_SKIPS_MAX 32

struct probe_skip {
	char what[48]; /* "kvm_rmp_fault" */
	char why[112]; /* "this kernel has no such tracepoint" */
};

struct probe_session {
	const struct probe *probe;
	struct probe_filter filter;
	void *state; /* the probe's own */
	/* Where there is an area: the set whose exits are read, or PROBE_ALL_SETS. */
	unsigned int set;
	struct probe_skip skips[PROBE_SKIPS_MAX];
	size_t n_skips;
	/* Brought up to date by each read, over the whole session. */
	uint64_t events;       /* seen, whether or not they are rows */
	uint64_t lost;         /* events that are in no row */
	uint64_t records_lost; /* raw records for which the ring had no room */
	uint64_t unmatched;    /* exits that are counted but whose end was not seen, or not yet */
};

struct probe {
	const char *name; /* [fixed] */
	const char *help; /* one line, no full stop */
	bool takes_area;  /* knows whose exits to count by the filter's area_fd */
	/*
	 * Attaches; session's filter is set, all else is zero. Returns 0 or -errno, and then
	 * why says what this machine lacks: one line, no full stop, which names the object.
	 */
	int (*open)(struct probe_session *session, char *why, size_t size);
	/* Adds what was seen since the last read. Returns 0 or -errno. */
	int (*read)(struct probe_session *session, struct exit_table *table);
	void (*close)(struct probe_session *session);
	/* Hands on each raw record since the last time. NULL: keeps none. Returns 0 or -errno. */
	int (*records)(struct probe_session *session,
		       void (*each)(const struct exit_record *record, void *arg), void *arg);
	/* Measures what an event costs whoever makes it. NULL: cannot. Returns 0 or -errno. */
	int (*cost)(double *ns_per_event);
};

/* NULL-terminated, best first. */
extern const struct probe *const probes[];

/* Lists part of a probe as skipped; past PROBE_SKIPS_MAX they are left out. */
void probe_skip(struct probe_session *session, const char *what, const char *why);

/*
 * Opens the first probe that this machine allows, or the one with that name (NULL: any).
 * Those that were passed over are listed in the session's skips, also when none is left.
 * Returns 0, or the last one's -errno, or -ENOENT when no probe has that name.
 */
int probe_session_open(struct probe_session *session, const char *name,
		       const struct probe_filter *filter);

int probe_session_read(struct probe_session *session, struct exit_table *table);

/*
 * What an event costs the thread that makes it, in ns: the median of pairs of runs with and without
 * the probe, some 0.1 s in all. NAN where the probe cannot tell.
 */
double probe_session_cost_ns(const struct probe_session *session);

/* A session that is not open is left alone. */
void probe_session_close(struct probe_session *session);

#endif
