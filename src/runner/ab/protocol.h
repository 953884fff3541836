/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `folio ab` and a build under test say to each other. The build is started as
 *
 *   BIN ab-side --side 0|1 --cpu N --scratch DIR [--set KEY=VALUE]... CONFIG
 *
 * with two descriptors beside its standard streams: a channel of whole messages
 * (SOCK_SEQPACKET) and a page that holds the turn (turns.h).
 *
 *   build   hello                          before it looks at anything else
 *   build   subject, once for each         everything is set up; it can measure
 *   folio   trial                          both builds get the same ones in the same order
 *   build   result
 *
 * and so on until the channel ends. The two ends are of different versions of this
 * project: whatever changes here, or in what a subject's name means, takes another
 * AB_VERSION, and the hello keeps its form for ever.
 */
#ifndef FOLIO_RUNNER_AB_PROTOCOL_H
#define FOLIO_RUNNER_AB_PROTOCOL_H

#include <stdint.h>

#define AB_VERSION 1u
#define AB_MAGIC "folio-ab"

#define AB_CHANNEL_FD 3
#define AB_TURNS_FD 4

#define AB_SUBJECTS_MAX 64u
#define AB_NAME_BYTES 384
#define AB_QUADS_MAX 256u

enum ab_type { AB_HELLO = 1, AB_SUBJECT, AB_TRIAL, AB_RESULT };

struct ab_hello {
	uint32_t type; /* enum ab_type */
	uint32_t version;
	char magic[8]; /* AB_MAGIC without its end */
};

/* What is compared: one configuration over one traffic. */
struct ab_subject {
	uint32_t type;
	uint32_t id; /* from 0, rising */
	uint32_t n;  /* of all */
	char name[AB_NAME_BYTES];
};

/* Slices 0, 3, 4, 7, ... are the side's that is first, the others the other one's. */
struct ab_trial {
	uint32_t type;
	uint32_t subject;
	uint32_t first; /* side, 0 or 1 */
	uint32_t quads; /* of four slices; 1 to AB_QUADS_MAX */
	uint64_t slice_ns;
};

struct ab_result {
	uint32_t type;
	uint32_t subject;
	uint32_t slices;                 /* 2 * quads */
	uint32_t unused;                 /* 0 */
	double cycles[2 * AB_QUADS_MAX]; /* guest cycles per packet, by slice */
};

#endif
