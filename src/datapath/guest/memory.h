/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the memory of a shared region comes from: a provider is a name, what it
 * says about itself, and a function that makes one memory object, whose file
 * descriptor the host may have. One entry of memory_providers[] each.
 */
#ifndef FOLIO_DATAPATH_MEMORY_H
#define FOLIO_DATAPATH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_provider {
	const char *name;
	const char *help; /* one line, no full stop */
	const char *hint; /* what to do when there is none: the end of a message */
	size_t page_bytes;
	/* Can its size be sealed, and must be? Otherwise the object itself has a fixed size. */
	bool sealable;
	/* Makes an object of size_bytes (whole pages). Returns its descriptor or -errno. */
	int (*open)(size_t size_bytes);
};

/* NULL-terminated. */
extern const struct memory_provider *const memory_providers[];

/* For the option table: "auto", then the providers' names in the same order. */
extern const char *const memory_names[];

/* The provider of a choice from memory_names[]; auto: huge pages where DPDK has got them. */
const struct memory_provider *memory_chosen(uint32_t choice);

/*
 * Makes an object of size_bytes whose size nobody can change any more. Returns its
 * descriptor, the caller's to close, or -errno after log_error().
 */
int memory_open(const struct memory_provider *provider, size_t size_bytes);

#endif
