/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A probe: one thing that can be traced. Each probe is <name>.bpf.c, <name>.c
 * and <name>.h (plain types that both share), and one line of probes[].
 */
#ifndef FOLIO_PROBES_PROBE_H
#define FOLIO_PROBES_PROBE_H

struct probe {
	const char *name;
	const char *help; /* one line, no full stop */
};

/* NULL-terminated. */
extern const struct probe *const probes[];

#endif
