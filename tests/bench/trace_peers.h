/* SPDX-License-Identifier: BSD-3-Clause */
/* Other tools that see exits, to set beside ours: each one attached to this process for a while. */
#ifndef FOLIO_BENCH_TRACE_PEERS_H
#define FOLIO_BENCH_TRACE_PEERS_H

#include <stddef.h>

/* One at a time. */
struct trace_peer {
	const char *name;
	/* Returns 0 when it sees this process's exits from now on; else why says what is missing. */
	int (*open)(char *why, size_t size);
	void (*close)(void);
};

/* name NULL ends it. */
extern const struct trace_peer trace_peers[];

#endif
