/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * blocks.csv: on which machine which restarts were measured. A run has one block,
 * unless it was interrupted and resumed where something that figures depend on is
 * another: then the restarts from there on are a block of their own, with every
 * cell measured again. Tables and summary are of the last block only; trials of
 * those before it stay in trials.csv.
 */
#ifndef FOLIO_RUNNER_BLOCKS_H
#define FOLIO_RUNNER_BLOCKS_H

#include <stdint.h>

#include "runner/results/folder.h"
#include "runner/results/manifest.h"

#define BLOCK_TEXT_BYTES 160

/* What figures depend on beside the configuration. In the order of blocks.csv. */
enum fingerprint {
	FINGERPRINT_HOST,
	FINGERPRINT_CPU_MODEL,
	FINGERPRINT_CORES,
	FINGERPRINT_KERNEL,
	FINGERPRINT_GOVERNOR,
	FINGERPRINT_CLOCK_SOURCE,
	FINGERPRINT_PAGES,
	FINGERPRINT_DPDK,
	FINGERPRINT_VERSION,
	FINGERPRINT_COMMIT,
	FINGERPRINTS,
};

struct block {
	uint32_t first_restart; /* up to the next block's */
	char started[BLOCK_TEXT_BYTES];
	char fingerprint[FINGERPRINTS][BLOCK_TEXT_BYTES];
};

struct blocks {
	struct block *at; /* by rising first_restart */
	uint32_t n;
};

/* The block of the machine and the build that the manifest tells of; its restarts are still to be set. */
void block_of_manifest(const struct manifest *manifest, struct block *block);

/*
 * Which fingerprint differs first, -1: none. Names of fingerprints are those of the
 * columns: block_fingerprint_name().
 */
int block_difference(const struct block *a, const struct block *b);
const char *block_fingerprint_name(int fingerprint);

/*
 * Reads blocks.csv. Returns 0; -ENOENT, without a message, when there is none; -EBADMSG
 * (damaged) or another -errno after log_error(). *blocks wants blocks_close() in each case.
 */
int blocks_read(const struct folder *folder, struct blocks *blocks);
void blocks_close(struct blocks *blocks);

/* Adds a copy. Returns 0, or -ENOMEM after log_error(). */
int blocks_add(struct blocks *blocks, const struct block *block);

/* Writes blocks.csv. Returns 0 or -errno after log_error(). */
int blocks_write(const struct blocks *blocks, const struct folder *folder);

#endif
