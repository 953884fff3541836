/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/exit_screen.h"

#include <inttypes.h>
#include <math.h>

#include "probes/names.h"
#include "runner/report/format.h"

#define NUMBER_BYTES 32

/* What one line shows; of the sum, there are no quantiles. */
struct line {
	const char *name, *origin;
	uint64_t count, timed;
	double sum_ns, p50_ns, p99_ns;
};

static const char *
rate(const struct exit_view *view, uint64_t count, char *buf)
{
	if (view->seconds > 0)
		snprintf(buf, NUMBER_BYTES, "%.0f", (double)count / view->seconds);
	else
		snprintf(buf, NUMBER_BYTES, "n/a");
	return buf;
}

static const char *
share(const struct exit_view *view, const struct line *line, char *buf)
{
	return format_share(line->timed && view->seconds > 0 ? line->sum_ns / 1e9 / view->seconds :
							       NAN,
			    buf, NUMBER_BYTES);
}

static const char *
per_packet(const struct exit_view *view, uint64_t count, char *buf)
{
	if (view->packets)
		snprintf(buf, NUMBER_BYTES, "%.4g", (double)count / (double)view->packets);
	else
		snprintf(buf, NUMBER_BYTES, "n/a");
	return buf;
}

static void
print_line(const struct exit_view *view, const struct line *line, FILE *file)
{
	char texts[7][NUMBER_BYTES];
	double mean_ns = line->timed ? line->sum_ns / (double)line->timed : NAN;

	fprintf(file, "%-38s %-8s %12" PRIu64 " %10s %8s %9s %9s %9s", line->name, line->origin,
		line->count, rate(view, line->count, texts[0]), share(view, line, texts[1]),
		format_ns(mean_ns, texts[2], NUMBER_BYTES),
		format_ns(line->p50_ns, texts[3], NUMBER_BYTES),
		format_ns(line->p99_ns, texts[4], NUMBER_BYTES));
	if (view->per_packet)
		fprintf(file, " %9s", per_packet(view, line->count, texts[6]));
	fputc('\n', file);
}

static void
print_heading(const struct exit_view *view, FILE *file)
{
	fprintf(file, "%-38s %-8s %12s %10s %8s %9s %9s %9s%s\n", "reason", "origin", "count",
		"count/s", "of time", "mean", "p50", "p99", view->per_packet ? "   /packet" : "");
}

static struct line
line_of(const struct exit_row *row, char name[EXIT_NAME_BYTES])
{
	const struct exit_latency *latency = &row->latency;

	return (struct line){
		.name = exit_row_name(row, name, EXIT_NAME_BYTES),
		.origin = exit_origin_names[exit_row_origin(row)],
		.count = row->count,
		.timed = latency->n,
		.sum_ns = latency->n ? exit_latency_mean_ns(latency) * (double)latency->n : 0,
		.p50_ns = exit_latency_quantile_ns(latency, 0.5),
		.p99_ns = exit_latency_quantile_ns(latency, 0.99),
	};
}

/* Of each origin, for they are not of one kind; an exit that is seen in several rows counts once. */
static size_t
print_sums(const struct exit_view *view, FILE *file)
{
	size_t n = 0;

	for (enum exit_origin origin = 0; origin <= EXIT_ORIGIN_EMULATED; origin++) {
		struct line sum = {"exits in all", exit_origin_names[origin], 0, 0, 0, NAN, NAN};

		for (size_t i = 0; i < view->table->n; i++) {
			const struct exit_row *row = view->table->rows[i];
			char name[EXIT_NAME_BYTES];
			struct line line = line_of(row, name);

			if (exit_row_origin(row) != origin || !exit_row_is_exit(view->table, row))
				continue;
			sum.count += line.count;
			sum.timed += line.timed;
			sum.sum_ns += line.sum_ns;
		}
		if (!sum.count)
			continue;
		print_line(view, &sum, file);
		n++;
	}
	return n;
}

size_t
exit_screen_print(const struct exit_view *view, FILE *file)
{
	size_t n = view->table->n;

	n = view->rows_max && n > view->rows_max ? view->rows_max : n;
	print_heading(view, file);
	for (size_t i = 0; i < n; i++) {
		char name[EXIT_NAME_BYTES];
		struct line line = line_of(view->table->rows[i], name);

		print_line(view, &line, file);
	}
	return 1 + n + print_sums(view, file);
}
