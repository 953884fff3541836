/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of one kind of page to change page tables of. */
#ifndef FOLIO_RUNNER_MAPPING_H
#define FOLIO_RUNNER_MAPPING_H

#include <stddef.h>
#include <stdint.h>

#define SMALL_PAGE_BYTES 4096u
#define LARGE_PAGE_BYTES (2u << 20)

enum backing {
	BACKING_ANON,          /* private memory in 4 KiB pages */
	BACKING_THP,           /* private memory in transparent huge pages of 2 MiB */
	BACKING_HUGETLB,       /* private memory in reserved huge pages of 2 MiB */
	BACKING_MEMFD,         /* a memfd in 4 KiB pages */
	BACKING_MEMFD_HUGETLB, /* a memfd in reserved huge pages of 2 MiB */
};

struct mapping {
	enum backing backing;
	uint8_t *at; /* of bytes; on both sides lies more of the same where pages are small */
	size_t bytes;
	int fd; /* -1: none */
	void *whole;
	size_t whole_bytes;
};

/*
 * Maps it, with every page touched; bytes: whole pages of its kind. Returns 0, or -errno
 * with why ("no transparent huge page was given ...") filled in.
 */
int mapping_open(struct mapping *mapping, enum backing backing, size_t bytes, char *why,
		 size_t why_size);
void mapping_close(struct mapping *mapping);

/* Writes to every 4 KiB of it. */
void mapping_touch(const struct mapping *mapping);

/* Asks for huge pages again after one was split. Returns 0 or -errno. */
int mapping_collapse(const struct mapping *mapping);

#endif
