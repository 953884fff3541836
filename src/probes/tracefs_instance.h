/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A private instance of the kernel's tracer: a folder of tracefs with buffers, clock and
 * events of its own, so that nothing global is touched. It goes with the process that made
 * it: that holds a lock on the folder, and instances without one are removed by the
 * next process that makes its own, or begins to trace in another way.
 */
#ifndef FOLIO_PROBES_TRACEFS_INSTANCE_H
#define FOLIO_PROBES_TRACEFS_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TRACEFS_INSTANCE_BYTES 48

/* Zeroed: not open. */
struct tracefs_instance {
	int instances;                     /* tracefs's folder of them */
	int folder;                        /* this one, locked */
	char name[TRACEFS_INSTANCE_BYTES]; /* "folio-4711-0"; empty: not open */
};

/* Removes instances of processes that are gone: they go on recording. What cannot be, stays. */
void tracefs_instances_clean(int tracefs);

/* Removes instances of processes that are gone and makes one. Returns 0 or -errno. */
int tracefs_instance_open(struct tracefs_instance *instance, int tracefs);

/* Removes the instance. What was opened in it has to be closed before. */
void tracefs_instance_close(struct tracefs_instance *instance);

/* Writes text to a file of the instance ("trace_clock"). Returns 0 or -errno. */
int tracefs_instance_write(const struct tracefs_instance *instance, const char *file,
			   const char *text);

/* Events of these threads alone, and of those that they start from now on. Returns 0 or -errno. */
int tracefs_instance_follow(const struct tracefs_instance *instance, pid_t pid);

#endif
