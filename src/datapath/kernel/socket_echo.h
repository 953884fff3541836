/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's workload as an ordinary socket program: a UDP echo server (RFC 862) with
 * a socket of the kernel's, at the address of workloads/udp_net.h. It sleeps in
 * recvfrom() in a thread of its own, or has whoever brings the packets call it, and
 * then takes and sends whole bursts with one system call each.
 */
#ifndef FOLIO_DATAPATH_SOCKET_ECHO_H
#define FOLIO_DATAPATH_SOCKET_ECHO_H

#include <stdbool.h>

struct socket_echo;

/*
 * Opens it in the calling thread's network namespace, on the calling thread's cores.
 * Returns 0 or -errno after log_error().
 */
int socket_echo_open(bool sleeps, struct socket_echo **out);

/* Echoes what has come so far; of one that does not sleep. */
void socket_echo_step(struct socket_echo *echo);

void socket_echo_close(struct socket_echo *echo);

#endif
