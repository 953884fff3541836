/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TAP: a link of the kernel's whose other end is a file descriptor. What is written
 * goes through the kernel's network stack in the writer's own context: when the write
 * returns, the frame is where it belongs (a socket's queue, another TAP) or dropped, unless
 * the kernel puts off the softirq that hands it on. Frames have no virtio header, so no
 * checksum is left to others.
 */
#ifndef FOLIO_DATAPATH_TAP_H
#define FOLIO_DATAPATH_TAP_H

#include <stdint.h>

struct rte_mbuf;

/*
 * Makes a TAP of that name in the calling thread's network namespace; it is down. The
 * descriptor does not block, and closing it removes the link. Returns it, or -errno
 * after log_error(): -ENOENT where there is no TAP device, -EPERM without
 * CAP_NET_ADMIN. what is what it is for, for the message.
 */
int tap_open(const char *what, const char *name);

/* Writes n frames, which stay the caller's; returns how many the kernel took. */
uint16_t tap_write_burst(int tap, struct rte_mbuf *const *bufs, uint16_t n);

/*
 * Reads up to n frames into mbufs, one segment each, whose lengths are set; returns how
 * many there were.
 */
uint16_t tap_read_burst(int tap, struct rte_mbuf *const *bufs, uint16_t n);

/* Reads and forgets all frames that are there; returns how many. */
unsigned int tap_discard(int tap);

#endif
