/* SPDX-License-Identifier: BSD-3-Clause */
/* What the device arguments of a net_folio port say: --vdev net_folio0,path=...,copy=none,vc=on,... */
#ifndef FOLIO_DATAPATH_PMD_DEVARGS_H
#define FOLIO_DATAPATH_PMD_DEVARGS_H

#include <stdint.h>

#include <rte_ether.h>

#include "base/options.h"
#include "datapath/config.h"

struct devargs {
	char path[OPTION_TEXT_BYTES]; /* of the vhost-user socket */
	uint32_t server;              /* 1: listen there; 0: dial */
	char mac_text[OPTION_TEXT_BYTES];
	uint32_t copy; /* enum copy_mode; config says what holds */
	struct rte_ether_addr mac;
	struct datapath_config config; /* queues: the most that the application may use */
};

/*
 * Reads "key=value,key=value". Keys are the port's own (path, server, copy, mac), every
 * option of the datapath, sources (vc=on) and options of sources (vc.cost=4000
 * cycles), each at most once. `copy` is short for bounce_copy and its mode, and not
 * to be given beside them; shadow where nothing of either is. Options of ESP go with
 * copy=fused only. text NULL or empty: none. Returns 0, or -EINVAL after log_error() named
 * the key, what was found and what is allowed.
 */
int devargs_parse(const char *text, struct devargs *args);

#endif
