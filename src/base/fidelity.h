/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a number was obtained. A number that rests on several mechanisms
 * carries the union of theirs, so fidelity is a set: the reader sees every
 * kind of evidence that went in, not only the best or the worst.
 */
#ifndef FOLIO_BASE_FIDELITY_H
#define FOLIO_BASE_FIDELITY_H

#include <stddef.h>

enum fidelity {
	FIDELITY_NATIVE = 1 << 0,       /* the hardware does it */
	FIDELITY_REAL = 1 << 1,         /* the same mechanism, in software */
	FIDELITY_STAND_IN = 1 << 2,     /* another real mechanism of that nature */
	FIDELITY_MODELLED = 1 << 3,     /* a stated number of cycles with its source */
	FIDELITY_NOT_EMULATED = 1 << 4, /* left out, and said so */
};

/* Longest text that fidelity_format() can write, with its final NUL. */
#define FIDELITY_TEXT_BYTES 64

/*
 * Writes the names of the set, best first, joined by '+': "real+modelled".
 * buf holds size bytes; returns buf. An empty set is written as "none".
 */
const char *fidelity_format(unsigned int set, char *buf, size_t size);

#endif
