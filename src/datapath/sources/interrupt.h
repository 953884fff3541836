/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's sleep. The port looks for frames itself; when it finds none it asks for a
 * call and, if the device has still used nothing, waits for it.
 */
#ifndef FOLIO_DATAPATH_INTERRUPT_H
#define FOLIO_DATAPATH_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

struct interrupt;
struct source;

extern const struct source source_interrupt;

/*
 * Is about to sleep: asks the device for a call. False: it has used buffers
 * already (also: in the very moment), or there is to be no sleep; nothing is asked.
 */
bool interrupt_arm(struct interrupt *interrupt);

/* Has it been armed since the last wait? */
bool interrupt_armed(const struct interrupt *interrupt);

/*
 * Sleeps until the device calls, or for the longest sleep (in lock-step: not at all),
 * and asks for no more calls. Returns whether it was called. Armed before.
 */
bool interrupt_wait(struct interrupt *interrupt);

/* All time asleep so far, the system call that sleeps with it: not the guest's work. */
uint64_t interrupt_asleep_cycles(const struct interrupt *interrupt);

/* From here on, until the port is given its turn again, nobody sleeps. */
void interrupt_stay_awake(struct interrupt *interrupt);

#endif
