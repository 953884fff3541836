/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/paper/paper.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/results/csv_file.h"

#define EXPECTED_COLUMNS                                                                           \
	"table,configuration,relative_to,metric,relation,value,where,what,proxy,note"
#define CLAIM_COLUMNS "table,claim,metric,left,right,low,high,needs,paper,cause"

const char *const expected_relations[] = {
	[EXPECTED_IS] = "=",
	[EXPECTED_OVER] = ">",
	[EXPECTED_AT_MOST] = "at most",
	[EXPECTED_AT_LEAST] = "at least",
};

#define N_RELATIONS (sizeof(expected_relations) / sizeof(expected_relations[0]))

const char *
paper_dir(void)
{
	return FOLIO_PAPER_DIR;
}

/* Room for one element more, zeroed; NULL: no memory. */
static void *
add(void **array, size_t *n, size_t element_bytes)
{
	char *grown = reallocarray(*array, *n + 1, element_bytes);

	if (!grown) {
		log_error("the paper's figures: out of memory");
		return NULL;
	}
	*array = grown;
	return memset(grown + (*n)++ * element_bytes, 0, element_bytes);
}

static int
damaged(const struct csv_line *line, const char *found, const char *allowed)
{
	log_error("%s:%u: found '%.60s', allowed: %s", line->path, line->number, found, allowed);
	return -EBADMSG;
}

static int
read_relation(const struct csv_line *line, size_t field, enum expected_relation *relation)
{
	for (size_t i = 0; i < N_RELATIONS; i++)
		if (!strcmp(line->fields[field], expected_relations[i])) {
			*relation = (enum expected_relation)i;
			return 0;
		}
	return damaged(line, line->fields[field], "=, >, at most or at least");
}

static int
read_expected(const struct csv_line *line, void *arg)
{
	struct paper *paper = arg;
	struct expected *e =
		add((void **)&paper->expected, &paper->n_expected, sizeof(*paper->expected));

	if (!e)
		return -ENOMEM;
	if (csv_read_text(line, 0, e->table, sizeof(e->table)) ||
	    csv_read_text(line, 1, e->configuration, sizeof(e->configuration)) ||
	    csv_read_text(line, 2, e->relative_to, sizeof(e->relative_to)) ||
	    csv_read_text(line, 3, e->metric, sizeof(e->metric)) ||
	    read_relation(line, 4, &e->relation) || csv_read_number(line, 5, &e->value) ||
	    csv_read_text(line, 6, e->where, sizeof(e->where)) ||
	    csv_read_text(line, 7, e->what, sizeof(e->what)) ||
	    csv_read_text(line, 8, e->proxy, sizeof(e->proxy)) ||
	    csv_read_text(line, 9, e->note, sizeof(e->note)))
		return -EBADMSG;
	if (expected_is_judged(e) && !*e->what)
		return damaged(line, line->fields[7], "what is judged, in some words");
	return e->value > 0 ? 0 : damaged(line, line->fields[5], "a value above 0");
}

static int
read_bound(const struct csv_line *line, size_t field, double *bound)
{
	*bound = NAN;
	return *line->fields[field] ? csv_read_number(line, field, bound) : 0;
}

static int
read_claim(const struct csv_line *line, void *arg)
{
	struct paper *paper = arg;
	struct claim *c = add((void **)&paper->claims, &paper->n_claims, sizeof(*paper->claims));

	if (!c)
		return -ENOMEM;
	if (csv_read_text(line, 0, c->table, sizeof(c->table)) ||
	    csv_read_text(line, 1, c->text, sizeof(c->text)) ||
	    csv_read_text(line, 2, c->metric, sizeof(c->metric)) ||
	    csv_read_text(line, 3, c->left, sizeof(c->left)) ||
	    csv_read_text(line, 4, c->right, sizeof(c->right)) || read_bound(line, 5, &c->low) ||
	    read_bound(line, 6, &c->high) || csv_read_text(line, 7, c->needs, sizeof(c->needs)) ||
	    csv_read_text(line, 8, c->paper, sizeof(c->paper)) ||
	    csv_read_text(line, 9, c->cause, sizeof(c->cause)))
		return -EBADMSG;
	if ((isnan(c->low) && isnan(c->high)) || c->low >= c->high)
		return damaged(line, line->fields[5], "low below high, and at least one of them");
	return 0;
}

static int
read_file(const char *dir, const char *name, const char *columns,
	  int (*each)(const struct csv_line *line, void *arg), struct paper *paper)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return csv_read(path, columns, each, paper);
}

int
paper_open(const char *dir, struct paper *paper)
{
	int error;

	*paper = (struct paper){0};
	error = read_file(dir, "expected.csv", EXPECTED_COLUMNS, read_expected, paper);
	if (!error)
		error = read_file(dir, "claims.csv", CLAIM_COLUMNS, read_claim, paper);
	if (error)
		paper_close(paper);
	return error && error != -ENOMEM ? -ENOPKG : error;
}

void
paper_close(struct paper *paper)
{
	free(paper->expected);
	free(paper->claims);
	*paper = (struct paper){0};
}

static void
add_table(struct names *names, const char *table)
{
	if (!names_has(names, table))
		names_add(names, table);
}

void
paper_tables(const struct paper *paper, struct names *names)
{
	for (size_t i = 0; i < paper->n_expected; i++)
		add_table(names, paper->expected[i].table);
	for (size_t i = 0; i < paper->n_claims; i++)
		add_table(names, paper->claims[i].table);
}

bool
expected_is_judged(const struct expected *expected)
{
	return expected->relation == EXPECTED_AT_MOST || expected->relation == EXPECTED_AT_LEAST;
}
