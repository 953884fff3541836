/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_BASE_CPUS_H
#define FOLIO_BASE_CPUS_H

#include <stdbool.h>

/*
 * How many cores this process may run on (at least 1); *last gets the highest of
 * them, or -1 when the kernel does not say. last may be NULL.
 */
unsigned int cpus_allowed(int *last);

/* The cores that this process may run on, rising, at most max of them. Returns how many. */
unsigned int cpus_list(int *cpus, unsigned int max);

/* May this process run on that core? */
bool cpus_has(long cpu);

/* Keeps the calling thread on that core. Returns 0 or -errno. */
int cpu_pin(int cpu);

#endif
