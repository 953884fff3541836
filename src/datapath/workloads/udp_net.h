/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network of the UDP workloads: a client at the host's side and a server in the
 * guest, alone on one link. Whoever sends to the server, in user space or through the
 * guest's kernel, uses these addresses; MAC addresses are locally administered ones.
 * Numbers are in the host's byte order.
 */
#ifndef FOLIO_DATAPATH_UDP_NET_H
#define FOLIO_DATAPATH_UDP_NET_H

#define UDP_NET_PREFIX_BITS 24

#define UDP_NET_GUEST_ADDRESS 0x0a120001u /* 10.18.0.1 */
#define UDP_NET_GUEST_PORT 7              /* echo, RFC 862 */
#define UDP_NET_GUEST_MAC                                                                          \
	{                                                                                          \
		0x02, 0xf0, 0x11, 0x00, 0x00, 0x01                                                 \
	}

#define UDP_NET_CLIENT_ADDRESS 0x0a120002u /* 10.18.0.2 */
/* The first: each flow of the client's has a source port of its own from here on. */
#define UDP_NET_CLIENT_PORT 9000
#define UDP_NET_CLIENT_MAC                                                                         \
	{                                                                                          \
		0x02, 0xf0, 0x11, 0x00, 0x00, 0x02                                                 \
	}

#endif
