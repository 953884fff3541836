/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does AES-GCM as it is here take each byte of its input for one value, and leave its
 * output alone once it is written? Then it may decrypt out of memory, and encrypt into
 * memory, that the other side changes meanwhile: what was authenticated is what was
 * decrypted.
 *
 * Tried length by length: each instruction that touches the watched memory faults, is
 * let through, and traps behind itself (x86's single step); then all of that memory is
 * overwritten with other random bytes. A byte that counts twice then counts with two
 * values. Decrypting, what was decrypted says which bytes the cipher saw, and the tag
 * must be the tag of just those; a read twice passes with a chance of 2^-128. Encrypting,
 * the tag must be the plaintext's.
 */
#ifndef FOLIO_DATAPATH_SINGLE_READ_H
#define FOLIO_DATAPATH_SINGLE_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/ipsec/gcm.h"

#define SINGLE_READ_BYTES_MAX 2048u

struct single_read {
	/* By length in bytes, where it was tried. */
	bool decrypts[SINGLE_READ_BYTES_MAX + 1];
	bool encrypts[SINGLE_READ_BYTES_MAX + 1];
	uint32_t watched; /* instructions that touched the memory, in all */
};

/*
 * Tries each step-th length from 0 to max_bytes (at most SINGLE_READ_BYTES_MAX), in a child
 * process; it takes about a millisecond a length. Returns 0; -ENOTSUP after log_error()
 * where memory cannot be watched so; or another -errno.
 */
int single_read_try(const struct gcm *gcm, uint32_t max_bytes, uint32_t step,
		    struct single_read *found);

#endif
