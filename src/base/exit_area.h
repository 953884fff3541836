/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emulated exits, counted where others see them: an area of shared memory in which every
 * exit engine has a lane of its own, with a padded line per reason, and the durations behind it
 * (base/exit_histogram.h, in TSC cycles). One writer a lane, no locks: readers see counts that
 * only grow. The area describes itself, so that another process can read it.
 *
 * A slice's warm-up and draining are not like what is metered between them, so exits of metered
 * bursts are counted apart: the kernel's in a set of their own, emulated ones in a part.
 *
 * The area is set up once, before the threads and processes that count in it are started; a
 * process that has none counts in memory of its own.
 */
#ifndef FOLIO_BASE_EXIT_AREA_H
#define FOLIO_BASE_EXIT_AREA_H

#include <stdint.h>

#include "base/exit_area_head.h"
#include "base/exit_histogram.h"

#define EXIT_AREA_MAGIC 0x3173747865656f66ull /* "foeexts1" in memory */
#define EXIT_AREA_LANES 32
#define EXIT_AREA_REASONS 8
#define EXIT_AREA_NAME_BYTES 24

struct exit_line {
	_Alignas(64) uint64_t count;
	uint64_t cycles;
	_Alignas(64) uint64_t counts[EXIT_HISTOGRAM_BUCKETS];
};

enum exit_part {
	EXIT_PART_OTHER,   /* while the set is 0 */
	EXIT_PART_METERED, /* of any other set */
	EXIT_PARTS,
};

struct exit_lane {
	_Alignas(64) uint32_t pid;                 /* whose it is; 0: nobody's. Counts stay. */
	_Alignas(64) uint64_t packets[EXIT_PARTS]; /* received meanwhile */
	_Alignas(64) struct exit_line lines[EXIT_PARTS][EXIT_AREA_REASONS];
};

/* 2.2 MiB. */
struct exit_area {
	struct exit_area_head head;
	uint32_t reasons;
	char names[EXIT_AREA_REASONS][EXIT_AREA_NAME_BYTES];
	struct exit_lane lanes[EXIT_AREA_LANES];
};

/* Writes the area's description; it is zeroed before. */
void exit_area_init(struct exit_area *area);

/* From here on, this process and those it forks count there. NULL: nowhere in common. */
void exit_area_use(struct exit_area *area);

/*
 * Around metered bursts: what happens between the two is of the area's metered_set. Without an
 * area they do nothing.
 */
void exit_area_begin_metered(void);
void exit_area_end_metered(void);

/* Whoever counted there is gone: what is theirs is free again, nothing is metered. Counts stay. */
void exit_area_forget(struct exit_area *area);

/* What exit_area_use() was last given. */
struct exit_area *exit_area_used(void);

/*
 * A lane for one thread at a time to count in; names are the reasons', by their number. Where the
 * area has none left it is of this process's own memory. Returns NULL when memory ran out.
 */
struct exit_lane *exit_lane_take(const char *const *names, unsigned int n);

/* Whoever took it. NULL is left alone. */
void exit_lane_give_back(struct exit_lane *lane);

/* The set of what happens now. exit_area_use()'s to change. */
extern const unsigned int *exit_area_set;

static inline enum exit_part
exit_area_part(void)
{
	return __atomic_load_n(exit_area_set, __ATOMIC_RELAXED) ? EXIT_PART_METERED :
								  EXIT_PART_OTHER;
}

/* So many packets were received. */
static inline void
exit_lane_pass(struct exit_lane *lane, uint64_t packets)
{
	lane->packets[exit_area_part()] += packets;
}

/* One exit that took that long. */
static inline void
exit_lane_add(struct exit_lane *lane, unsigned int reason, uint64_t cycles)
{
	struct exit_line *line = &lane->lines[exit_area_part()][reason];

	line->count++;
	line->cycles += cycles;
	line->counts[exit_histogram_bucket(cycles)]++;
}

#endif
