/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FOLIO_RUNNER_AB_CORE_H
#define FOLIO_RUNNER_AB_CORE_H

/*
 * Of the cores that this process may run on, the one with the least to do; of several
 * the last, since interrupts and other work tend to the first. Takes a tenth of a second.
 */
int core_quietest(void);

#endif
