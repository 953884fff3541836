/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of what goes through a kernel: may they, and what is there to be seen. */
#ifndef FOLIO_TESTS_DATAPATH_PATHS_H
#define FOLIO_TESTS_DATAPATH_PATHS_H

#include <stdbool.h>
#include <sys/types.h>

struct lane;
struct lockstep;

/* May this process make network namespaces and TAPs? Says why not. */
bool paths_allowed(void);

/* Links of this process's network namespace. */
unsigned int paths_links(void);

/* Threads of that process (0: of all processes) in another network namespace than this one's. */
unsigned int paths_foreign_namespaces(pid_t pid);

/*
 * Closes a bench whose device still holds the lane's buffers: a slice uses them up, past what is
 * on the wire.
 */
void paths_close_used(struct lockstep *bench, struct lane *lane);

#endif
