/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the paper found, and what it claims, as data (configs/paper): a run whose file
 * says `paper: T1` is held against the rows of that table. No figure of the paper's is
 * in the code.
 *
 *   expected.csv  table,configuration,relative_to,metric,relation,value,where,what,proxy,note
 *                 a metric of summary.csv; a ratio to another configuration's, or in the
 *                 metric's own unit where relative_to is empty. relation '=' or '>': shown
 *                 beside the run's; "at most" or "at least": judged too, in a row that is
 *                 called what. Without a metric: nothing here measures it. where: the
 *                 traffic's label or parts of the variant, separated by ';', of the cells
 *                 that it is of; empty: all. proxy: what the paper itself had in place of
 *                 relative_to. note: why it may come out otherwise, or not at all
 *   claims.csv    table,claim,metric,left,right,low,high,needs,paper,cause
 *                 left over right lies between low and high, either of which may be
 *                 empty; needs: sources that must be on in one of the two, and with
 *                 ".cost" behind them not for nothing, separated by ';'; paper: its
 *                 figure, as text; cause: why it may come out otherwise here
 */
#ifndef FOLIO_RUNNER_PAPER_H
#define FOLIO_RUNNER_PAPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/names.h"

#define PAPER_NAME_BYTES 64
#define PAPER_TEXT_BYTES 400

enum expected_relation { EXPECTED_IS, EXPECTED_OVER, EXPECTED_AT_MOST, EXPECTED_AT_LEAST };

/* As the file writes them. */
extern const char *const expected_relations[];

struct expected {
	char table[PAPER_NAME_BYTES];
	char configuration[PAPER_NAME_BYTES];
	char relative_to[PAPER_NAME_BYTES]; /* "": value is in the metric's unit */
	char metric[PAPER_NAME_BYTES];
	enum expected_relation relation;
	double value;
	char where[PAPER_NAME_BYTES];
	char what[PAPER_NAME_BYTES];
	char proxy[PAPER_NAME_BYTES];
	char note[PAPER_TEXT_BYTES];
};

struct claim {
	char table[PAPER_NAME_BYTES];
	char text[PAPER_TEXT_BYTES];
	char metric[PAPER_NAME_BYTES];
	char left[PAPER_NAME_BYTES], right[PAPER_NAME_BYTES];
	double low, high; /* of left / right; NAN: no bound */
	char needs[PAPER_TEXT_BYTES];
	char paper[PAPER_NAME_BYTES];
	char cause[PAPER_TEXT_BYTES];
};

struct paper {
	struct expected *expected;
	size_t n_expected;
	struct claim *claims;
	size_t n_claims;
};

/* The folder of this tree's data: configs/paper. */
const char *paper_dir(void);

/*
 * Reads both files of that folder. Returns 0, -ENOPKG (a file is missing or damaged: they are
 * the installation's, no run's) or -ENOMEM, after log_error() named file and line. *paper wants
 * paper_close() after success, and is empty otherwise.
 */
int paper_open(const char *dir, struct paper *paper);
void paper_close(struct paper *paper);

/* Adds the tables that anything is said of; they live as long as paper. */
void paper_tables(const struct paper *paper, struct names *names);

/* Is that row judged, and not only shown? */
bool expected_is_judged(const struct expected *expected);

#endif
