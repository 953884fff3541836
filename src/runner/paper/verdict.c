/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/paper/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/place.h"

const char *const verdict_texts[] = {
	[VERDICT_HOLDS] = "holds",
	[VERDICT_DOES_NOT_HOLD] = "does not hold",
	[VERDICT_NOT_DISTINGUISHABLE] = "not distinguishable",
	[VERDICT_NOT_MEASURABLE] = "not measurable here",
};

enum verdict
verdict_of(double low, double high, const struct estimate *found)
{
	low = isnan(low) ? -INFINITY : low;
	high = isnan(high) ? INFINITY : high;
	if (!found->n)
		return VERDICT_NOT_MEASURABLE;
	if (!isfinite(found->ci_low) || !isfinite(found->ci_high))
		return VERDICT_NOT_DISTINGUISHABLE;
	if (found->ci_low >= low && found->ci_high <= high)
		return VERDICT_HOLDS;
	if (found->ci_high < low || found->ci_low > high)
		return VERDICT_DOES_NOT_HOLD;
	return VERDICT_NOT_DISTINGUISHABLE;
}

enum verdict
verdict_of_expected(const struct expected *expected, const struct estimate *found)
{
	bool at_least = expected->relation == EXPECTED_AT_LEAST;

	return verdict_of(at_least ? expected->value : NAN, at_least ? NAN : expected->value,
			  found);
}

const char verdict_one_restart[] =
	"one restart: its interval is of its own processes, and says nothing of what others would "
	"give; a verdict takes measure.restarts: 2 at least";

bool
verdict_is_of_one_restart(const struct summary *summary, const struct run_cell *place)
{
	for (size_t i = 0; i < place->n_series; i++)
		if (series_has_restarts(summary->run, &place->series[i]))
			return false;
	return true;
}

enum verdict
verdict_on_ratio(enum verdict verdict, const struct summary *summary, const struct run_cell *place)
{
	return verdict != VERDICT_NOT_MEASURABLE && verdict_is_of_one_restart(summary, place) ?
		       VERDICT_NOT_DISTINGUISHABLE :
		       verdict;
}

