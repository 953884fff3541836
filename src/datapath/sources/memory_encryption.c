/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source memory_encryption: every access of a confidential VM to its memory goes through
 * an encryption engine. It acts in all configurations of such a VM alike, so that no
 * difference between two of them is due to it; and nothing on ordinary hardware has its
 * latency. So it acts nowhere here, and is listed for that to be said: where it is on, a
 * result says that something in it is not emulated, and is otherwise the same.
 */
#include <stddef.h>

#include "datapath/sources/source.h"

extern const struct source source_memory_encryption;

const struct source source_memory_encryption = {
	.name = "memory_encryption",
	.help = "encrypted memory: not emulated, changes no figure",
	.acts_at = "nowhere",
	.fidelity = FIDELITY_NOT_EMULATED,
};
