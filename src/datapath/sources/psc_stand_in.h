/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is really done where an SNP guest's page changes its state: a stand-in
 * takes one page of a private memory away, and gives it back. The memory is a
 * double of what the device may reach, page by page: an SNP guest's page has two
 * backings, one private and one shared, and this is the private one.
 */
#ifndef FOLIO_DATAPATH_PSC_STAND_IN_H
#define FOLIO_DATAPATH_PSC_STAND_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSC_SMALL_PAGE_BYTES 4096u
#define PSC_LARGE_PAGE_BYTES (2u << 20)

struct psc_memory {
	size_t bytes;      /* whole pages */
	size_t page_bytes; /* PSC_SMALL_PAGE_BYTES or PSC_LARGE_PAGE_BYTES */
	uint8_t *address;  /* NULL: not mapped here */
	int fd;            /* of what it is made of; -1: none */
	int vm;            /* of the virtual machine that it belongs to; -1: none */
};

struct psc_stand_in {
	const char *name; /* [fixed] */
	const char *help; /* one line, no full stop */
	/* Takes a page out of a mapping: all cores that this process runs on must forget it. */
	bool shoots_down;
	/* Most pages that a memory can have here. NULL: as many as there is memory for. */
	size_t (*pages_max)(void);
	/*
	 * Makes the memory, all of it private and present; bytes and page_bytes are set, the
	 * rest says that there is none. Returns 0; or -errno after log_error() named what is
	 * missing, and leaves what there is for psc_memory_close(). NULL: there is no memory.
	 */
	int (*open)(struct psc_memory *memory);
	/* Page number page is shared from here on, or private again. Returns 0 or -errno. */
	int (*share)(const struct psc_memory *memory, size_t page);
	int (*take_back)(const struct psc_memory *memory, size_t page);
};

/* NULL-terminated. */
extern const struct psc_stand_in *const psc_stand_ins[];

/* Their names in the same order, for the option table. */
extern const char *const psc_stand_in_names[];

/*
 * Makes memory of so many bytes, for stand_in to act on. Returns 0 or -errno after
 * log_error(); psc_memory_close() then is not needed.
 */
int psc_memory_open(struct psc_memory *memory, const struct psc_stand_in *stand_in, size_t bytes,
		    size_t page_bytes);
void psc_memory_close(struct psc_memory *memory);

#endif
