/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links of a network namespace: made, given addresses and brought up over rtnetlink.
 * All of it acts on the namespace in which the socket was opened, and is silent: no
 * address is resolved, and no IPv6 address makes itself.
 */
#ifndef FOLIO_DATAPATH_LINKS_H
#define FOLIO_DATAPATH_LINKS_H

#include <stdint.h>

#include <rte_ether.h>

struct mnl_socket;

/* Opens it for the calling thread's namespace. Returns 0 or -errno after log_error(), as all below. */
int links_open(struct mnl_socket **out);
void links_close(struct mnl_socket *socket);

/*
 * A bridge that learns no addresses: it hands each frame to all its other ports, so
 * that two ports are a wire, whatever addresses frames have.
 */
int links_add_bridge(struct mnl_socket *socket, const char *name);

/* The link gets a MAC address (NULL: keeps its own), a bridge (NULL: none), and is up. */
int links_up(struct mnl_socket *socket, const char *name, const struct rte_ether_addr *mac,
	     const char *bridge);

/* An IPv4 address, in the host's byte order, with a prefix of so many bits. */
int links_add_address(struct mnl_socket *socket, const char *name, uint32_t address,
		      uint8_t prefix_bits);

/* A neighbour whose MAC address is known for good. */
int links_add_neighbour(struct mnl_socket *socket, const char *name, uint32_t address,
			const struct rte_ether_addr *mac);

#endif
