/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What turns a packet path into the variants that set-up chooses from. Not an interface: each
 * packet path (port_burst.c, port_chains.c) includes it behind its own always-inline rx(), tx()
 * and release(), to which the functions here give constant flags.
 */
#ifndef FOLIO_DATAPATH_PORT_VARIANTS_H
#define FOLIO_DATAPATH_PORT_VARIANTS_H

/* rx_suffix() and tx_suffix() of that copy mode, with hooks or without. */
#define VARIANT(suffix, mode, hooked)                                                              \
	static uint16_t rx_##suffix(struct port *port, struct rte_mbuf **bufs, uint16_t n)         \
	{                                                                                          \
		return rx(port, bufs, n, mode, hooked);                                            \
	}                                                                                          \
	static uint16_t tx_##suffix(struct port *port, struct rte_mbuf **bufs, uint16_t n)         \
	{                                                                                          \
		return tx(port, bufs, n, mode, hooked);                                            \
	}

static uint16_t
alloc_plain(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	return port_alloc(arg, bufs, n, false);
}

static uint16_t
alloc_hooked(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	return port_alloc(arg, bufs, n, true);
}

static void
release_plain(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	release(arg, bufs, n, false);
}

static void
release_hooked(void *arg, struct rte_mbuf **bufs, uint16_t n)
{
	release(arg, bufs, n, true);
}

#endif
