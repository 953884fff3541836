/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How an area of emulated exits begins (base/exit_area.h). Plain types only: BPF programs
 * look here for whose exits they are to count, and as what.
 */
#ifndef FOLIO_BASE_EXIT_AREA_HEAD_H
#define FOLIO_BASE_EXIT_AREA_HEAD_H

/* Processes that count in one area at a time. */
#define EXIT_AREA_PROCESSES 4

/* Sets that exits can be counted in apart; 0 is that of what nobody meters. */
#define EXIT_AREA_SETS 8

struct exit_area_head {
	unsigned long long magic;
	unsigned long long bytes; /* of the area */
	unsigned long long tsc_hz;
	unsigned int set;         /* of what happens now; below EXIT_AREA_SETS */
	unsigned int metered_set; /* of what is metered next; 0: it is not asked for */
	unsigned int pids[EXIT_AREA_PROCESSES]; /* who counts here; 0: nobody */
};

#endif
