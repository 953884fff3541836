/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_PRIVILEGES_H
#define FOLIO_RUNNER_PRIVILEGES_H

/*
 * Gives up all privileges, for good, in every thread that the process has: capabilities are a
 * thread's own, and some threads (DPDK's, rte_vhost's, the IOMMU's) read what the other side
 * writes. Threads that are started later inherit what their starter has left. A warning says
 * so when a thread could not be reached.
 */
void privileges_drop(void);

#endif
