/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM by intel-ipsec-mb, called directly: out of place, one packet a call, in the
 * fastest code that the library has for this CPU.
 */
#ifndef FOLIO_DATAPATH_GCM_H
#define FOLIO_DATAPATH_GCM_H

#include <stdint.h>

#include <intel-ipsec-mb.h>

#define GCM_NONCE_BYTES 12u

struct gcm {
	aes_gcm_enc_dec_t encrypt, decrypt;
	struct gcm_key_data *key; /* owned, expanded */
	IMB_MGR *manager;         /* owned */
};

/* A key of 16 or 32 B. Returns 0, or -ENOMEM or -ENOTSUP after log_error(). */
int gcm_open(struct gcm *gcm, const uint8_t *key, uint32_t key_bytes);
/* Wipes the key. Zeroed is allowed. */
void gcm_close(struct gcm *gcm);

#endif
