/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process's crypto device: DPDK's driver crypto_aesni_gcm, which calls Intel's
 * ipsec-mb on the CPU. Made when it is first wanted, and kept.
 */
#ifndef FOLIO_DATAPATH_IPSEC_DEVICE_H
#define FOLIO_DATAPATH_IPSEC_DEVICE_H

#include <stdint.h>

struct rte_mempool;

struct ipsec_device {
	uint8_t id;
	struct rte_mempool *sessions;
	struct rte_mempool *ops; /* of the look-aside mode, with room for an IV */
};

/* Where an operation has its IV: behind itself. */
#define IPSEC_OP_IV_OFFSET                                                                         \
	((uint16_t)(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op)))
#define IPSEC_OP_IV_BYTES 16u

/* Operations under way at once, at the most. */
#define IPSEC_OPS 64u

/* DPDK must run. Returns 0 or -errno after log_error(). */
int ipsec_device_get(const struct ipsec_device **out);

#endif
