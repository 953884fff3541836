/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a claim of the paper's holds in a run. */
#ifndef FOLIO_RUNNER_VERDICT_H
#define FOLIO_RUNNER_VERDICT_H

#include "runner/paper/paper.h"
#include "runner/report/summary.h"

enum verdict {
	VERDICT_HOLDS,               /* the whole interval lies within the bounds */
	VERDICT_DOES_NOT_HOLD,       /* none of it does */
	VERDICT_NOT_DISTINGUISHABLE, /* part of it, or there is no interval */
	VERDICT_NOT_MEASURABLE,      /* a side wasn't measured, or lacks what the claim is of */
};

extern const char *const verdict_texts[];

enum verdict verdict_of(const struct claim *claim, const struct estimate *ratio);

/*
 * One configuration's figure over another's at that place, of n = 0 where one of them was
 * not measured. Both are known as ratios to the reference: their quotient has the
 * interval of two that know nothing of each other, which is wider than it need be.
 */
struct estimate verdict_ratio(const struct summary *summary, const struct run_cell *place,
			      const char *metric, const char *left, const char *right);

/*
 * The first of the claim's needs that neither of its sides at that place has, or NULL.
 * buf: PAPER_TEXT_BYTES.
 */
const char *verdict_lacks(const struct summary *summary, const struct run_cell *place,
			  const struct claim *claim, char *buf);

#endif
