/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The emulated inline mode (paper, 5.4): a crypto thread of the port's own stands between
 * the device's queues and the application, as a NIC would that does ESP by itself. It
 * polls, and works burst by burst:
 *
 *   device -- the port's bursts -- crypto thread: opens, seals -- two rings -- application
 *
 * The application's bursts are the rings' ends, and find and leave plain frames. Nothing is
 * dropped for want of room in a ring: the thread receives no more than fits, and keeps what the
 * device has no room for until it has. Frames of ARP go through in plain, and no others.
 *
 * The thread works from port_attach() on, until the port is drained or halted.
 */
#ifndef FOLIO_DATAPATH_PORT_INLINE_H
#define FOLIO_DATAPATH_PORT_INLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"

struct datapath_config;
struct port;
struct port_inline;

/* Over what port_inline_counted() returns: of ESP. */
extern const struct counter port_inline_counters[];

/*
 * Puts the rings' ends in the place of the port's bursts, which the thread calls from then on; the
 * port is open but for that. cpu: the core that the thread is kept on; -1: wherever the
 * scheduler has it. Returns 0 or -errno after log_error().
 */
int port_inline_open(struct port *port, const struct datapath_config *config, int cpu);

/* Ends the thread, and frees what is in the rings. NULL is allowed. */
void port_inline_close(struct port_inline *crypto);

/*
 * Has the thread, which the first call starts, work on the port; it is paused, and awake when
 * this returns. Returns 0 or -errno after log_error().
 */
int port_inline_resume(struct port_inline *crypto);

/* Returns when the thread works on the port no more. It may be paused already. */
void port_inline_pause(struct port_inline *crypto);

/*
 * Gives the shadow pool back what the thread's own cache in front of it holds: other ports'
 * threads, which share the pool, would not find it there. The thread is paused.
 */
void port_inline_release(struct port_inline *crypto);

/* Are no frames on their way between device and application? The thread is paused. */
bool port_inline_is_empty(const struct port_inline *crypto);

/* The same, at a glance, while it works: false is certain. */
bool port_inline_looks_empty(const struct port_inline *crypto);

/* From here on the thread meters its bursts, or meters none; what it is at it finishes first. */
void port_inline_meter(struct port_inline *crypto, bool on);

/*
 * What it has metered since this was asked last: cycles a packet, to receive and open it
 * and to seal and send one, of the middle half each (burst_meter.h); not a number where it had
 * none to receive or none to send. The thread is paused.
 */
double port_inline_cycles_per_packet(struct port_inline *crypto);

const void *port_inline_counted(const struct port_inline *crypto);

#endif
