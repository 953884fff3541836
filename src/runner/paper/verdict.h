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

/* low, high: bounds, or NAN where there is none. */
enum verdict verdict_of(double low, double high, const struct estimate *found);

/* Of a row that is judged, with what was found of it. */
enum verdict verdict_of_expected(const struct expected *expected, const struct estimate *found);

/* Was the place measured by one restart alone? */
bool verdict_is_of_one_restart(const struct summary *summary, const struct run_cell *place);

/*
 * What is left of a verdict on a ratio at that place: of one restart alone it is not
 * distinguishable, for the reason that verdict_one_restart says.
 */
enum verdict verdict_on_ratio(enum verdict verdict, const struct summary *summary,
			      const struct run_cell *place);
extern const char verdict_one_restart[];

/* Does the row speak of that place? */
bool verdict_is_at(const struct expected *expected, const struct run_cell *place);

/* What the paper has for it at that place, in that table, or NULL. */
const struct expected *verdict_find(const struct paper *paper, const char *table,
				    const struct run_cell *place, const char *configuration,
				    const char *metric);

/* What is found of a row's metric at that place; configuration over relative_to, where that is not "". */
struct estimate verdict_found(const struct summary *summary, const struct run_cell *place,
			      const struct expected *expected, const char *relative_to);

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

/* Of a claim at that place, which lacks that (NULL: nothing). The ratio comes to *ratio. */
enum verdict verdict_of_claim(const struct summary *summary, const struct run_cell *place,
			      const struct claim *claim, const char *lacks, struct estimate *ratio);

#endif
