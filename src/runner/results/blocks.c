/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/blocks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/results/csv_file.h"

#define BLOCKS_FILE "blocks.csv"
#define FIRST_FINGERPRINT 3
#define BLOCKS_COLUMNS                                                                             \
	"block,first_restart,started,host,cpu_model,cores,kernel,governor,clock_source,page_kind," \
	"dpdk_version,version,git_commit"

static const char *const names[FINGERPRINTS] = {
	[FINGERPRINT_HOST] = "host",         [FINGERPRINT_CPU_MODEL] = "cpu_model",
	[FINGERPRINT_CORES] = "cores",       [FINGERPRINT_KERNEL] = "kernel",
	[FINGERPRINT_GOVERNOR] = "governor", [FINGERPRINT_CLOCK_SOURCE] = "clock_source",
	[FINGERPRINT_PAGES] = "page_kind",   [FINGERPRINT_DPDK] = "dpdk_version",
	[FINGERPRINT_VERSION] = "version",   [FINGERPRINT_COMMIT] = "git_commit",
};

const char *
block_fingerprint_name(int fingerprint)
{
	return names[fingerprint];
}

void
block_of_manifest(const struct manifest *manifest, struct block *block)
{
	const struct machine *machine = &manifest->machine;
	char cores[16];
	const char *const texts[FINGERPRINTS] = {
		[FINGERPRINT_HOST] = machine->host,
		[FINGERPRINT_CPU_MODEL] = machine->cpu_model,
		[FINGERPRINT_CORES] = cores,
		[FINGERPRINT_KERNEL] = machine->kernel,
		[FINGERPRINT_GOVERNOR] = machine->governor,
		[FINGERPRINT_CLOCK_SOURCE] = machine->clock_source,
		[FINGERPRINT_PAGES] = manifest->page_kind,
		[FINGERPRINT_DPDK] = manifest->dpdk_version,
		[FINGERPRINT_VERSION] = manifest->tool_version,
		[FINGERPRINT_COMMIT] = manifest->git_commit,
	};

	snprintf(cores, sizeof(cores), "%" PRIu32, machine->cores);
	*block = (struct block){0};
	for (int i = 0; i < FINGERPRINTS; i++)
		snprintf(block->fingerprint[i], BLOCK_TEXT_BYTES, "%s", texts[i]);
}

int
block_difference(const struct block *a, const struct block *b)
{
	for (int i = 0; i < FINGERPRINTS; i++)
		if (strcmp(a->fingerprint[i], b->fingerprint[i]))
			return i;
	return -1;
}

static int
add_line(const struct csv_line *line, void *arg)
{
	struct blocks *blocks = arg;
	struct block block;
	uint32_t id;
	int error = csv_read_count(line, 0, &id);

	if (!error)
		error = csv_read_count(line, 1, &block.first_restart);
	if (!error)
		error = csv_read_text(line, 2, block.started, sizeof(block.started));
	for (int i = 0; !error && i < FINGERPRINTS; i++)
		error = csv_read_text(line, FIRST_FINGERPRINT + (size_t)i, block.fingerprint[i],
				      BLOCK_TEXT_BYTES);
	if (error)
		return error;
	if (id != blocks->n ||
	    (id ? block.first_restart <= blocks->at[id - 1].first_restart : block.first_restart)) {
		log_error("%s:%u: damaged: found block %u from restart %u on, blocks and their "
			  "restarts rise from 0",
			  line->path, line->number, id, block.first_restart);
		return -EBADMSG;
	}
	return blocks_add(blocks, &block);
}

int
blocks_read(const struct folder *folder, struct blocks *blocks)
{
	char path[FOLDER_PATH_BYTES + sizeof(BLOCKS_FILE) + 1];
	int error;

	*blocks = (struct blocks){0};
	if (faccessat(folder->fd, BLOCKS_FILE, F_OK, 0) != 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/" BLOCKS_FILE, folder->path);
	error = csv_read(path, BLOCKS_COLUMNS, add_line, blocks);
	if (!error && !blocks->n) {
		log_error("%s: damaged: holds no block", path);
		error = -EBADMSG;
	}
	return error;
}

void
blocks_close(struct blocks *blocks)
{
	free(blocks->at);
	*blocks = (struct blocks){0};
}

int
blocks_add(struct blocks *blocks, const struct block *block)
{
	struct block *at = reallocarray(blocks->at, blocks->n + 1, sizeof(*at));

	if (!at) {
		log_error(BLOCKS_FILE ": %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	blocks->at = at;
	at[blocks->n++] = *block;
	return 0;
}

static void
write_block(struct csv_writer *csv, uint32_t id, const struct block *block)
{
	csv_count(csv, id);
	csv_count(csv, block->first_restart);
	csv_text(csv, block->started);
	for (int i = 0; i < FINGERPRINTS; i++)
		csv_text(csv, block->fingerprint[i]);
	csv_end(csv);
}

int
blocks_write(const struct blocks *blocks, const struct folder *folder)
{
	char *text = NULL;
	size_t size;
	struct csv_writer csv = {.file = open_memstream(&text, &size)};
	int error = csv.file ? 0 : -ENOMEM;

	if (csv.file) {
		fputs(BLOCKS_COLUMNS "\n", csv.file);
		for (uint32_t i = 0; i < blocks->n; i++)
			write_block(&csv, i, &blocks->at[i]);
		error = fclose(csv.file) ? -ENOMEM : 0;
	}
	if (error)
		log_error("%s/" BLOCKS_FILE ": %s", folder->path, strerror(ENOMEM));
	else
		error = folder_write(folder, BLOCKS_FILE, text, size);
	free(text);
	return error;
}
