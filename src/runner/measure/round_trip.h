/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_ROUND_TRIP_H
#define FOLIO_RUNNER_ROUND_TRIP_H

/*
 * Lets a cache line go from one core to another and back n times, by two threads that
 * spin; each trip in TSC cycles goes into trips_cycles. Returns 0 or -errno.
 */
int round_trip_measure(int from_cpu, int to_cpu, double *trips_cycles, unsigned int n);

#endif