/* A variant is "rate=1 kpps, queues=2". */
static bool
has_part(const char *variant, const char *part)
{
	size_t length = strlen(part);

	for (const char *at = variant; (at = strstr(at, part)); at++)
		if ((at == variant || at[-1] == ' ') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

bool
verdict_is_at(const struct expected *expected, const struct run_cell *place)
{
	char text[PAPER_NAME_BYTES], *rest = text;
	bool is_at = true;

	snprintf(text, sizeof(text), "%s", expected->where);
	for (char *part; (part = strsep(&rest, ";"));)
		is_at &= !*part || !strcmp(part, place->frame_size) ||
			 has_part(place->variant, part);
	return is_at;
}

const struct expected *
verdict_find(const struct paper *paper, const char *table, const struct run_cell *place,
	     const char *configuration, const char *metric)
{
	for (size_t i = 0; i < paper->n_expected; i++) {
		const struct expected *e = &paper->expected[i];

		if (!strcmp(e->table, table) && !strcmp(e->configuration, configuration) &&
		    !strcmp(e->metric, metric) && verdict_is_at(e, place))
			return e;
	}
	return NULL;
}

/* The listed cell of that configuration at the place, or NULL. */
static const struct run_cell *
find_cell(const struct summary *summary, const struct run_cell *place, const char *configuration)
{
	for (uint32_t i = 0; i < summary->run->n_cells; i++) {
		const struct run_cell *cell = &summary->run->cells[i];

		if (cell->role == CELL_LISTED && cell_same_place(cell, place) &&
		    !strcmp(cell->configuration, configuration))
			return cell;
	}
	return NULL;
}

static struct estimate
to_reference(const struct summary *summary, const struct run_cell *place, const char *metric,
	     const char *configuration)
{
	const struct run_cell *cell = find_cell(summary, place, configuration);
	const struct summary_row *row = cell ? summary_find(summary, cell, metric) : NULL;

	if (!strcmp(configuration, place->reference))
		return (struct estimate){1, 1, 1, 1};
	return row ? row->ratio : estimate_none();
}

/* Distances add up as those of independent errors do, on the logarithm's scale. */
static double
apart(double a, double a_bound, double b, double b_bound)
{
	return exp(hypot(log(a_bound / a), log(b_bound / b)));
}

struct estimate
verdict_ratio(const struct summary *summary, const struct run_cell *place, const char *metric,
	      const char *left, const char *right)
{
	struct estimate l = to_reference(summary, place, metric, left),
			r = to_reference(summary, place, metric, right), ratio;

	if (!l.n || !r.n || !(l.value > 0) || !(r.value > 0))
		return estimate_none();
	ratio = (struct estimate){.value = l.value / r.value, .n = l.n < r.n ? l.n : r.n};
	ratio.ci_low = ratio.value / apart(l.value, l.ci_low, r.value, r.ci_high);
	ratio.ci_high = ratio.value * apart(l.value, l.ci_high, r.value, r.ci_low);
	return ratio;
}

struct estimate
verdict_found(const struct summary *summary, const struct run_cell *place,
	      const struct expected *expected, const char *relative_to)
{
	const struct run_cell *cell;
	const struct summary_row *row;

	if (*relative_to)
		return verdict_ratio(summary, place, expected->metric, expected->configuration,
				     relative_to);
	cell = find_cell(summary, place, expected->configuration);
	row = cell ? summary_find(summary, cell, expected->metric) : NULL;
	return row ? row->value : estimate_none();
}

/* Where the word stands alone in text, up to end: behind nothing, ' ' or '('; or NULL. */
static const char *
find_word(const char *text, const char *end, const char *word, size_t length)
{
	for (const char *at = text; (at = strstr(at, word)) && at < end; at++)
		if ((at == text || strchr(" (", at[-1])) && strchr("(= ", at[length]))
			return at + length;
	return NULL;
}

/* plan.csv describes a cell's sources as "vc(at=idle, cost=4000 cycles) bounce_copy(mode=shadow)". */
static bool
has(const struct run_cell *cell, const char *need)
{
	size_t length = strcspn(need, ".");
	char source[PAPER_NAME_BYTES];
	const char *at, *end;

	snprintf(source, sizeof(source), "%.*s", (int)length, need);
	if (!cell)
		return false;
	at = find_word(cell->options, cell->options + strlen(cell->options), source,
		       strlen(source));
	if (!at || !need[length])
		return at != NULL;
	end = at + strcspn(at, ")");
	at = find_word(at, end, need + length + 1, strlen(need + length + 1));
	return at && strncmp(at, "=0 ", 3) != 0;
}

/* A cell whose options are that configuration's: the reference is the control's, at least. */
static const struct run_cell *
find_options(const struct summary *summary, const struct run_cell *place, const char *configuration)
{
	const struct run_cell *cell = find_cell(summary, place, configuration);

	if (cell || strcmp(configuration, place->reference))
		return cell;
	for (uint32_t i = 0; i < summary->run->n_cells; i++) {
		cell = &summary->run->cells[i];
		if (cell->role == CELL_CONTROL && cell_same_place(cell, place))
			return cell;
	}
	return NULL;
}

const char *
verdict_lacks(const struct summary *summary, const struct run_cell *place,
	      const struct claim *claim, char *buf)
{
	const struct run_cell *left = find_options(summary, place, claim->left),
			      *right = find_options(summary, place, claim->right);
	char *rest = buf;

	snprintf(buf, PAPER_TEXT_BYTES, "%s", claim->needs);
	for (char *need; (need = strsep(&rest, ";"));)
		if (*need && !has(left, need) && !has(right, need))
			return need;
	return NULL;
}

enum verdict
verdict_of_claim(const struct summary *summary, const struct run_cell *place,
		 const struct claim *claim, const char *lacks, struct estimate *ratio)
{
	*ratio = verdict_ratio(summary, place, claim->metric, claim->left, claim->right);
	return lacks ? VERDICT_NOT_MEASURABLE :
		       verdict_on_ratio(verdict_of(claim->low, claim->high, ratio), summary, place);
}
