/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the queue pairs of a guest have in common within one source: made by the
 * first of them that opens, freed by the last that closes. Found by the guest and
 * by a key, the settings that tell one such object from another: ports that take
 * turns on a device share it where their settings agree.
 */
#ifndef FOLIO_DATAPATH_JOINT_H
#define FOLIO_DATAPATH_JOINT_H

#include <stddef.h>

struct guest;

#define JOINT_KEY_BYTES 32

struct joint_kind {
	size_t key_bytes; /* at most JOINT_KEY_BYTES; keys have no padding */
	/* Makes an object for a key. Returns 0, or -errno after log_error(). */
	int (*open)(const struct guest *guest, const void *key, void **object);
	void (*close)(void *object);
};

/*
 * The object of that kind, guest and key, made if there is none. Any thread may
 * call this. Returns 0, or -errno after log_error().
 */
int joint_get(const struct joint_kind *kind, const struct guest *guest, const void *key,
	      void **object);

/* Gives an object of joint_get()'s back, as often as it was got. NULL: nothing. */
void joint_put(void *object);

#endif
